/** Deleting, with what belongs to an object and without it. */
import { expect, test } from 'vitest'
import { type Fresh, GUESTBOOK } from './guestbook.ts'

export function deleteTests(fresh: Fresh): void {
  test('delete takes what belongs to an object, in the background and in the foreground', async () => {
    const kubectl = await fresh('cascade')
    for (const cascade of ['background', 'foreground']) {
      await kubectl('create', 'deployment', 'web', '--image=nginx', '--replicas=2')
      await kubectl('rollout', 'status', 'deploy/web', '--timeout=20s')
      expect(await kubectl('delete', 'deploy', 'web', `--cascade=${cascade}`)).toMatch(
        /^deployment\.apps "web" deleted/,
      )
      await kubectl('wait', '--for=delete', 'rs,pod', '-l', 'app=web', '--timeout=20s')
      expect(await kubectl('get', 'rs,pods', '-o', 'name')).toBe('')
    }
  })

  test('an orphaning delete leaves the replica set, which a new deployment adopts', async () => {
    const kubectl = await fresh('orphan')
    await kubectl('create', 'deployment', 'web', '--image=nginx', '--replicas=2')
    await kubectl('rollout', 'status', 'deploy/web', '--timeout=20s')
    const before = await kubectl('get', 'rs,pods', '-o', 'name')
    await kubectl('delete', 'deploy', 'web', '--cascade=orphan')
    expect(await kubectl('get', 'rs,pods', '-o', 'name')).toBe(before)
    expect(await kubectl('get', 'rs', '-o', 'jsonpath={.items[0].metadata.ownerReferences}')).toBe('')
    await kubectl('create', 'deployment', 'web', '--image=nginx', '--replicas=2')
    await kubectl('rollout', 'status', 'deploy/web', '--timeout=20s')
    expect(await kubectl('get', 'rs,pods', '-o', 'name')).toBe(before)
  })

  test('delete by file, by label, by all; what is not there is said', async () => {
    const kubectl = await fresh('swept')
    await kubectl('apply', '-f', GUESTBOOK)
    expect(await kubectl('delete', 'svc,deploy', '-l', 'role=leader')).toMatch(
      /^service "redis-leader" deleted.*\ndeployment\.apps "redis-leader" deleted.*\n$/,
    )
    const rest = await kubectl('delete', '-f', GUESTBOOK, '--ignore-not-found')
    expect(rest.match(/ deleted/g)).toHaveLength(4)
    await kubectl('wait', '--for=delete', 'pod', '--all', '--timeout=20s')
    expect(await kubectl('get', 'all', '-o', 'name')).toBe('')
    expect(await kubectl.fails('delete', 'deploy', 'frontend')).toContain(
      'Error from server (NotFound): deployments.apps "frontend" not found',
    )
    await kubectl('create', 'configmap', 'c')
    expect(await kubectl('delete', 'cm', '--all')).toContain('configmap "c" deleted')
  })

  test('a deleted pod is gone, and its replica set makes another', async () => {
    const kubectl = await fresh('heals')
    await kubectl('create', 'deployment', 'web', '--image=nginx')
    await kubectl('rollout', 'status', 'deploy/web', '--timeout=20s')
    const pod = (await kubectl('get', 'pods', '-o', 'name')).trim()
    await kubectl('delete', pod, '--timeout=20s')
    await kubectl('wait', '--for=condition=Available', 'deploy/web', '--timeout=20s')
    const next = (await kubectl('get', 'pods', '-o', 'name')).trim()
    expect(next).toMatch(/^pod\/web-/)
    expect(next).not.toBe(pod)
  })

  test('a finalizer holds an object until it is taken away', async () => {
    const kubectl = await fresh('held')
    await kubectl('create', 'configmap', 'c')
    await kubectl('patch', 'cm', 'c', '--type=merge', '-p', '{"metadata":{"finalizers":["example.com/hold"]}}')
    await kubectl('delete', 'cm', 'c', '--wait=false')
    expect(await kubectl('get', 'cm', 'c', '-o', 'jsonpath={.metadata.deletionTimestamp}')).toMatch(/^20\d\d-/)
    const gone = kubectl('wait', '--for=delete', 'cm/c', '--timeout=20s')
    await kubectl('patch', 'cm', 'c', '--type=json', '-p', '[{"op":"remove","path":"/metadata/finalizers"}]')
    await gone
  })

  test('deleting a namespace deletes what is in it', async () => {
    const kubectl = await fresh('doomed')
    await kubectl('create', 'deployment', 'web', '--image=nginx')
    await kubectl('rollout', 'status', 'deploy/web', '--timeout=20s')
    expect(await kubectl('delete', 'namespace', 'doomed', '--timeout=20s')).toMatch(/^namespace "doomed" deleted/)
    expect(await kubectl.fails('get', 'ns', 'doomed')).toContain('namespaces "doomed" not found')
    expect(await kubectl('get', 'all,cm,sa', '-o', 'name')).toBe('')
  })
}
