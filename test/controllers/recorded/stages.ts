/** The two clusters that cases are played against: KubEmu with the suite's controllers, and a real one over HTTP. */
import type { DynamicObject, KubeObject } from '../../../src/apimachinery/meta.ts'
import { applyMergePatch } from '../../../src/apimachinery/patch/merge.ts'
import { selectControllers } from '../../../src/controllers/controllers.ts'
import { controllerCluster } from '../../support/controller-cluster.ts'
import { KINDS, RESOURCES, type Stage, type Suite } from './case.ts'

const isNamespaced = (resource: string): boolean => RESOURCES.get(resource)!.namespaced

function placed(object: DynamicObject, namespace: string): DynamicObject {
  const row = KINDS[object.kind]
  return row.namespaced ? { ...object, metadata: { ...object.metadata, namespace } } : object
}

/** KubEmu, without a kubelet: cases say themselves what one would do. */
export async function emulatedStage(suite: Suite, namespace: string): Promise<Stage & { close(): Promise<void> }> {
  const { client, clock, runner, pass } = await controllerCluster(selectControllers(suite.controllers), {
    start: Date.parse('2026-01-01T10:25:30Z'),
    disableAdmissionPlugins: ['ServiceAccount', ...(suite.withoutAdmission ?? [])],
    ...suite.networks,
  })
  await client.create('namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } })
  const place = (resource: string): string => (isNamespaced(resource) ? namespace : '')
  const create = async (object: DynamicObject): Promise<void> => {
    const { resource } = KINDS[object.kind]
    const created = await client.create<DynamicObject>(resource, placed(object, namespace))
    if (object['status']) await client.updateStatus(resource, { ...created, status: object['status'] })
  }
  for (const object of suite.shares ?? []) await create(object)
  return {
    namespace,
    now: () => clock.now(),
    create,
    async list(resource) {
      const objects = await client.list<DynamicObject>(resource)
      return objects.filter(({ metadata }) => !isNamespaced(resource) || metadata.namespace === namespace)
    },
    async patch(resource, name, merge, subresource) {
      const change = (old: KubeObject): KubeObject =>
        applyMergePatch(old as never, merge as never) as unknown as KubeObject
      await client.modify(resource, place(resource), name, change, { subresource: subresource as 'status' | undefined })
    },
    async put(resource, name, subresource, object) {
      const change = (old: KubeObject): KubeObject => ({ ...old, ...object })
      await client.modify(resource, place(resource), name, change, { subresource: subresource as 'approval' })
    },
    delete: (resource, name, options) => client.delete(resource, place(resource), name, options),
    async bind(pod, node) {
      const target = { kind: 'Node', name: node }
      const metadata = { name: pod, namespace }
      const body = { apiVersion: 'v1', kind: 'Binding', metadata, target } as KubeObject
      await client.createSubresource('pods', namespace, pod, 'binding', body)
    },
    async measure(pod, usage) {
      const annotations = Object.fromEntries(
        Object.entries(usage).map(([resource, value]) => [`metrics.kubemu.dev/${resource}`, value]),
      )
      const change = (old: KubeObject): KubeObject => ({ ...old, metadata: { ...old.metadata, annotations } })
      await client.modify('pods', namespace, pod, change)
    },
    async evict(pod) {
      const body = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: pod, namespace } } as KubeObject
      await client.createSubresource('pods', namespace, pod, 'eviction', body).catch(() => {})
    },
    pass,
    settle: () => (suite.settleSeconds ? pass(suite.settleSeconds) : runner.settle()),
    close: () => runner.stop(),
  }
}

export interface RealServer {
  url: string
  token: string
}

const POLL_MS = 300

type Call = (method: string, path: string, body?: unknown) => Promise<DynamicObject>

const METRICS = '/apis/metrics.k8s.io/v1beta1'

/** What a metrics server serves, as a custom resource: the autoscaler cannot tell the difference. */
async function definePodMetrics(call: Call): Promise<void> {
  const metadata = {
    name: 'pods.metrics.k8s.io',
    annotations: { 'api-approved.kubernetes.io': 'unapproved, for recordings only' },
  }
  const names = { plural: 'pods', kind: 'PodMetrics' }
  const openAPIV3Schema = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true }
  const versions = [{ name: 'v1beta1', served: true, storage: true, schema: { openAPIV3Schema } }]
  const spec = { group: 'metrics.k8s.io', scope: 'Namespaced', names, versions }
  await call('POST', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', { metadata, spec }).catch(() => {})
  while (!(await call('GET', `${METRICS}/pods`).catch(() => undefined))) {
    await new Promise((resolve) => setTimeout(resolve, POLL_MS))
  }
}

/** A real cluster. Needs NODE_TLS_REJECT_UNAUTHORIZED=0 when its certificate is its own. */
export async function realStage({ url, token }: RealServer, suite: Suite, namespace: string): Promise<Stage> {
  async function call(method: string, path: string, body?: unknown, type = 'application/json'): Promise<DynamicObject> {
    const headers = { authorization: `Bearer ${token}`, 'content-type': type, accept: 'application/json' }
    const response = await fetch(url + path, {
      method,
      headers,
      body: body === undefined ? undefined : JSON.stringify(body),
    })
    const answer = (await response.json()) as DynamicObject
    if (!response.ok) throw new Error(`${method} ${path}: ${answer['message']}`)
    return answer
  }
  const pathOf = (resource: string, name = ''): string => {
    const { prefix, namespaced } = RESOURCES.get(resource)!
    return `${prefix}${namespaced ? `/namespaces/${namespace}` : ''}/${resource.split('.')[0]}${name && `/${name}`}`
  }
  const list = async (resource: string): Promise<DynamicObject[]> => {
    const answer = await call('GET', pathOf(resource))
    const kind = String(answer.kind).replace(/List$/, '')
    return (answer['items'] as DynamicObject[]).map((item) => ({ ...item, kind }))
  }
  const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
  const create = async (object: DynamicObject): Promise<void> => {
    const { resource } = KINDS[object.kind]
    const created = await call('POST', pathOf(resource), placed(object, namespace))
    if (!object['status']) return
    const path = `${pathOf(resource, created.metadata.name)}/status`
    await call('PATCH', path, { status: object['status'] }, 'application/merge-patch+json')
  }
  await call('POST', '/api/v1/namespaces', { metadata: { name: namespace } })
  for (const object of suite.shares ?? []) {
    await create(object).catch((error: Error) => {
      if (!error.message.includes('already exists')) throw error
    })
  }
  return {
    namespace,
    now: () => Date.now(),
    create,
    list,
    async patch(resource, name, merge, subresource) {
      const path = pathOf(resource, name) + (subresource ? `/${subresource}` : '')
      await call('PATCH', path, merge, 'application/merge-patch+json')
    },
    async put(resource, name, subresource, object) {
      const old = await call('GET', pathOf(resource, name))
      await call('PUT', `${pathOf(resource, name)}/${subresource}`, { ...old, ...object })
    },
    async delete(resource, name, options) {
      await call('DELETE', pathOf(resource, name), options)
    },
    async bind(pod, node) {
      const target = { apiVersion: 'v1', kind: 'Node', name: node }
      await call('POST', `${pathOf('pods', pod)}/binding`, { metadata: { name: pod }, target })
    },
    async measure(pod, usage) {
      await definePodMetrics(call)
      const { metadata } = await call('GET', pathOf('pods', pod))
      await call('POST', `${METRICS}/namespaces/${namespace}/pods`, {
        apiVersion: 'metrics.k8s.io/v1beta1',
        kind: 'PodMetrics',
        metadata: { name: pod, labels: metadata.labels },
        timestamp: new Date().toISOString(),
        window: '1s',
        containers: [{ name: 'main', usage }],
      })
    },
    async evict(pod) {
      const body = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: pod } }
      await call('POST', `${pathOf('pods', pod)}/eviction`, body).catch(() => {})
    },
    pass: (seconds) => sleep(seconds * 1000),
    async settle() {
      let last = ''
      for (let quietSince = Date.now(); Date.now() - quietSince < suite.quietMs; await sleep(POLL_MS)) {
        const lists = await Promise.all([...suite.shows, ...(suite.ignoresCounts ? [] : ['events'])].map(list))
        const state = JSON.stringify(
          lists.map((objects) => objects.map(({ metadata }) => [metadata.uid, metadata.resourceVersion])),
        )
        if (state !== last) quietSince = Date.now()
        last = state
      }
    },
  }
}
