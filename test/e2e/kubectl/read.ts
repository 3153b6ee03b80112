/** Looking: output formats, selectors, sorting, chunks, discovery, explain, raw paths, wait, events, auth. */
import { expect, test } from 'vitest'
import { type Fresh, rows } from './guestbook.ts'

export function readTests(fresh: Fresh): void {
  test('logs shows what a container echoes, and exec says why there is nothing to run in', async () => {
    const kubectl = await fresh('logs')
    await kubectl('run', 'talk', '--image=busybox', '--restart=Never', '--', 'sh', '-c', 'echo hello; echo world')
    await kubectl('wait', '--for=jsonpath={.status.phase}=Succeeded', 'pod/talk', '--timeout=20s')
    expect(await kubectl('logs', 'talk')).toBe('hello\nworld\n')
    expect(await kubectl('logs', '-f', 'talk', '--tail=1')).toBe('world\n')
    expect(await kubectl.fails('logs', 'talk', '--previous')).toContain(
      'previous terminated container "talk" in pod "talk" not found',
    )
    expect(await kubectl.fails('exec', 'talk', '--', 'ls')).toMatch(/no process runs|completed pod/)
  })

  test('get prints every output format', async () => {
    const kubectl = await fresh('formats')
    for (const name of ['b', 'a']) await kubectl('create', 'configmap', name, `--from-literal=key=${name}${name}`)
    expect(await kubectl('get', 'cm', '-o', 'name')).toBe('configmap/a\nconfigmap/b\nconfigmap/kube-root-ca.crt\n')
    expect(await kubectl('get', 'cm', 'a', '-o', 'jsonpath={.data.key}')).toBe('aa')
    expect(JSON.parse(await kubectl('get', 'cm', 'a', '-o', 'json'))).toMatchObject({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'a', namespace: 'formats' },
      data: { key: 'aa' },
    })
    const yaml = await kubectl('get', 'cm', 'a', '-o', 'yaml')
    expect(yaml).toMatch(/^apiVersion: v1\ndata:\n {2}key: aa\nkind: ConfigMap\nmetadata:\n {2}creationTimestamp: "20/)
    expect(rows(await kubectl('get', 'cm', '-o', 'custom-columns=NAME:.metadata.name,KEY:.data.key'))).toEqual([
      ['a', 'aa'],
      ['b', 'bb'],
      ['kube-root-ca.crt', '<none>'],
    ])
    const precedences = rows(await kubectl('get', 'flowschemas')).map(([, , precedence]) => Number(precedence))
    expect(precedences).toEqual([...precedences].sort((a, b) => a - b))
    expect(rows(await kubectl('get', 'cm')).map((row) => row.slice(0, 2))).toEqual([
      ['a', '1'],
      ['b', '1'],
      ['kube-root-ca.crt', '1'],
    ])
    expect(await kubectl('get', 'cm/a', 'cm/b', '--no-headers', '-o', 'name')).toBe('configmap/a\nconfigmap/b\n')
  })

  test('get selects by label and field, sorts, and reads in chunks', async () => {
    const kubectl = await fresh('selected')
    for (const [name, tier] of [
      ['a', 'web'],
      ['b', 'db'],
      ['c', 'web'],
    ] as const) {
      await kubectl('create', 'configmap', name)
      await kubectl('label', 'cm', name, `tier=${tier}`)
    }
    const names = (...args: string[]): Promise<string> => kubectl('get', 'cm', '-o', 'name', ...args)
    expect(await names('-l', 'tier=web')).toBe('configmap/a\nconfigmap/c\n')
    expect(await names('-l', 'tier notin (web),tier')).toBe('configmap/b\n')
    expect(await names('-l', '!tier')).toBe('configmap/kube-root-ca.crt\n')
    expect(await names('--field-selector', 'metadata.name=b')).toBe('configmap/b\n')
    expect(await names('--field-selector', 'metadata.name!=b', '-l', 'tier')).toBe('configmap/a\nconfigmap/c\n')
    expect(await names('--chunk-size=1')).toBe(await names())
    const sorted = await kubectl('get', 'cm', '-l', 'tier', '--sort-by=.metadata.labels.tier', '-L', 'tier')
    expect(rows(sorted).map(([name]) => name)[0]).toBe('b')
    expect(await kubectl('get', 'pods', '--field-selector', 'status.phase=Running,spec.nodeName=x', '-o', 'name')).toBe(
      '',
    )
    expect(await kubectl.fails('get', 'cm', '--field-selector', 'data.a=b')).toContain(
      '"data.a" is not a known field selector: only "metadata.name", "metadata.namespace"',
    )
    expect(await kubectl.fails('get', 'cm', '-l', 'a b')).toContain('unable to parse requirement')
  })

  test('discovery: api-resources, api-versions, version, cluster-info, explain', async () => {
    const kubectl = await fresh('default')
    const resources = await kubectl('api-resources')
    expect(resources).toMatch(/^deployments +deploy +apps\/v1 +true +Deployment$/m)
    expect(resources).toMatch(/^nodes +no +v1 +false +Node$/m)
    expect(resources.trim().split('\n').length).toBeGreaterThan(65)
    expect((await kubectl('api-versions')).split('\n')).toEqual(
      expect.arrayContaining(['apps/v1', 'batch/v1', 'networking.k8s.io/v1', 'v1']),
    )
    expect(await kubectl('version')).toMatch(/Server Version: .*v1\.37\.0/)
    expect(await kubectl('cluster-info')).toMatch(/Kubernetes control plane.* is running at /)
    const explained = await kubectl('explain', 'pod.spec.containers')
    expect(explained).toMatch(/^KIND: +Pod\nVERSION: +v1$/m)
    expect(explained).toMatch(/imagePullPolicy\s<string>/)
    expect(await kubectl('explain', 'deployment.spec', '--recursive')).toMatch(/maxSurge\s<IntOrString>/)
    expect(await kubectl.fails('explain', 'pod.nope')).toContain('field "nope" does not exist')
  })

  test('get --raw reads paths that are no resources', async () => {
    const kubectl = await fresh('default')
    expect(await kubectl('get', '--raw', '/readyz')).toBe('ok')
    expect(await kubectl('get', '--raw', '/livez?verbose')).toContain('livez check passed')
    expect(JSON.parse(await kubectl('get', '--raw', '/version'))).toMatchObject({ major: '1', minor: '37' })
    expect(JSON.parse(await kubectl('get', '--raw', '/')).paths).toContain('/apis/apps/v1')
    expect(JSON.parse(await kubectl('get', '--raw', '/apis/apps/v1')).kind).toBe('APIResourceList')
    expect(await kubectl.fails('get', '--raw', '/nope')).toContain('the server could not find the requested resource')
  })

  test('wait for conditions, values and deletions; a wait in vain says so', async () => {
    const kubectl = await fresh('waits')
    await kubectl('create', 'deployment', 'web', '--image=nginx', '--replicas=2')
    expect(await kubectl('wait', '--for=condition=Available', 'deploy/web', '--timeout=20s')).toBe(
      'deployment.apps/web condition met\n',
    )
    expect(await kubectl('wait', '--for=jsonpath={.status.readyReplicas}=2', 'deploy/web', '--timeout=20s')).toContain(
      'condition met',
    )
    expect(
      (await kubectl('wait', '--for=condition=Ready', 'pod', '--all', '--timeout=20s')).match(/met/g),
    ).toHaveLength(2)
    expect(await kubectl.fails('wait', '--for=condition=Nope', 'deploy/web', '--timeout=1s')).toContain(
      'timed out waiting for the condition on deployments/web',
    )
    const gone = kubectl('wait', '--for=delete', 'deploy/web', '--timeout=20s')
    await kubectl('delete', 'deploy', 'web')
    await gone
  })

  test('events tell what happened, by kubectl events and by kubectl get events', async () => {
    const kubectl = await fresh('told')
    await kubectl('run', 'web', '--image=nginx')
    await kubectl('wait', '--for=condition=Ready', 'pod/web', '--timeout=20s')
    const told = await kubectl('events', '--for', 'pod/web')
    expect(told).toMatch(/Normal +Scheduled +Pod\/web +Successfully assigned told\/web to node-[12]/)
    expect(told).toMatch(/Normal +Started +Pod\/web /)
    const all = await kubectl('get', 'events', '--field-selector', 'involvedObject.name=web,reason=Scheduled')
    expect(rows(all)).toHaveLength(1)
    expect(all).toMatch(/^\S+ +Normal +Scheduled +pod\/web +Successfully assigned told\/web/m)
  })

  test('auth says who asks and what is allowed', async () => {
    const kubectl = await fresh('default')
    expect(await kubectl('auth', 'can-i', 'create', 'pods')).toBe('yes\n')
    expect(await kubectl('auth', 'can-i', '--list')).toMatch(/\*\.\* +\[\] +\[\] +\[\*\]/)
    const whoami = await kubectl.run(['auth', 'whoami', '-o', 'jsonpath={.status.userInfo.username}'])
    // kubectl 1.27 has the command as an alpha one: `kubectl auth whoami` asks for v1beta1 of a kind that is v1 now.
    if (whoami.code === 0) expect(whoami.stdout).toBe('kubernetes-admin')
    else expect(whoami.stderr).toContain('the selfsubjectreviews API is not enabled')
  })

  test('exec and cp answer clearly that nothing runs in a container', async () => {
    const kubectl = await fresh('doors')
    await kubectl('run', 'web', '--image=nginx')
    await kubectl('wait', '--for=condition=Ready', 'pod/web', '--timeout=20s')
    expect(await kubectl('logs', 'web')).toBe('')
    const why = 'kubemu does not support pods/exec: no process runs in an emulated container'
    expect(await kubectl.fails('exec', 'web', '--', 'ls')).toContain(why)
    expect(await kubectl.fails('cp', '/etc/hostname', 'web:/tmp/x')).toContain(why)
  })
}
