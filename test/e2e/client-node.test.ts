/** The official JavaScript client against a cluster that listens: typed calls, generic objects, watches and informers. */
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import {
  ApiException,
  AppsV1Api,
  CoreV1Api,
  KubeConfig,
  KubernetesObjectApi,
  loadAllYaml,
  makeInformer,
  PatchStrategy,
  setHeaderOptions,
  type V1ConfigMap,
  type V1Deployment,
  type V1Status,
  Watch,
} from '@kubernetes/client-node'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Cluster, createCluster } from '../../src/index.ts'
import { createLog, type Log, type TcpProxy, tcpProxy } from './connections.ts'

const NAMESPACE = 'default'
const GUESTBOOK = fileURLToPath(new URL('../../fixtures/guestbook.yaml', import.meta.url))

let cluster: Cluster
let config: KubeConfig
let core: CoreV1Api
const open: { close(): void | Promise<void> }[] = []

beforeEach(async () => {
  cluster = await createCluster({ nodes: 2 })
  await cluster.listen()
  config = configFrom(cluster.kubeconfig())
  core = config.makeApiClient(CoreV1Api)
})
afterEach(async () => {
  for (const { close } of open.splice(0)) await close()
  await cluster.close()
})

function configFrom(text: string): KubeConfig {
  const loaded = new KubeConfig()
  loaded.loadFromString(text)
  return loaded
}

const configMap = (name: string, data: Record<string, string>, labels?: Record<string, string>): V1ConfigMap => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: NAMESPACE, labels },
  data,
})

const create = (
  name: string,
  data: Record<string, string> = {},
  labels?: Record<string, string>,
): Promise<V1ConfigMap> => core.createNamespacedConfigMap({ namespace: NAMESPACE, body: configMap(name, data, labels) })

/** The Status that a refused call carries. */
async function refused(call: Promise<unknown>): Promise<V1Status> {
  const error = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (!(error instanceof ApiException)) throw new Error(`refused by the server was expected, not ${error}`)
  const status = JSON.parse(error.body) as V1Status
  expect(error.code).toBe(status.code)
  return status
}

test('objects are created, read, replaced, patched in three types, and deleted', async () => {
  const created = await create('c', { a: '1' })
  expect(created.metadata?.uid).toMatch(/^[0-9a-f-]{36}$/)
  expect(created.metadata?.creationTimestamp).toBeInstanceOf(Date)

  const body = { ...created, data: { a: '2' } }
  const replaced = await core.replaceNamespacedConfigMap({ name: 'c', namespace: NAMESPACE, body })
  expect(replaced.data).toEqual({ a: '2' })
  const stale = await refused(core.replaceNamespacedConfigMap({ name: 'c', namespace: NAMESPACE, body }))
  expect(stale).toMatchObject({ code: 409, reason: 'Conflict', details: { kind: 'configmaps', name: 'c' } })

  const patch = (type: PatchStrategy, content: unknown): Promise<V1ConfigMap> =>
    core.patchNamespacedConfigMap(
      { name: 'c', namespace: NAMESPACE, body: content },
      setHeaderOptions('Content-Type', type),
    )
  await patch(PatchStrategy.MergePatch, { data: { b: '3' } })
  await patch(PatchStrategy.StrategicMergePatch, { data: { a: null } })
  const patched = await patch(PatchStrategy.JsonPatch, [{ op: 'add', path: '/data/c', value: '4' }])
  expect(patched.data).toEqual({ b: '3', c: '4' })

  expect(await core.deleteNamespacedConfigMap({ name: 'c', namespace: NAMESPACE })).toMatchObject({ status: 'Success' })
  const gone = await refused(core.readNamespacedConfigMap({ name: 'c', namespace: NAMESPACE }))
  expect(gone).toMatchObject({ code: 404, reason: 'NotFound', message: 'configmaps "c" not found' })
})

test('what is invalid is refused with the causes', async () => {
  const status = await refused(create('Not A Name'))
  expect(status).toMatchObject({ code: 422, reason: 'Invalid', details: { kind: 'ConfigMap' } })
  expect(status.details?.causes).toMatchObject([{ field: 'metadata.name', reason: 'FieldValueInvalid' }])
  expect(await refused(create('kube-root-ca.crt'))).toMatchObject({ code: 409, reason: 'AlreadyExists' })
})

test('a list is selected by label and read in pages that all show one moment', async () => {
  for (const name of ['a', 'b', 'c']) await create(name, {}, { app: 'web' })
  const page = (_continue?: string): ReturnType<CoreV1Api['listNamespacedConfigMap']> =>
    core.listNamespacedConfigMap({ namespace: NAMESPACE, labelSelector: 'app=web', limit: 2, _continue })
  const first = await page()
  await create('d', {}, { app: 'web' })
  const second = await page(first.metadata?._continue)
  expect([...first.items, ...second.items].map(({ metadata }) => metadata?.name)).toEqual(['a', 'b', 'c'])
  expect(second.metadata?.resourceVersion).toBe(first.metadata?.resourceVersion)
  expect(second.metadata?._continue).toBeUndefined()
})

test('a loop over a manifest creates it, then patches it without a change, and the pods run', async () => {
  const objects = KubernetesObjectApi.makeApiClient(config)
  const manifest = loadAllYaml(await readFile(GUESTBOOK, 'utf8'))
  const applyAll = async (): Promise<(string | undefined)[]> => {
    const versions: (string | undefined)[] = []
    for (const object of manifest) {
      object.metadata = { ...object.metadata, name: object.metadata?.name ?? '', namespace: NAMESPACE }
      const exists = await objects.read({ ...object, metadata: object.metadata } as never).then(
        () => true,
        (error: ApiException<unknown>) => {
          expect(error.code).toBe(404)
          return false
        },
      )
      const strategy = PatchStrategy.StrategicMergePatch
      const applied = exists
        ? await objects.patch(object, undefined, undefined, undefined, undefined, strategy)
        : await objects.create(object)
      versions.push(applied.metadata?.resourceVersion)
    }
    return versions
  }
  await applyAll()
  await cluster.settle()
  const settled = await applyAll()
  expect(await applyAll()).toEqual(settled)

  const apps = config.makeApiClient(AppsV1Api)
  const { items } = await apps.listNamespacedDeployment({ namespace: NAMESPACE })
  const ready = items.map(({ metadata, status }: V1Deployment) => [metadata?.name, status?.readyReplicas])
  expect(ready).toEqual([
    ['frontend', 3],
    ['redis-follower', 2],
    ['redis-leader', 1],
  ])
  const pods = await core.listNamespacedPod({ namespace: NAMESPACE, fieldSelector: 'status.phase=Running' })
  expect(pods.items).toHaveLength(6)
})

test('a scale subresource scales the deployment', async () => {
  const apps = config.makeApiClient(AppsV1Api)
  await cluster.apply(await readFile(GUESTBOOK, 'utf8'))
  await cluster.settle()
  const name = 'frontend'
  const scale = await apps.readNamespacedDeploymentScale({ name, namespace: NAMESPACE })
  expect(scale.spec).toEqual({ replicas: 3 })
  await apps.replaceNamespacedDeploymentScale({ name, namespace: NAMESPACE, body: { ...scale, spec: { replicas: 5 } } })
  await cluster.settle()
  const { spec, status } = await apps.readNamespacedDeployment({ name, namespace: NAMESPACE })
  expect([spec?.replicas, status?.readyReplicas]).toEqual([5, 5])
})

test('a watch with a label selector tells of objects that come in and go out', async () => {
  const { metadata } = await core.listNamespacedConfigMap({ namespace: NAMESPACE })
  const log = createLog()
  const path = `/api/v1/namespaces/${NAMESPACE}/configmaps`
  const query = { labelSelector: 'app=web', resourceVersion: metadata?.resourceVersion }
  const request = await new Watch(config).watch(
    path,
    query,
    (phase, object: V1ConfigMap) => log.add(`${phase} ${object.metadata?.name}`),
    () => {},
  )
  open.push({ close: () => request.abort() })
  await create('other')
  await create('c')
  const label = (app: string | null): Promise<unknown> =>
    core.patchNamespacedConfigMap(
      { name: 'c', namespace: NAMESPACE, body: { metadata: { labels: { app } } } },
      setHeaderOptions('Content-Type', PatchStrategy.MergePatch),
    )
  await label('web')
  await label(null)
  await label('web')
  await core.deleteNamespacedConfigMap({ name: 'c', namespace: NAMESPACE })
  await log.length(4)
  expect(log.entries).toEqual(['ADDED c', 'DELETED c', 'ADDED c', 'DELETED c'])
})

interface Informed {
  log: Log
  names(): (string | undefined)[]
  lists(): number
  start(): Promise<void>
}

/** An informer of config maps labelled app=web that is started again when its connection breaks, as the client's own examples do. */
async function inform(through: KubeConfig): Promise<Informed> {
  const api = through.makeApiClient(CoreV1Api)
  const log = createLog()
  let lists = 0
  const list = (): ReturnType<CoreV1Api['listNamespacedConfigMap']> => {
    lists++
    return api.listNamespacedConfigMap({ namespace: NAMESPACE, labelSelector: 'app=web' })
  }
  const path = `/api/v1/namespaces/${NAMESPACE}/configmaps`
  const informer = makeInformer<V1ConfigMap>(through, path, list, 'app=web')
  for (const verb of ['add', 'update', 'delete'] as const) {
    informer.on(verb, ({ metadata }) => log.add(`${verb} ${metadata?.name}`))
  }
  informer.on('connect', () => log.add('connect'))
  informer.on('error', () => log.add('error'))
  open.push({ close: () => informer.stop() })
  await informer.start()
  return {
    log,
    names: () => informer.list().map(({ metadata }) => metadata?.name),
    lists: () => lists,
    start: () => informer.start(),
  }
}

const web = (name: string): Promise<V1ConfigMap> => create(name, { a: '1' }, { app: 'web' })
const remove = (name: string): Promise<unknown> => core.deleteNamespacedConfigMap({ name, namespace: NAMESPACE })

test('an informer sees what is there and everything that happens after', async () => {
  await web('a')
  const { log, names } = await inform(config)
  await web('b')
  const body = configMap('a', { a: '2' }, { app: 'web' })
  await core.replaceNamespacedConfigMap({ name: 'a', namespace: NAMESPACE, body })
  await remove('b')
  await log.length(5)
  expect(log.entries).toEqual(['connect', 'add a', 'add b', 'update a', 'delete b'])
  expect(names()).toEqual(['a'])
})

test('an informer whose connection breaks resumes where it was, without a second list', async () => {
  const proxy: TcpProxy = await tcpProxy(new URL(cluster.url ?? ''))
  open.push(proxy)
  const informed = await inform(configFrom(cluster.kubeconfig().replaceAll(cluster.url ?? '', proxy.url)))
  await web('a')
  await web('b')
  await informed.log.length(3)
  proxy.cut()
  await informed.log.has('error')
  await web('c')
  await remove('a')
  await informed.start()
  await informed.log.has('delete a')
  expect(informed.log.entries).toEqual(['connect', 'add a', 'add b', 'error', 'connect', 'add c', 'delete a'])
  expect(informed.names().sort()).toEqual(['b', 'c'])
  expect(informed.lists()).toBe(1)
})

test('an informer whose place in history is gone lists again and finds out what it missed', async () => {
  const informed = await inform(config)
  await web('a')
  await informed.log.has('add a')
  await cluster.reset()
  await informed.log.has('delete a')
  await web('b')
  await informed.log.has('add b')
  expect(informed.lists()).toBe(2)
  expect(informed.names()).toEqual(['b'])
})
