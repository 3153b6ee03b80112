/** New revisions of a deployment, and the way back. */
import { expect, test } from 'vitest'
import { type Fresh, rows } from './guestbook.ts'
import type { Kubectl } from './kubectl.ts'

const rolledOut = (kubectl: Kubectl): Promise<string> => kubectl('rollout', 'status', 'deploy/web', '--timeout=20s')

export function rolloutTests(fresh: Fresh): void {
  test('set image makes a revision, history shows it, undo goes back', async () => {
    const kubectl = await fresh('rollout')
    await kubectl('create', 'deployment', 'web', '--image=nginx:1', '--replicas=3')
    await rolledOut(kubectl)
    expect(await kubectl('set', 'image', 'deploy/web', 'nginx=nginx:2')).toBe('deployment.apps/web image updated\n')
    expect(await rolledOut(kubectl)).toContain('deployment "web" successfully rolled out')
    await kubectl('annotate', 'deploy/web', 'kubernetes.io/change-cause=second')
    const ofTwo = '{.items[?(@.metadata.annotations.deployment\\.kubernetes\\.io/revision=="2")].metadata.name}'
    const second = await kubectl('get', 'rs', '-o', `jsonpath=${ofTwo}`)
    const cause = '--for=jsonpath={.metadata.annotations.kubernetes\\.io/change-cause}=second'
    await kubectl('wait', cause, `rs/${second}`, '--timeout=20s')
    const history = await kubectl('rollout', 'history', 'deploy/web')
    expect(history).toContain('deployment.apps/web')
    expect(rows(history).slice(1)).toEqual([
      ['1', '<none>'],
      ['2', 'second'],
    ])
    expect(await kubectl('rollout', 'history', 'deploy/web', '--revision=1')).toMatch(/Image:\s+nginx:1/)

    expect(await kubectl('rollout', 'undo', 'deploy/web')).toBe('deployment.apps/web rolled back\n')
    await rolledOut(kubectl)
    const image = 'jsonpath={.spec.template.spec.containers[0].image}'
    expect(await kubectl('get', 'deploy', 'web', '-o', image)).toBe('nginx:1')
    expect(rows(await kubectl('rollout', 'history', 'deploy/web')).slice(1)).toEqual([
      ['2', 'second'],
      ['3', '<none>'],
    ])
    expect(await kubectl('rollout', 'undo', 'deploy/web', '--to-revision=2')).toContain('rolled back')
    await rolledOut(kubectl)
    expect(await kubectl.fails('rollout', 'undo', 'deploy/web', '--to-revision=9')).toContain(
      'unable to find specified revision 9 in history',
    )
    expect(await kubectl('describe', 'deploy', 'web')).toMatch(/Scaled down replica set web-\w+ from 3 to 2/)
  })

  test('a paused deployment keeps its pods until it is resumed', async () => {
    const kubectl = await fresh('pause')
    await kubectl('create', 'deployment', 'web', '--image=nginx:1')
    await rolledOut(kubectl)
    expect(await kubectl('rollout', 'pause', 'deploy/web')).toBe('deployment.apps/web paused\n')
    expect(await kubectl.fails('rollout', 'pause', 'deploy/web')).toContain('is already paused')
    await kubectl('set', 'env', 'deploy/web', 'COLOUR=blue')
    expect(await kubectl.fails('rollout', 'status', 'deploy/web', '--timeout=1s')).toContain('timed out waiting')
    expect(await kubectl.fails('rollout', 'restart', 'deploy/web')).toContain("can't restart paused deployment")
    expect(rows(await kubectl('get', 'rs'))).toHaveLength(1)
    expect(await kubectl('rollout', 'resume', 'deploy/web')).toBe('deployment.apps/web resumed\n')
    await rolledOut(kubectl)
    expect(rows(await kubectl('get', 'rs'))).toHaveLength(2)
  })

  test('rollout restart replaces every pod', async () => {
    const kubectl = await fresh('restart')
    await kubectl('create', 'deployment', 'web', '--image=nginx', '--replicas=2')
    await rolledOut(kubectl)
    const before = (await kubectl('get', 'pods', '-o', 'name')).trim().split('\n')
    expect(before).toHaveLength(2)
    expect(await kubectl('rollout', 'restart', 'deploy/web')).toBe('deployment.apps/web restarted\n')
    await rolledOut(kubectl)
    await kubectl('wait', '--for=delete', ...before, '--timeout=20s')
    const after = (await kubectl('get', 'pods', '-o', 'name')).trim().split('\n')
    expect(after).toHaveLength(2)
    for (const name of after) expect(before).not.toContain(name)
  })

  test('set changes environment, resources, service account and selector', async () => {
    const kubectl = await fresh('set')
    await kubectl('create', 'deployment', 'web', '--image=nginx')
    expect(await kubectl('set', 'env', 'deploy/web', 'A=1', 'B=2')).toBe('deployment.apps/web env updated\n')
    expect(await kubectl('set', 'env', 'deploy/web', '--list')).toBe('# Deployment web, container nginx\nA=1\nB=2\n')
    await kubectl('set', 'env', 'deploy/web', 'A-')
    expect(await kubectl('set', 'env', 'deploy/web', '--list')).not.toContain('A=1')
    const limits = ['--limits=cpu=200m,memory=512Mi', '--requests=cpu=100m,memory=256Mi']
    expect(await kubectl('set', 'resources', 'deploy/web', ...limits)).toContain('resource requirements updated')
    expect(await kubectl.fails('set', 'resources', 'deploy/web', '--limits=cpu=50m')).toContain(
      'spec.template.spec.containers[0].resources.requests: Invalid value: "100m": must be less than or equal to cpu limit of 50m',
    )
    await kubectl('create', 'serviceaccount', 'bot')
    expect(await kubectl('set', 'serviceaccount', 'deploy/web', 'bot')).toContain('serviceaccount updated')
    await rolledOut(kubectl)
    await kubectl('create', 'service', 'clusterip', 'web', '--tcp=80')
    expect(await kubectl('set', 'selector', 'svc/web', 'app=other')).toBe('service/web selector updated\n')
    expect(await kubectl('get', 'svc', 'web', '-o', 'wide')).toMatch(/ app=other\n/)
    expect(await kubectl.fails('set', 'image', 'deploy/web', 'foo=nginx:2')).toContain(
      'unable to find container named "foo"',
    )
  })
}
