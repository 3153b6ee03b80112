import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import request from 'supertest'
import { afterEach, describe, expect, it } from 'vitest'
import * as library from '../src/index.ts'
import {
  type Cluster,
  type ClusterOptions,
  createCluster,
  FixtureError,
  ManualClock,
  StatusError,
} from '../src/index.ts'
import type { Deployment } from '../src/types/apps-v1.ts'
import type { ConfigMap, Node, Pod } from '../src/types/core-v1.ts'

const GUESTBOOK = fileURLToPath(new URL('../fixtures/guestbook.yaml', import.meta.url))
const open = new Set<Cluster>()

/** A cluster that ends with its test. */
async function start(options?: ClusterOptions): Promise<Cluster> {
  const cluster = await createCluster(options)
  open.add(cluster)
  return cluster
}

function configMap(name: string, data: Record<string, string> = {}): ConfigMap {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'default' }, data }
}

afterEach(async () => {
  for (const cluster of open) await cluster.close()
  open.clear()
})

it('exports what it promises, and nothing else', () => {
  expect(Object.keys(library).sort()).toMatchInlineSnapshot(`
    [
      "FixtureError",
      "ManualClock",
      "StatusError",
      "createCluster",
    ]
  `)
})

describe('createCluster', () => {
  it('hands over a settled cluster with the namespaces, the Service and the node of a new one', async () => {
    const { client } = await start()
    const names = async (resource: string) => (await client.list(resource)).map(({ metadata }) => metadata.name)
    expect(await names('namespaces')).toEqual(['default', 'kube-node-lease', 'kube-public', 'kube-system'])
    expect(await names('services')).toEqual(['kubernetes'])
    expect(await names('nodes')).toEqual(['node-1'])
    expect(await names('serviceaccounts')).toEqual(['default', 'default', 'default', 'default'])
  })

  it('has as many nodes as are asked for, all of them ready', async () => {
    const { client } = await start({ nodes: 12 })
    const ready = (await client.list<Node>('nodes')).filter(({ status }) =>
      status?.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True'),
    )
    const names = ready.map(({ metadata }) => metadata.name)
    expect(new Set(names)).toEqual(new Set(Array.from({ length: 12 }, (_, i) => `node-${i + 1}`)))
  })

  it('applies fixtures in order and lets controllers and nodes work until nothing is left', async () => {
    const { client } = await start({ fixtures: GUESTBOOK, nodes: 2 })
    const pods = await client.list<Pod>('pods', { namespace: 'default' })
    expect(pods.map(({ status }) => status?.phase)).toEqual(Array(6).fill('Running'))
    const frontend = await client.get<Deployment>('deployments.apps', 'default', 'frontend')
    expect(frontend.status).toMatchObject({ replicas: 3, readyReplicas: 3, availableReplicas: 3 })
  })

  it('leaves objects as they are written when controllers are off', async () => {
    const { client } = await start({ fixtures: GUESTBOOK, controllers: false })
    expect(await client.list('pods')).toEqual([])
    expect(await client.list('deployments.apps')).toHaveLength(3)
  })

  it('runs only the controllers that are named', async () => {
    const { client } = await start({ fixtures: GUESTBOOK, controllers: ['deployment'] })
    expect(await client.list('replicasets.apps')).toHaveLength(3)
    expect(await client.list('pods')).toEqual([])
  })

  it.each([
    ['a path that is not there', { fixtures: 'no/such/file.yaml' }, /no\/such\/file\.yaml: no such file or folder/],
    [
      'a controller that is not there',
      { controllers: ['deplyoment'] },
      /no controller is called "deplyoment"; there are: /,
    ],
    [
      'an option that is not there',
      { fixture: 'a.yaml' },
      /createCluster has no option "fixture"; there are: fixtures, /,
    ],
    ['a mode that is not there', { authorizationMode: 'rbac' }, /authorizationMode is AlwaysAllow or RBAC, not "rbac"/],
    ['an etcd without endpoints', { etcd: { endpoints: [] } }, /etcd is \{endpoints: \[...\]\}, with prefix,/],
    ['an etcd and a file', { data: 'a.json', etcd: { endpoints: ['http://a'] } }, /two places for the same state/],
    ['fewer nodes than none', { nodes: -1 }, /nodes is a number, 0 or more, not -1/],
  ])('rejects for %s', async (_, options, message) => {
    await expect(createCluster(options as ClusterOptions)).rejects.toThrow(message)
  })

  it.each([
    ['text that is not YAML', 'a: [', /document|expected|flow/i],
    ['an object without a kind', 'metadata: {name: x}', /fixture\.yaml: document 1 has no apiVersion or no kind/],
  ])('says in which fixture there is %s', async (_, text, message) => {
    const folder = await mkdtemp(join(tmpdir(), 'kubemu-'))
    try {
      await writeFile(join(folder, 'fixture.yaml'), text)
      const failed = createCluster({ fixtures: folder })
      await expect(failed).rejects.toThrow(FixtureError)
      await expect(failed).rejects.toThrow(message)
    } finally {
      await rm(folder, { recursive: true })
    }
  })

  it('refuses a fixture that the API refuses, with the Status that says why', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'kubemu-'))
    try {
      await writeFile(
        join(folder, 'pod.yaml'),
        'apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: []}\n',
      )
      await expect(createCluster({ fixtures: folder })).rejects.toMatchObject({
        message: expect.stringContaining('pod.yaml: document 1 (Pod "p"): '),
        cause: { code: 422, reason: 'Invalid' },
      })
    } finally {
      await rm(folder, { recursive: true })
    }
  })

  it('makes the same cluster twice from the same seed and time', async () => {
    const history = async (): Promise<string> => {
      const cluster = await start({ seed: 7, clock: new ManualClock(Date.UTC(2026, 0, 1)), fixtures: GUESTBOOK })
      const { body } = await request(cluster.app).get('/api/v1/pods')
      return JSON.stringify(body)
    }
    const first = await history()
    expect(await history()).toBe(first)
    expect(JSON.parse(first).items[0].metadata.creationTimestamp).toBe('2026-01-01T00:00:00Z')
  })
})

describe('a cluster', () => {
  it('answers HTTP requests without a port', async () => {
    const { app } = await start()
    const { body } = await request(app).get('/version').expect(200)
    expect(body).toMatchObject({ major: '1' })
    const missing = await request(app).get('/api/v1/namespaces/default/pods/nope').expect(404)
    expect(missing.body).toMatchObject({ kind: 'Status', reason: 'NotFound', message: 'pods "nope" not found' })
  })

  it('shows its client what came over HTTP, and the other way round', async () => {
    const { app, client } = await start()
    await request(app).post('/api/v1/namespaces/default/configmaps').send(configMap('http')).expect(201)
    await client.create('configmaps', configMap('local', { a: 'b' }))
    expect(await client.get('configmaps', 'default', 'http')).toMatchObject({ metadata: { name: 'http' } })
    const { body } = await request(app).get('/api/v1/namespaces/default/configmaps/local').expect(200)
    expect(body.data).toEqual({ a: 'b' })
  })

  it('answers failures of its client as StatusErrors', async () => {
    const { client } = await start()
    const stale = await client.create('configmaps', configMap('twice'))
    await client.update('configmaps', { ...stale, data: { n: '1' } })
    const failed = await client.update('configmaps', { ...stale, data: { n: '2' } }).catch((error) => error)
    expect(failed).toBeInstanceOf(StatusError)
    expect(failed).toMatchObject({ code: 409, reason: 'Conflict' })
  })

  it.each([
    ['no object', 'configmaps', undefined, 400, 'an object of configmaps is needed, with metadata'],
    ['no metadata', 'configmaps', { kind: 'ConfigMap' }, 400, 'an object of configmaps is needed, with metadata'],
    ['an object of another kind', 'pods', configMap('c'), 400, 'pods are v1 Pod, and the object is v1 ConfigMap'],
    ['a resource that is not there', 'podz', configMap('c'), 404, /could not find the requested resource \(podz\)/],
  ])('refuses %s from its client', async (_, resource, object, code, message) => {
    const { client } = await start({ nodes: 0, controllers: false })
    for (const write of [client.create, client.update, client.updateStatus]) {
      await expect(write(resource, object as never)).rejects.toMatchObject({
        code,
        message: expect.stringMatching(message),
      })
    }
  })

  it('applies YAML text with several documents, and single objects, as often as one likes', async () => {
    const cluster = await start()
    const text = `apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n---\n${JSON.stringify({ ...configMap('settings', { colour: 'red' }), metadata: { name: 'settings', namespace: 'shop' } })}`
    const applied = await cluster.apply(text)
    expect(applied.map(({ kind, metadata }) => `${kind} ${metadata.name}`)).toEqual([
      'Namespace shop',
      'ConfigMap settings',
    ])
    const again = await cluster.apply(text)
    expect(again[1].metadata.resourceVersion).toBe(applied[1].metadata.resourceVersion)
    const [changed] = await cluster.apply(configMap('settings', { colour: 'blue' }))
    expect(changed).toMatchObject({ metadata: { namespace: 'default' }, data: { colour: 'blue' } })
  })

  it('refuses to apply a kind that it does not know, or a field that the kind does not have', async () => {
    const cluster = await start()
    await expect(cluster.apply('apiVersion: v9\nkind: Nothing\nmetadata: {name: n}')).rejects.toThrow(
      'no matches for kind "Nothing" in version "v9"',
    )
    await expect(cluster.apply('metadata: {name: n}')).rejects.toThrow(/document 1 has no apiVersion or no kind/)
    await expect(cluster.apply({ ...configMap('c'), colour: 'red' } as never)).rejects.toThrow(/unknown field "colour"/)
  })

  it('settles: what follows from a write has happened', async () => {
    const cluster = await start({ fixtures: GUESTBOOK })
    const { client } = cluster
    await client.modify<Deployment>('deployments.apps', 'default', 'frontend', (old) => ({
      ...old,
      spec: { ...old.spec!, replicas: 5 },
    }))
    await cluster.settle()
    expect(await client.list('pods', { labelSelector: { matchLabels: { tier: 'frontend' } } })).toHaveLength(5)
    await client.delete('deployments.apps', 'default', 'frontend', { propagationPolicy: 'Background' })
    await cluster.settle()
    expect(await client.list('replicasets.apps', { labelSelector: { matchLabels: { tier: 'frontend' } } })).toEqual([])
  })

  it('resets to what it was when it was handed over, with revisions that go on rising', async () => {
    const cluster = await start({ fixtures: GUESTBOOK })
    const state = async () => {
      const { body } = await request(cluster.app).get('/api/v1/pods')
      return body.items.map((pod: Pod) => `${pod.metadata.name} ${pod.status?.phase}`)
    }
    const before = await state()
    const made = await cluster.client.create('configmaps', configMap('passing'))
    await cluster.client.delete('deployments.apps', 'default', 'frontend')
    await cluster.settle()
    await cluster.reset()
    expect(await state()).toEqual(before)
    await expect(cluster.client.get('configmaps', 'default', 'passing')).rejects.toMatchObject({ code: 404 })
    const next = await cluster.client.create('configmaps', configMap('next'))
    expect(Number(next.metadata.resourceVersion)).toBeGreaterThan(Number(made.metadata.resourceVersion))
  })

  it('goes on working after a reset', async () => {
    const cluster = await start({ fixtures: GUESTBOOK })
    await cluster.reset()
    await cluster.client.delete('deployments.apps', 'default', 'redis-leader')
    await cluster.settle()
    expect(await cluster.client.list('replicasets.apps')).toHaveLength(2)
    await cluster.reset()
    expect(await cluster.client.list('replicasets.apps')).toHaveLength(3)
  })

  it('settles, too, when more happens than its history holds', async () => {
    const cluster = await start({ watchHistory: 10, nodes: 3 })
    await cluster.apply(await readFile(GUESTBOOK, 'utf8'))
    await cluster.client.modify<Deployment>('deployments.apps', 'default', 'frontend', (old) => ({
      ...old,
      spec: { ...old.spec!, replicas: 60 },
    }))
    await cluster.settle()
    const pods = await cluster.client.list<Pod>('pods', { namespace: 'default' })
    expect(pods.filter(({ status }) => status?.phase === 'Running')).toHaveLength(63)
  })

  it('makes what is old expire when it is told to compact', async () => {
    const cluster = await start({ watchHistory: 100 })
    for (const name of ['a', 'b', 'c']) await cluster.client.create('configmaps', configMap(name))
    const path = '/api/v1/namespaces/default/configmaps'
    const { body: page } = await request(cluster.app).get(`${path}?limit=1`)
    await cluster.client.create('configmaps', configMap('d'))
    cluster.compact()
    const { body: expired } = await request(cluster.app).get(
      `${path}?limit=1&continue=${encodeURIComponent(page.metadata.continue)}`,
    )
    expect(expired).toMatchObject({ code: 410, reason: 'Expired' })
    const { body: event } = await request(cluster.app).get(
      `${path}?watch=1&resourceVersion=${page.metadata.resourceVersion}`,
    )
    expect(event).toMatchObject({ type: 'ERROR', object: { code: 410, reason: 'Expired' } })
  })

  it('shares nothing with another cluster', async () => {
    const [one, other] = await Promise.all([start(), start()])
    await one.client.create('configmaps', configMap('mine'))
    await expect(other.client.get('configmaps', 'default', 'mine')).rejects.toMatchObject({ code: 404 })
    const urls = await Promise.all([one.listen(), other.listen()])
    expect(new Set(urls).size).toBe(2)
    await one.close()
    expect((await fetch(`${urls[1]}/readyz`)).status).toBe(200)
  })
})

describe('listening', () => {
  it('answers a URL, which a second call answers too, and a kubeconfig for it', async () => {
    const cluster = await start()
    expect(cluster.url).toBeUndefined()
    const url = await cluster.listen()
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
    expect(await cluster.listen({ port: 1 })).toBe(url)
    expect(cluster.url).toBe(url)
    expect(cluster.kubeconfig()).toContain(`server: ${url}\n`)
    expect(await (await fetch(`${url}/livez`)).text()).toBe('ok')
  })

  it('has no kubeconfig before', async () => {
    const cluster = await start()
    expect(() => cluster.kubeconfig()).toThrow(/call listen\(\) first/)
  })

  it('rejects when the port is taken', async () => {
    const [one, other] = await Promise.all([start(), start()])
    const port = Number(new URL(await one.listen()).port)
    await expect(other.listen({ port })).rejects.toMatchObject({ code: 'EADDRINUSE' })
  })
})

describe('closing', () => {
  it('can be asked for twice, and ends what still hangs on the cluster', async () => {
    const cluster = await start()
    const url = await cluster.listen()
    const watch = await fetch(`${url}/api/v1/configmaps?watch=1`)
    const read = watch.text()
    await Promise.all([cluster.close(), cluster.close()])
    await cluster.close()
    expect(await read).toContain('kube-root-ca.crt')
    await expect(fetch(`${url}/livez`)).rejects.toThrow()
  })

  it('ends its client, too', async () => {
    const cluster = await start({ nodes: 0, controllers: false })
    await cluster.close()
    const closed = { code: 503, message: 'the cluster is closed' }
    await expect(cluster.client.list('pods')).rejects.toMatchObject(closed)
    await expect(cluster.client.get('namespaces', '', 'default')).rejects.toMatchObject(closed)
    await expect(cluster.client.create('configmaps', configMap('late'))).rejects.toMatchObject(closed)
  })

  it('happens by itself at the end of a block that uses the cluster', async () => {
    let url: string
    {
      await using cluster = await createCluster({ nodes: 0, controllers: false })
      url = await cluster.listen()
      expect((await fetch(`${url}/livez`)).status).toBe(200)
    }
    await expect(fetch(`${url}/livez`)).rejects.toThrow()
  })

  it('leaves the state in the data file for the next cluster', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'kubemu-'))
    try {
      const data = join(folder, 'cluster.json')
      const first = await start({ data, nodes: 2 })
      const made = await first.client.create('configmaps', configMap('kept', { a: 'b' }))
      await first.close()
      const second = await start({ data, nodes: 5 })
      expect(await second.client.get('configmaps', 'default', 'kept')).toEqual(made)
      expect(await second.client.list('nodes')).toHaveLength(2)
    } finally {
      for (const cluster of open) await cluster.close()
      await rm(folder, { recursive: true })
    }
  })
})
