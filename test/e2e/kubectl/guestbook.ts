/** The guestbook from manifest to running pods, and what describe says of it. */
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import type { Kubectl } from './kubectl.ts'

export const GUESTBOOK = fileURLToPath(new URL('../../../fixtures/guestbook.yaml', import.meta.url))
export const GUESTBOOK_V1 = fileURLToPath(new URL('../../../fixtures/guestbook-v1.yaml', import.meta.url))

export type Fresh = (namespace: string) => Promise<Kubectl>

/** The words of each line, without the heading. */
export const rows = (table: string): string[][] =>
  table
    .trimEnd()
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s{2,}/))

export function guestbookTests(fresh: Fresh): void {
  test('apply creates the guestbook, a second apply says unchanged, and all of it comes up', async () => {
    const kubectl = await fresh('guestbook')
    const names = ['redis-leader', 'redis-follower', 'frontend'].flatMap((name) => [
      `service/${name}`,
      `deployment.apps/${name}`,
    ])
    expect(await kubectl('apply', '-f', GUESTBOOK)).toBe(names.map((name) => `${name} created\n`).join(''))
    expect(await kubectl('apply', '-f', GUESTBOOK)).toBe(names.map((name) => `${name} unchanged\n`).join(''))
    const status = await kubectl('rollout', 'status', 'deploy/frontend', '--timeout=20s')
    expect(status).toContain('deployment "frontend" successfully rolled out')
    await kubectl('wait', '--for=condition=Available', 'deploy', '--all', '--timeout=20s')

    const all = await kubectl('get', 'all')
    expect(all.match(/^pod\/frontend-\S+ +1\/1 +Running +0 /gm)).toHaveLength(3)
    expect(all.match(/^pod\/redis-\S+ +1\/1 +Running +0 /gm)).toHaveLength(3)
    expect(all).toMatch(/^service\/frontend +NodePort +10\.96\.\d+\.\d+ +<none> +80:3\d{4}\/TCP /m)
    expect(all).toMatch(/^service\/redis-leader +ClusterIP +10\.96\.\d+\.\d+ +<none> +6379\/TCP /m)
    expect(all).toMatch(/^deployment\.apps\/frontend +3\/3 +3 +3 /m)
    expect(all).toMatch(/^replicaset\.apps\/frontend-\w+ +3 +3 +3 /m)

    const wide = rows(await kubectl('get', 'pods', '-o', 'wide', '-l', 'tier=frontend'))
    expect(wide).toHaveLength(3)
    for (const [, ready, phase, , , ip, node] of wide) {
      expect([ready, phase]).toEqual(['1/1', 'Running'])
      expect(ip).toMatch(/^10\.244\.\d+\.\d+$/)
      expect(node).toMatch(/^node-[12]$/)
    }
    expect(await kubectl('get', 'deploy', 'frontend', '-o', 'wide')).toMatch(
      /web +ghcr\.io\/example\/guestbook:v5 +app=guestbook,tier=frontend/,
    )
  })

  test('describe tells the story of a deployment, its pods, its service and the node', async () => {
    const kubectl = await fresh('story')
    await kubectl('apply', '-f', GUESTBOOK)
    await kubectl('rollout', 'status', 'deploy/frontend', '--timeout=20s')

    const deployment = await kubectl('describe', 'deploy', 'frontend')
    expect(deployment).toContain('3 desired | 3 updated | 3 total | 3 available | 0 unavailable')
    expect(deployment).toMatch(/Available +True +MinimumReplicasAvailable/)
    expect(deployment).toMatch(/Progressing +True +NewReplicaSetAvailable/)
    expect(deployment).toMatch(/NewReplicaSet: +frontend-\w+ \(3\/3 replicas created\)/)
    expect(deployment).toMatch(/Normal +ScalingReplicaSet .* Scaled up replica set frontend-\w+ from 0 to 3/)

    const sets = await kubectl('describe', 'rs', '-l', 'tier=frontend')
    expect(sets.match(/Normal +SuccessfulCreate +\S+ +replicaset-controller +Created pod: frontend-/g)).toHaveLength(3)

    const [pod = ''] = (await kubectl('get', 'pods', '-l', 'tier=frontend', '-o', 'name')).split('\n')
    const told = await kubectl('describe', pod)
    expect(told).toMatch(/^Status: +Running$/m)
    expect(told).toMatch(/Controlled By: +ReplicaSet\/frontend-/)
    expect(told).toMatch(/^QoS Class: +Burstable$/m)
    const events = told.slice(told.indexOf('Events:'))
    for (const reason of ['Scheduled', 'Pulled', 'Created', 'Started']) {
      expect(events).toMatch(new RegExp(`Normal +${reason} `))
    }
    expect(events).toMatch(/default-scheduler +Successfully assigned story\/frontend-\S+ to node-[12]/)

    const service = await kubectl('describe', 'svc', 'frontend')
    expect(service).toMatch(/^NodePort: +http +3\d{4}\/TCP$/m)
    expect(service).toMatch(/^Endpoints: +10\.244\.\d+\.\d+:80,10\.244\.\d+\.\d+:80,10\.244\.\d+\.\d+:80$/m)

    const node = await kubectl('describe', 'node', 'node-1')
    expect(node).toMatch(/Ready +True .* KubeletReady +kubelet is posting ready status/)
    expect(node).toMatch(/Non-terminated Pods: +\(\d+ in total\)/)
    expect(node).toContain('Allocated resources:')
  })

  test('a service leads to its ready pods, and follows them when the deployment is scaled', async () => {
    const kubectl = await fresh('scaled')
    await kubectl('apply', '-f', GUESTBOOK)
    await kubectl('rollout', 'status', 'deploy/frontend', '--timeout=20s')
    const slices = await kubectl('get', 'endpointslices', '-l', 'kubernetes.io/service-name=frontend')
    expect(slices).toMatch(/^frontend-\w{5} +IPv4 +80 +10\.244\.\d+\.\d+,10\.244\.\d+\.\d+,10\.244\.\d+\.\d+ /m)
    const watched = kubectl.until(
      /(?:frontend-\S+ +1\/1 +Running[\s\S]*?){5}/,
      'get',
      'pods',
      '-l',
      'tier=frontend',
      '-w',
    )
    expect(await kubectl('scale', 'deploy/frontend', '--replicas=5')).toBe('deployment.apps/frontend scaled\n')
    await kubectl('rollout', 'status', 'deploy/frontend', '--timeout=20s')
    await watched
    await kubectl('wait', '--for=jsonpath={.status.readyReplicas}=5', 'deploy/frontend', '--timeout=20s')
    const addresses = 'jsonpath={.items[*].endpoints[*].addresses[0]}'
    const five = await kubectl('get', 'endpointslices', '-l', 'kubernetes.io/service-name=frontend', '-o', addresses)
    expect(new Set(five.split(' ')).size).toBe(5)
    expect(await kubectl('scale', 'deploy/frontend', '--replicas=1', '--current-replicas=5')).toContain('scaled')
    await kubectl('rollout', 'status', 'deploy/frontend', '--timeout=20s')
    await kubectl('wait', '--for=jsonpath={.status.replicas}=1', 'deploy/frontend', '--timeout=20s')
    expect(await kubectl.fails('scale', 'deploy/frontend', '--replicas=2', '--current-replicas=5')).toContain(
      'Expected replicas to be 5, was 1',
    )
  })

  test('get pods --watch prints each pod as it becomes Running', async () => {
    const kubectl = await fresh('watched')
    const watched = kubectl.until(/^web +1\/1 +Running .* node-[12] /m, 'get', 'pods', '-o', 'wide', '-w')
    await kubectl('run', 'web', '--image=nginx')
    const lines = (await watched).split('\n')
    expect(lines[0]).toMatch(/^NAME +READY +STATUS +RESTARTS +AGE +IP +NODE +NOMINATED NODE +READINESS GATES/)
  })

  test('the guestbook of v1 kinds only comes up too', async () => {
    const kubectl = await fresh('classic')
    await kubectl('create', '-f', GUESTBOOK_V1)
    await kubectl('wait', '--for=jsonpath={.status.readyReplicas}=3', 'rc/frontend', '--timeout=20s')
    expect(await kubectl('get', 'rc')).toMatch(/^frontend +3 +3 +3 /m)
    expect(await kubectl('describe', 'rc', 'frontend')).toMatch(/replication-controller +Created pod: frontend-/)
  })
}
