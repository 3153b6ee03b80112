/** Runs one golden case of the controllers: objects, steps, and what is there in the end, without what differs from run to run. */

import { formatTime } from '../../src/apimachinery/clock.ts'
import { failure } from '../../src/apimachinery/errors.ts'
import type { DynamicObject, KubeObject } from '../../src/apimachinery/meta.ts'
import { applyMergePatch } from '../../src/apimachinery/patch/merge.ts'
import type { Client } from '../../src/controllers/client.ts'
import { type ControllerDefinition, defineController } from '../../src/controllers/controller.ts'
import { selectControllers } from '../../src/controllers/controllers.ts'
import { type ControllerCluster, controllerCluster, START } from '../support/controller-cluster.ts'

interface Target {
  resource: string
  namespace?: string
  name: string
}

/** What is done, one member a step; everything settles after each. */
export interface Step {
  create?: DynamicObject
  /** A JSON merge patch. */
  patch?: Target & { subresource?: 'status'; merge: object }
  /** Containers of a pod ask for other resources, or the pod as a whole. */
  resize?: { name: string; spec: object }
  delete?: Target & { propagationPolicy?: 'Orphan' | 'Foreground' | 'Background'; gracePeriodSeconds?: number }
  /** Pods with these labels become Running and Ready, at most `count` of them, the oldest first. */
  ready?: { labels: Record<string, string>; count?: number }
  /** Writes of a kind fail with this message from now on; an empty message ends it. */
  refuse?: { verb: 'create' | 'delete'; resource: string; message: string }
  pass?: { seconds: number }
}

export interface GoldenCase {
  /** What the case shows, as a sentence. */
  title: string
  controllers: string[]
  /** Pods become ready at once and vanish when deleted. */
  kubelet?: boolean
  objects: DynamicObject[]
  steps: Step[]
  /** Pods are compared with their whole status. */
  wholePods?: boolean
  /** Resources that are compared, `events` as their messages. */
  shows: string[]
  expected?: Record<string, unknown[]>
}

const kubelet = defineController({
  name: 'test-kubelet',
  component: 'kubelet',
  for: 'pods',
  async reconcile({ namespace, name }, { client, clock, lister }) {
    const pod = lister('pods').get(namespace, name) as DynamicObject | undefined
    if (!pod) return
    if (pod.metadata.deletionTimestamp) await client.delete('pods', namespace, name, { gracePeriodSeconds: 0 })
    else if (isPending(pod)) await makeReady(client, pod, clock.now())
  },
})

const isPending = (pod: DynamicObject): boolean => (pod.status?.phase ?? 'Pending') === 'Pending'

async function makeReady(client: Client, pod: DynamicObject, now: number): Promise<void> {
  const conditions = [{ type: 'Ready', status: 'True', lastTransitionTime: formatTime(now) }]
  await client.updateStatus('pods', { ...pod, status: { ...pod.status, phase: 'Running', conditions } })
}

/** Names and hashes that chance made, in the order in which they appeared. */
class Aliases {
  readonly #aliases = new Map<string, string>()
  #hashes = 0
  readonly #pods = new Map<string, number>()

  see({ metadata }: KubeObject): void {
    const hash = metadata.labels?.['pod-template-hash']
    if (hash && !this.#aliases.has(hash)) this.#aliases.set(hash, `HASH${++this.#hashes}`)
    const { generateName, name = '' } = metadata
    const suffix = name.slice(generateName?.length)
    if (!generateName || this.#aliases.has(suffix)) return
    const count = (this.#pods.get(generateName) ?? 0) + 1
    this.#pods.set(generateName, count)
    this.#aliases.set(suffix, `POD${count}`)
  }

  /** Suffixes and hashes are long and random enough not to be part of another word. */
  apply(text: string): string {
    let out = text
    for (const [name, alias] of this.#aliases) out = out.replaceAll(name, alias)
    return out
  }
}

export async function runCase(golden: GoldenCase): Promise<Record<string, unknown[]>> {
  const refusals = new Map<string, string>()
  const definitions: ControllerDefinition[] = selectControllers(golden.controllers)
  const cluster = await controllerCluster(golden.kubelet ? [...definitions, kubelet] : definitions, {
    intercept: (client) => refusing(client, refusals),
  })
  const aliases = new Aliases()
  const watches = ['replicasets.apps', 'pods'].map((resource) => cluster.source.watch(resource, () => {}))
  const settle = async (): Promise<void> => {
    await cluster.runner.settle()
    for (const watch of watches) for (const { object } of watch.read() ?? []) aliases.see(object)
  }
  for (const object of golden.objects) await create(cluster, object)
  await settle()
  for (const step of golden.steps) {
    await run(step, cluster, refusals)
    await settle()
  }
  const actual: Record<string, unknown[]> = {}
  for (const resource of golden.shows) {
    const objects = await cluster.client.list<DynamicObject>(resource)
    const shown =
      resource === 'events' ? objects.sort(byTime).map(eventLine) : objects.map((object) => show(object, golden))
    actual[resource] = JSON.parse(aliases.apply(JSON.stringify(shown))) as unknown[]
    if (resource !== 'events') actual[resource].sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))
  }
  await cluster.runner.stop()
  return actual
}

function refusing(client: Client, refusals: ReadonlyMap<string, string>): Client {
  const check = (verb: string, resource: string): void => {
    const message = refusals.get(`${verb} ${resource}`)
    if (message) throw failure(403, 'Forbidden', message)
  }
  return {
    ...client,
    async create(resource, object) {
      check('create', resource)
      return client.create(resource, object)
    },
    async delete(resource, namespace, name, options) {
      check('delete', resource)
      return client.delete(resource, namespace, name, options)
    },
  }
}

/** Objects may name owners without a uid: that of the object with this name, whose kind is one of those created before. */
async function create({ client }: ControllerCluster, object: DynamicObject): Promise<void> {
  const namespace = CLUSTER_SCOPED.has(object.kind) ? undefined : (object.metadata.namespace ?? 'default')
  const ownerReferences = await Promise.all(
    (object.metadata.ownerReferences ?? []).map(async (ref) => {
      if (ref.uid) return ref
      const owner = await client.get(resourceOf(ref.kind), CLUSTER_SCOPED.has(ref.kind) ? '' : 'default', ref.name)
      return { ...ref, uid: owner.metadata.uid as string }
    }),
  )
  const metadata = { ...object.metadata, namespace, ...(ownerReferences.length ? { ownerReferences } : {}) }
  const created = await client.create<DynamicObject>(resourceOf(object.kind), { ...object, metadata })
  if (object.status) await client.updateStatus(resourceOf(object.kind), { ...created, status: object.status })
}

const CLUSTER_SCOPED = new Set([
  'Namespace',
  'ClusterRole',
  'Node',
  'PersistentVolume',
  'PriorityClass',
  'RuntimeClass',
  'DeviceClass',
  'ResourceSlice',
])
const NO_NAMESPACE = /^(namespaces|nodes|runtimeclasses\..*)$/
const GROUPS: Record<string, string> = {
  DeviceClass: 'deviceclasses.resource.k8s.io',
  ResourceClaim: 'resourceclaims.resource.k8s.io',
  ResourceSlice: 'resourceslices.resource.k8s.io',
  Deployment: 'deployments.apps',
  ReplicaSet: 'replicasets.apps',
  ClusterRole: 'clusterroles.rbac.authorization.k8s.io',
  PriorityClass: 'priorityclasses.scheduling.k8s.io',
  RuntimeClass: 'runtimeclasses.node.k8s.io',
}
const resourceOf = (kind: string): string => GROUPS[kind] ?? `${kind.toLowerCase()}s`

async function run(step: Step, cluster: ControllerCluster, refusals: Map<string, string>): Promise<void> {
  const { client } = cluster
  if (step.create) await create(cluster, step.create)
  if (step.patch) {
    const { resource, namespace = 'default', name, merge, subresource } = step.patch
    const place =
      resource === 'namespaces' || resource === 'nodes' || resource.startsWith('clusterroles.') ? '' : namespace
    const change = (old: KubeObject): KubeObject => applyMergePatch(old as never, merge) as unknown as KubeObject
    await client.modify(resource, place, name, change, { subresource })
  }
  if (step.resize) {
    const { name, spec } = step.resize
    await client.patch('pods', 'default', name, 'strategic', { spec }, { subresource: 'resize' })
  }
  if (step.delete) {
    const { resource, namespace = 'default', name, ...options } = step.delete
    const place = NO_NAMESPACE.test(resource) ? '' : namespace
    await client.delete(resource, place, name, options)
  }
  if (step.ready) {
    const { labels, count = Number.POSITIVE_INFINITY } = step.ready
    const pods = await client.list<DynamicObject>('pods', { labelSelector: { matchLabels: labels } })
    const pending = pods.filter(isPending).sort(byRevision)
    for (const pod of pending.slice(0, count)) await makeReady(client, pod, cluster.clock.now())
  }
  if (step.refuse) refusals.set(`${step.refuse.verb} ${step.refuse.resource}`, step.refuse.message)
  if (step.pass) await cluster.pass(step.pass.seconds)
}

const byRevision = (a: KubeObject, b: KubeObject): number =>
  Number(a.metadata.resourceVersion) - Number(b.metadata.resourceVersion)

/** Events are written in the order in which they happened. */
const byTime = byRevision

const UID = /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g

function eventLine(event: DynamicObject): string {
  const { involvedObject, type, reason, message, count, source } = event
  const times = count > 1 ? ` (x${count})` : ''
  return `${source.component}: ${type} ${reason} ${involvedObject.kind}/${involvedObject.name}: ${message.replace(UID, 'UID')}${times}`
}

/** Without what the server made up; spec of what has one cut to what controllers write. */
function show(object: DynamicObject, { wholePods }: GoldenCase): unknown {
  const { uid, resourceVersion, creationTimestamp, managedFields, generateName, ...metadata } = object.metadata
  const shown: Record<string, unknown> = { ...object, metadata }
  if (metadata.ownerReferences) {
    shown.metadata = {
      ...metadata,
      ownerReferences: metadata.ownerReferences.map(
        ({ kind, name, controller, blockOwnerDeletion }) =>
          `${kind}/${name}${controller ? ' controller' : ''}${blockOwnerDeletion ? ' blocks' : ''}`,
      ),
    }
  }
  if (object.kind === 'Pod') {
    delete shown.spec
    if (!wholePods) shown.status = { phase: object.status?.phase ?? 'Pending' }
  } else if (object.spec?.template) shown.spec = { replicas: object.spec.replicas, paused: object.spec.paused }
  delete shown.apiVersion
  delete shown.kind
  const text = JSON.stringify(shown)
    .replace(UID, 'UID')
    .replace(/containerd:\/\/[0-9a-f]{64}/g, 'containerd://ID')
  return JSON.parse(text.replace(/"(\d{4}-\d\d-\d\dT[\d:]+Z)"/g, (_, time: string) => `"T+${seconds(time)}s"`))
}

const seconds = (time: string): number => (Date.parse(time) - START) / 1000
