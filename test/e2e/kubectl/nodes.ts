/** Nodes out of service and back. These change the cluster's nodes, and put them right again. */
import { expect, test } from 'vitest'
import { type Fresh, rows } from './guestbook.ts'

export function nodeTests(fresh: Fresh): void {
  test('nodes are shown as ready', async () => {
    const kubectl = await fresh('default')
    expect(rows(await kubectl('get', 'nodes')).map((row) => row.slice(0, 3))).toEqual([
      ['node-1', 'Ready', '<none>'],
      ['node-2', 'Ready', '<none>'],
    ])
    expect(await kubectl('get', 'nodes', '-o', 'wide')).toMatch(
      /^node-1 +Ready .* v1\.37\.0 +\d+\.\d+\.\d+\.\d+ +<none> /m,
    )
  })

  test('cordon, drain and uncordon move pods away and let them back', async () => {
    const kubectl = await fresh('drained')
    await kubectl('create', 'deployment', 'web', '--image=nginx', '--replicas=4')
    await kubectl('create', 'poddisruptionbudget', 'web', '--selector=app=web', '--min-available=2')
    await kubectl('rollout', 'status', 'deploy/web', '--timeout=20s')
    await kubectl('wait', '--for=jsonpath={.status.disruptionsAllowed}=2', 'pdb/web', '--timeout=20s')
    expect(await kubectl('get', 'pdb', 'web')).toMatch(/^web +2 +N\/A +2 /m)
    expect(await kubectl('describe', 'pdb', 'web')).toMatch(/^ +Allowed disruptions: +2$/m)
    expect(await kubectl('cordon', 'node-1')).toBe('node/node-1 cordoned\n')
    expect(await kubectl('get', 'node', 'node-1')).toMatch(/^node-1 +Ready,SchedulingDisabled /m)
    const drained = await kubectl('drain', 'node-1', '--ignore-daemonsets', '--force', '--timeout=20s')
    expect(drained).toContain('node/node-1 drained')
    expect(drained).toMatch(/evicted|deleted/)
    await kubectl('rollout', 'status', 'deploy/web', '--timeout=20s')
    const names = await kubectl('get', 'pods', '-o', 'jsonpath={.items[*].spec.nodeName}')
    expect(new Set(names.split(' '))).toEqual(new Set(['node-2']))
    await kubectl('wait', '--for=jsonpath={.status.readyReplicas}=4', 'deploy/web', '--timeout=20s')
    expect(await kubectl('uncordon', 'node-1')).toBe('node/node-1 uncordoned\n')
    expect(await kubectl('get', 'node', 'node-1')).toMatch(/^node-1 +Ready +/m)
  })

  test('a taint keeps pods off until it is gone', async () => {
    const kubectl = await fresh('tainted')
    expect(await kubectl('taint', 'node', '--all', 'only=others:NoSchedule')).toBe(
      'node/node-1 tainted\nnode/node-2 tainted\n',
    )
    expect(await kubectl.fails('taint', 'node', 'node-1', 'only=others:NoSchedule')).toContain('already has only taint')
    await kubectl('run', 'web', '--image=nginx')
    await kubectl('wait', '--for=condition=PodScheduled=False', 'pod/web', '--timeout=20s')
    expect(await kubectl('get', 'pod', 'web')).toMatch(/^web +0\/1 +Pending +0 /m)
    expect(await kubectl('describe', 'pod', 'web')).toMatch(
      /Warning +FailedScheduling .* 0\/2 nodes are available: 2 node\(s\) had untolerated taint/,
    )
    expect(await kubectl('taint', 'node', '--all', 'only-')).toBe('node/node-1 untainted\nnode/node-2 untainted\n')
    await kubectl('wait', '--for=condition=Ready', 'pod/web', '--timeout=20s')
  })
}
