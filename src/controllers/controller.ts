/** What a controller is: one file and one row of controllers.ts. Mirrors controller-runtime's contract. */
import type { Clock } from '../apimachinery/clock.ts'
import type { Logger } from '../apimachinery/logger.ts'
import type { KubeObject } from '../apimachinery/meta.ts'
import type { Random } from '../apimachinery/random.ts'
import type { ExpressionWarning } from '../types/admissionregistration-v1.ts'
import type { Pod } from '../types/core-v1.ts'
import type { Client, ResourceName, ServedResource } from './client.ts'

/** Names the root object of one reconcile; namespace is '' for cluster scope. */
export interface Key {
  namespace: string
  name: string
}

export interface Result {
  /** Reconcile the key again after this long. */
  requeueAfterMs?: number
}

/** Reads a controller's informers. Always up to date with storage when a reconcile starts. Objects are shared: never change one. */
export interface Lister<T extends KubeObject = KubeObject> {
  get(namespace: string, name: string): T | undefined
  /** All, or those of a namespace; in no particular order but a stable one. */
  list(namespace?: string): readonly T[]
  /** Objects whose controller reference (controller: true) has this uid. Indexed. */
  ownedBy(uid: string): readonly T[]
  /** Objects under a value of a named index declared by the controller. */
  byIndex(index: string, value: string): readonly T[]
}

/** Records Events (the resource) with upstream's aggregation: same source, object, reason and message raise `count`. */
export interface Recorder {
  event(about: KubeObject, type: 'Normal' | 'Warning', reason: string, message: string, details?: EventDetails): void
}

export interface EventDetails {
  /** `spec.containers{web}`: the part of the object that is meant. */
  fieldPath?: string
  /** `source.host`: the node that a kubelet speaks for. */
  host?: string
  /** Makes an Event of the newer form, as the scheduler does: with an action and an eventTime, without source and count. */
  action?: string
  /** Who speaks, if not the controller's component: a scheduler has several names. */
  component?: string
}

/** Pods that run whatever the API server says. */
export interface StaticPods {
  /** What is there now, without what cannot be read. */
  read(): readonly Pod[]
  /** Called when something may have changed. */
  onChange(callback: () => void): void
  close(): void
}

/** What controllers must know of the cluster as a whole. */
export interface ControllerSettings {
  /** PEM that kube-root-ca.crt holds. Made when first asked for. */
  rootCa(): Promise<string>
  /** What a certificate request (PEM) asks for. Rejects when it is none. */
  readRequest(pem: string): Promise<{ commonName: string; organizations: string[]; nameTypes: string[] }>
  /** A certificate of the cluster's authority for the request, as PEM. */
  signRequest(pem: string, usages: readonly string[], durationMs: number): Promise<string>
  /** A token of the cluster's key with these claims and no other. */
  signToken(claims: Record<string, unknown>): Promise<string>
  /** Objects up to this revision are as the controllers left them in a run that this one continues; 0: there was none. */
  settledRevision: number
  /** `10.244.0.0/16`, or two of different families: nodes get a part of each. */
  podCidr: string
  /** Addresses of Services: no part of theirs is a node's. */
  serviceCidr: string
  kubernetesVersion: string
  /** Stages are played. */
  stages: boolean
  /** A folder of manifests that kubelets run by themselves. */
  staticPods?: StaticPods
  /** A KubeSchedulerConfiguration, or its text; absent: the scheduler's defaults. */
  schedulerConfiguration?: string | object
  /** What the quota's namespace has in use of what it limits, counted now. */
  quotaUsage(quota: KubeObject): Record<string, string>
  /** What the policy's expressions have against the types that it is for. */
  policyWarnings(policy: KubeObject): ExpressionWarning[]
}

export interface ControllerContext {
  client: Client
  settings: ControllerSettings
  /** Throws for what the controller does not read, or nobody serves. */
  lister<T extends KubeObject>(resource: ResourceName): Lister<T>
  /** Whether `lister` has it now: custom resources come and go. */
  isServed(resource: ResourceName): boolean
  recorder: Recorder
  clock: Clock
  random: Random
  logger: Logger
  /** Asks for a reconcile of a key, at once or after a while: for controllers that time things. */
  enqueue(key: Key, afterMs?: number): void
  resources(): ServedResource[]
  /** The served resource of a kind, whatever the version, or undefined. Indexed. */
  resourceFor(apiVersion: string, kind: string): ServedResource | undefined
}

/** What happened to the object that a watch maps to keys. Shared: never change it. */
export interface Change {
  type: 'added' | 'updated' | 'deleted'
  resource: ResourceName
}

export interface Watch {
  /** `*`: every resource that can be listed and watched, but Events. */
  resource: ResourceName
  /** Keys of the root objects that a change of `object` concerns. `old` is there on updates. Pure but for lister reads. */
  keys(object: KubeObject, context: ControllerContext, old: KubeObject | undefined, change: Change): Key[]
  /** Skip changes that cannot matter. */
  when?(object: KubeObject, old?: KubeObject): boolean
  /**
   * What a new cluster begins with needs no look: the reconciler has nothing to do there, keeps nothing of it in memory, and waits for no time.
   * Until something changes, or somebody looks, a resource that all want so is not even read.
   */
  changesOnly?: boolean
}

export interface ControllerDefinition {
  /** As in `--controllers`: `replicaset`. Events and fields are written under upstream's component name. */
  name: string
  /** Source component of Events: `replicaset-controller`. */
  component: string
  /** Root resource: each of its changes enqueues its own key. Absent for controllers that only have `watches`. */
  for?: ResourceName
  /** Resources whose controller owner is a root object: their changes enqueue the owner. */
  owns?: ResourceName[]
  watches?: Watch[]
  /** Further resources the reconciler lists without being triggered by them. */
  reads?: ResourceName[]
  /** Indexes over resources (`*`: all that `*` watches): name -> values of an object. Names are shared: same name, same meaning. */
  indexes?: Record<ResourceName, Record<string, (object: KubeObject) => string[]>>
  /** The key that goes before all others, however many are ready: what must not be late. */
  urgent?: Key
  /**
   * Brings the world one step towards what the root object wants. Level-based: reads state, is never told which event came. A throw is a retry
   * with back-off (a Conflict: at once). The root being gone is not an error. At most one at a time for a key.
   */
  reconcile(key: Key, context: ControllerContext): Promise<Result | void> | Result | void
}

/** Types the definition; adds nothing. */
export function defineController(definition: ControllerDefinition): ControllerDefinition {
  return definition
}
