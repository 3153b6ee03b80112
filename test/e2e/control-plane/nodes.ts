/** Nodes that are drained, stop, come and are tainted, and pods that push others out, as kubectl shows them. */
import { expect, test } from 'vitest'
import { rows } from '../kubectl/guestbook.ts'
import type { Scene } from './scene.ts'
import type { Shell } from './stage.ts'

const agent = `
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: agent}
spec:
  selector: {matchLabels: {app: agent}}
  template:
    metadata: {labels: {app: agent}}
    spec: {containers: [{name: agent, image: 'agent:1'}]}
`
const newNode = `
apiVersion: v1
kind: Node
metadata: {name: node-4, labels: {kubernetes.io/hostname: node-4, kubernetes.io/os: linux}}
`
const podOf = (name: string, cpu: string, priorityClassName: string): string => `
apiVersion: v1
kind: Pod
metadata: {name: ${name}}
spec:
  nodeName: ''
  priorityClassName: ${priorityClassName}
  nodeSelector: {kubernetes.io/hostname: node-1}
  containers: [{name: main, image: app, resources: {requests: {cpu: '${cpu}'}}}]
`

/** Nodes of the running pods with a label. */
async function nodesOf({ $ }: Shell, label: string): Promise<string[]> {
  const path = '{range .items[?(@.status.phase=="Running")]}{.spec.nodeName}{" "}{end}'
  const text = await $(`get pods -l ${label} -o 'jsonpath=${path}'`)
  return text.trim().split(/\s+/).filter(Boolean).sort()
}

export function nodeScenes(scene: Scene): void {
  test('a drain waits for what a budget allows', () =>
    scene('drained', async (shell) => {
      const { $, fails, later } = shell
      await $('create deployment web --image=nginx --replicas=3')
      await $('create poddisruptionbudget web --selector=app=web --min-available=3')
      await $('rollout status deployment/web')
      const [name = ''] = await nodesOf(shell, 'app=web')
      expect(await fails(`drain ${name} --ignore-daemonsets --timeout=2s`)).toContain(
        "Cannot evict pod as it would violate the pod's disruption budget.",
      )
      await $('scale deployment web --replicas=5')
      await $('rollout status deployment/web')
      await later(5)
      expect(await $(`drain ${name} --ignore-daemonsets --timeout=25s`)).toContain(`node/${name} drained`)
      await $('rollout status deployment/web')
      await later(40)
      const nodes = await nodesOf(shell, 'app=web')
      expect(nodes).toHaveLength(5)
      expect(nodes).not.toContain(name)
      await $(`uncordon ${name}`)
    }))

  test('pods move from a node that stops', () =>
    scene('stopped', async (shell) => {
      const { $, later, node } = shell
      await $('create deployment web --image=nginx --replicas=3')
      await $('rollout status deployment/web')
      await node('node-3', 'stops')
      await later(60)
      expect(await $('get node node-3')).toMatch(/^node-3 +NotReady/m)
      const described = await $('describe node node-3')
      expect(described).toContain('node.kubernetes.io/unreachable:NoExecute')
      expect(described).toMatch(/Ready +Unknown .* NodeStatusUnknown +Kubelet stopped posting node status\./)
      await later(310)
      expect(await $('get pods -o wide')).toMatch(/ Terminating .* node-3 /)
      const nodes = await nodesOf(shell, 'app=web')
      expect(nodes.filter((name) => name !== 'node-3')).toHaveLength(3)
      await node('node-3', 'starts')
      await later(60)
      expect(await $('get node node-3')).toMatch(/^node-3 +Ready/m)
      expect(await nodesOf(shell, 'app=web')).toHaveLength(3)
    }))

  test('a DaemonSet follows nodes and taints', () =>
    scene('everywhere', async (shell) => {
      const { $, later } = shell
      await $('apply -f -', agent)
      await $('rollout status daemonset/agent')
      expect(await nodesOf(shell, 'app=agent')).toEqual(['node-1', 'node-2', 'node-3'])
      await $('taint node node-2 gone=for-now:NoExecute')
      await later(40)
      expect(await nodesOf(shell, 'app=agent')).toEqual(['node-1', 'node-3'])
      await $('apply -f -', newNode)
      await later(40)
      expect(await nodesOf(shell, 'app=agent')).toEqual(['node-1', 'node-3', 'node-4'])
      await $('taint node node-2 gone-')
      await $('delete node node-4')
      await later(60)
      expect(await nodesOf(shell, 'app=agent')).toEqual(['node-1', 'node-2', 'node-3'])
      expect(rows(await $('get daemonset agent'))[0]?.slice(0, 6)).toEqual(['agent', '3', '3', '3', '3', '3'])
    }))

  test('a static pod runs on its node, whatever the API is told', () =>
    scene('static', async ({ $, later, manifest }) => {
      const proxy = (image: string): string =>
        `apiVersion: v1\nkind: Pod\nmetadata: {name: proxy, namespace: static}\nspec: {containers: [{name: main, image: '${image}'}]}\n`
      const shown = async (): Promise<string[]> =>
        rows(await $('get pods')).map(([name, ready, phase]) => `${name} ${ready} ${phase}`)
      await manifest('proxy.yaml', proxy('proxy:1'))
      await later(10)
      expect(await shown()).toEqual(['proxy-node-1 1/1 Running'])
      expect(await $('describe pod proxy-node-1')).toMatch(/Controlled By: +Node\/node-1/)
      await $('delete pod proxy-node-1')
      await later(30)
      expect(await shown()).toEqual(['proxy-node-1 1/1 Running'])
      await manifest('proxy.yaml', proxy('proxy:2'))
      await later(60)
      expect(await $("get pod proxy-node-1 -o 'jsonpath={.spec.containers[0].image}'")).toBe('proxy:2')
      await manifest('proxy.yaml', undefined)
      await later(60)
      expect(await shown()).toEqual([])
    }))

  test('a pod that matters more takes the place of one that matters less', () =>
    scene('preempted', async ({ $, later }) => {
      await $('create priorityclass low --value=1')
      await $('create priorityclass high --value=1000')
      await $('apply -f -', podOf('small', '31', 'low'))
      await $('wait --for=condition=Ready pod/small')
      await $('apply -f -', podOf('big', '30', 'high'))
      await later(45)
      expect(rows(await $('get pods')).map(([name, , phase]) => `${name} ${phase}`)).toEqual(['big Running'])
      expect(await $('get events --field-selector reason=Preempted')).toMatch(/pod\/small +Preempted by pod/)
      await $('delete pod big')
      await $('delete priorityclass low high')
    }))
}
