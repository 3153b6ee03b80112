/** Changing what is there: label, annotate, patch, edit, replace, apply again, diff, dry runs. */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { type Fresh, GUESTBOOK } from './guestbook.ts'

const replicas = 'jsonpath={.spec.replicas}'

export function writeTests(fresh: Fresh): void {
  test('label and annotate say what they did, and refuse to overwrite unasked', async () => {
    const kubectl = await fresh('labels')
    await kubectl('create', 'configmap', 'c')
    expect(await kubectl('label', 'cm', 'c', 'a=b')).toBe('configmap/c labeled\n')
    expect(await kubectl('label', 'cm', 'c', 'a=b')).toBe('configmap/c not labeled\n')
    expect(await kubectl.fails('label', 'cm', 'c', 'a=c')).toContain(
      "'a' already has a value (b), and --overwrite is false",
    )
    expect(await kubectl('label', 'cm', 'c', 'a=c', '--overwrite')).toBe('configmap/c labeled\n')
    expect(await kubectl('get', 'cm', 'c', '--show-labels')).toMatch(/ a=c\n/)
    expect(await kubectl('label', 'cm', 'c', 'a-')).toBe('configmap/c unlabeled\n')
    expect(await kubectl.fails('label', 'cm', 'c', 'a=b c')).toContain('a valid label must be')
    expect(await kubectl('annotate', 'cm', 'c', 'note=hello there')).toMatch(/^configmap\/c annotated?\n$/)
    expect(await kubectl('annotate', 'cm', 'c', '--list')).toContain('note=hello there')
    expect(await kubectl('annotate', 'cm', 'c', 'note-')).toMatch(/^configmap\/c annotated?\n$/)
  })

  test('patch in three types, and of a subresource', async () => {
    const kubectl = await fresh('patch')
    await kubectl('create', 'deployment', 'web', '--image=nginx', '--replicas=0')
    const patch = (type: string, body: unknown, ...more: string[]): Promise<string> =>
      kubectl('patch', 'deploy', 'web', `--type=${type}`, '-p', JSON.stringify(body), ...more)
    const env = { spec: { template: { spec: { containers: [{ name: 'nginx', env: [{ name: 'A', value: '1' }] }] } } } }
    expect(await patch('strategic', env)).toBe('deployment.apps/web patched\n')
    expect(await kubectl('get', 'deploy', 'web', '-o', 'jsonpath={.spec.template.spec.containers[*].image}')).toBe(
      'nginx',
    )
    expect(await patch('merge', { metadata: { labels: { x: 'y' } } })).toBe('deployment.apps/web patched\n')
    expect(await patch('merge', { metadata: { labels: { x: 'y' } } })).toBe('deployment.apps/web patched (no change)\n')
    expect(await patch('json', [{ op: 'remove', path: '/metadata/labels/x' }])).toBe('deployment.apps/web patched\n')
    expect(await patch('merge', { spec: { replicas: 2 } }, '--subresource=scale')).toContain('web patched')
    expect(await kubectl('get', 'deploy', 'web', '-o', replicas)).toBe('2')

    const unknown = await kubectl.run(['patch', 'deploy', 'web', '--type=merge', '-p', '{"spec":{"replicaz":3}}'])
    expect(unknown).toMatchObject({ code: 0, stdout: 'deployment.apps/web patched (no change)\n' })
    expect(unknown.stderr).toContain('Warning: unknown field "spec.replicaz"')
    const missing = '[{"op":"replace","path":"/spec/nope/x","value":2}]'
    expect(await kubectl.fails('patch', 'deploy', 'web', '--type=json', '-p', missing)).toContain(
      'the server rejected our request due to an error in our request',
    )
    expect(await kubectl.fails('patch', 'deploy', 'web', '-p', '{"spec":{"replicas":-1}}')).toContain(
      'The Deployment "web" is invalid: spec.replicas: Invalid value: -1: must be greater than or equal to 0',
    )
  })

  test('edit writes what the editor leaves, and keeps what is invalid', async () => {
    const kubectl = await fresh('edit')
    await kubectl('create', 'deployment', 'web', '--image=nginx', '--replicas=1')
    const edit = (editor: string): ReturnType<typeof kubectl.run> =>
      kubectl.run(['edit', 'deploy', 'web'], { env: { KUBE_EDITOR: editor } })
    expect(await edit("sed -i 's/replicas: 1$/replicas: 2/'")).toMatchObject({
      code: 0,
      stdout: 'deployment.apps/web edited\n',
    })
    expect(await kubectl('get', 'deploy', 'web', '-o', replicas)).toBe('2')
    expect((await edit('true')).stderr).toContain('Edit cancelled, no changes made.')
    const refused = await edit("sed -i 's/replicas: 2$/replicas: -4/'")
    expect(refused.code).toBe(1)
    expect(refused.stderr).toContain('deployments.apps "web" is invalid')
    expect(await kubectl('get', 'deploy', 'web', '-o', replicas)).toBe('2')
  })

  test('replace needs the version it was read at', async () => {
    const kubectl = await fresh('replace')
    await kubectl('create', 'configmap', 'c', '--from-literal=a=1')
    const read = await kubectl('get', 'cm', 'c', '-o', 'yaml')
    expect(await kubectl.pipe(read.replace('a: "1"', 'a: "2"'), 'replace', '-f', '-')).toBe('configmap/c replaced\n')
    const stale = await kubectl.run(['replace', '-f', '-'], { input: read })
    expect(stale.stderr).toContain(
      'Error from server (Conflict): error when replacing "STDIN": Operation cannot be fulfilled on configmaps "c": the object has been modified; please apply your changes to the latest version and try again',
    )
    const forced = await kubectl.pipe(read, 'replace', '--force', '-f', '-')
    expect(forced).toContain('configmap/c replaced')
    expect(await kubectl('get', 'cm', 'c', '-o', 'jsonpath={.data.a}')).toBe('1')
  })

  test('diff shows what apply would change, apply changes only that', async () => {
    const kubectl = await fresh('diff')
    await kubectl('apply', '-f', GUESTBOOK)
    expect(await kubectl('diff', '-f', GUESTBOOK)).toBe('')
    const changed = join(kubectl.folder, 'guestbook-v6.yaml')
    await writeFile(changed, (await readFile(GUESTBOOK, 'utf8')).replace('guestbook:v5', 'guestbook:v6'))
    const diff = await kubectl.run(['diff', '-f', changed])
    expect(diff.code).toBe(1)
    expect(diff.stdout).toMatch(/^- +-? ?image: ghcr\.io\/example\/guestbook:v5$/m)
    expect(diff.stdout).toMatch(/^\+ +-? ?image: ghcr\.io\/example\/guestbook:v6$/m)
    expect(await kubectl('apply', '-f', changed, '--dry-run=server')).toContain(
      'deployment.apps/frontend configured (server dry run)\n',
    )
    expect(await kubectl('apply', '-f', changed)).toContain(
      'service/frontend unchanged\ndeployment.apps/frontend configured\n',
    )
    expect(await kubectl('apply', 'view-last-applied', 'deploy/frontend')).toContain('guestbook:v6')
    expect(await kubectl('diff', '-f', changed)).toBe('')
  })

  test('apply takes away what the manifest no longer has', async () => {
    const kubectl = await fresh('prune')
    const manifest = (data: object): string =>
      JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c' }, data })
    await kubectl.pipe(manifest({ a: '1', b: '2' }), 'apply', '-f', '-')
    await kubectl('patch', 'cm', 'c', '--type=merge', '-p', '{"data":{"mine":"3"}}')
    expect(await kubectl.pipe(manifest({ a: '1' }), 'apply', '-f', '-')).toBe('configmap/c configured\n')
    expect(await kubectl('get', 'cm', 'c', '-o', 'jsonpath={.data}')).toBe('{"a":"1","mine":"3"}')
  })

  test('a server dry run validates and stores nothing', async () => {
    const kubectl = await fresh('dry')
    const create = ['create', 'deployment', 'web', '--image=nginx', '--dry-run=server']
    expect(await kubectl(...create)).toBe('deployment.apps/web created (server dry run)\n')
    const yaml = await kubectl(...create, '-o', 'yaml')
    expect(yaml).toContain('progressDeadlineSeconds: 600')
    expect(yaml).not.toContain('resourceVersion')
    expect(await kubectl.fails('get', 'deploy', 'web')).toContain('deployments.apps "web" not found')
    await kubectl('create', 'configmap', 'c')
    expect(await kubectl('delete', 'cm', 'c', '--dry-run=server')).toMatch(
      /^configmap "c" deleted.* \(server dry run\)\n$/,
    )
    expect(await kubectl('label', 'cm', 'c', 'a=b', '--dry-run=server')).toContain('labeled (server dry run)')
    expect(await kubectl('get', 'cm', 'c', '--show-labels')).toMatch(/ <none>\n/)
  })

  test('what is wrong is said in the words of a real server', async () => {
    const kubectl = await fresh('wrong')
    await kubectl('create', 'configmap', 'c')
    expect(await kubectl.fails('create', 'configmap', 'c')).toContain('configmaps "c" already exists')
    expect(await kubectl.fails('create', 'deployment', 'Web', '--image=nginx')).toContain(
      'Deployment.apps "Web" is invalid: metadata.name: Invalid value: "Web": a lowercase RFC 1123 subdomain must consist of',
    )
    expect(await kubectl.fails('create', 'configmap', 'c', '-n', 'nowhere')).toContain('namespaces "nowhere" not found')
    expect(await kubectl.fails('get', 'cm', 'd')).toContain('Error from server (NotFound): configmaps "d" not found')
    expect(await kubectl.fails('get', 'nopes')).toContain('the server doesn\'t have a resource type "nopes"')
    expect(await kubectl.fails('scale', 'svc/kubernetes', '-n', 'default', '--replicas=1')).toContain(
      'could not find the requested resource',
    )
  })
}
