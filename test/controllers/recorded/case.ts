/** Cases of controllers that are played twice: against the real kube-controller-manager, once, and against KubEmu, in every run of the tests. */
import type { DynamicObject } from '../../../src/apimachinery/meta.ts'

/** A JSON merge patch of one object. */
export interface Patch {
  resource: string
  name: string
  subresource?: 'status'
  merge: object
}

/** What is done, mostly one member a step; everything settles after each. `NOW` in a patch is the time of the step. */
export interface Step {
  create?: DynamicObject | DynamicObject[]
  /** JSON merge patches. */
  patch?: Patch | Patch[]
  /** The same patch for pods, named by their aliases (`web-POD1`), all when absent. */
  pods?: { names?: string[]; status?: object; merge?: object; spec?: object }
  /** `name` may be an alias. Pods: `gone` ends them at once, as a kubelet does when the containers have stopped. */
  delete?: { resource: string; name: string; propagationPolicy?: string; gone?: boolean }
  /** Binds pods to a node, as a scheduler does. */
  bind?: { name: string; node: string }
  /** Replaces the status of the named CSR's approval, and the like: a PUT to a subresource. */
  put?: { resource: string; name: string; subresource: string; object: object }
  /** What a metrics server would say of pods, from now on. */
  metrics?: Metrics
  /** Evicts a pod; a refusal is an answer, too. */
  evict?: string
  seconds?: number
}

/** By alias of the pod: quantities by resource. */
export type Metrics = Record<string, Record<string, string>>

export interface Case {
  /** What the case shows, as a sentence. Unique in its suite. */
  title: string
  steps: Step[]
}

export interface Suite {
  name: string
  /** KubEmu's controllers that take part. */
  controllers: string[]
  /** Components whose Events are compared. */
  components: string[]
  /** Resources that are compared after each step. */
  shows: string[]
  /** Resources that are looked at for their names and uids only. */
  sees?: string[]
  /** Objects without a namespace that all cases share: they are there before, and stay as they are. */
  shares?: DynamicObject[]
  /** Objects of the real cluster's own: not compared, and not deleted. */
  omits?: string[]
  /** Parts of objects that say who asked. */
  hides?: string[]
  /** Seconds that pass in KubEmu after each step: what looks now and then has looked by then. */
  settleSeconds?: number
  /** How often the real controllers repeat an Event depends on their timers, or on chance. */
  ignoresCounts?: boolean
  /** Which of several pods that are alike is deleted first is chance: pods have no numbers in Events. */
  alikePods?: boolean
  /** How long nothing may happen before a real cluster counts as settled. */
  quietMs: number
  /** Cases that share objects without a namespace are recorded one after the other. */
  exclusive?: boolean
  /** Resources without a namespace that are deleted after each recording. */
  cleans?: string[]
  /** Other networks than a cluster has by default: the flags `--service-cluster-ip-range` and `--cluster-cidr` of the real one. */
  networks?: { serviceCidr?: string; podCidr?: string }
  /** Admission plug-ins that are off, here and in the real cluster (besides ServiceAccount). */
  withoutAdmission?: string[]
  cases: Case[]
}

/** What is there after a step: what changed since the step before, and Events since then. */
export type Snapshot = Record<string, Record<string, unknown> | string[]>

/** A cluster to play a case against. */
export interface Stage {
  readonly namespace: string
  now(): number
  create(object: DynamicObject): Promise<void>
  list(resource: string): Promise<DynamicObject[]>
  patch(resource: string, name: string, merge: object, subresource?: string): Promise<void>
  put(resource: string, name: string, subresource: string, object: object): Promise<void>
  delete(resource: string, name: string, options: object): Promise<void>
  bind(pod: string, node: string): Promise<void>
  measure(pod: string, usage: Record<string, string>): Promise<void>
  evict(pod: string): Promise<void>
  pass(seconds: number): Promise<void>
  settle(): Promise<void>
}

/** Where a kind is served. */
export const KINDS: Record<string, { resource: string; prefix: string; namespaced: boolean }> = {
  Pod: { resource: 'pods', prefix: '/api/v1', namespaced: true },
  Node: { resource: 'nodes', prefix: '/api/v1', namespaced: false },
  Event: { resource: 'events', prefix: '/api/v1', namespaced: true },
  ValidatingAdmissionPolicy: {
    resource: 'validatingadmissionpolicies.admissionregistration.k8s.io',
    prefix: '/apis/admissionregistration.k8s.io/v1',
    namespaced: false,
  },
  CustomResourceDefinition: {
    resource: 'customresourcedefinitions.apiextensions.k8s.io',
    prefix: '/apis/apiextensions.k8s.io/v1',
    namespaced: false,
  },
  ServiceCIDR: {
    resource: 'servicecidrs.networking.k8s.io',
    prefix: '/apis/networking.k8s.io/v1',
    namespaced: false,
  },
  IPAddress: {
    resource: 'ipaddresses.networking.k8s.io',
    prefix: '/apis/networking.k8s.io/v1',
    namespaced: false,
  },
  Service: { resource: 'services', prefix: '/api/v1', namespaced: true },
  PersistentVolume: { resource: 'persistentvolumes', prefix: '/api/v1', namespaced: false },
  PersistentVolumeClaim: { resource: 'persistentvolumeclaims', prefix: '/api/v1', namespaced: true },
  VolumeAttachment: {
    resource: 'volumeattachments.storage.k8s.io',
    prefix: '/apis/storage.k8s.io/v1',
    namespaced: false,
  },
  ReplicationController: { resource: 'replicationcontrollers', prefix: '/api/v1', namespaced: true },
  Deployment: { resource: 'deployments.apps', prefix: '/apis/apps/v1', namespaced: true },
  ReplicaSet: { resource: 'replicasets.apps', prefix: '/apis/apps/v1', namespaced: true },
  StatefulSet: { resource: 'statefulsets.apps', prefix: '/apis/apps/v1', namespaced: true },
  DaemonSet: { resource: 'daemonsets.apps', prefix: '/apis/apps/v1', namespaced: true },
  ControllerRevision: { resource: 'controllerrevisions.apps', prefix: '/apis/apps/v1', namespaced: true },
  Job: { resource: 'jobs.batch', prefix: '/apis/batch/v1', namespaced: true },
  CronJob: { resource: 'cronjobs.batch', prefix: '/apis/batch/v1', namespaced: true },
  StorageClass: { resource: 'storageclasses.storage.k8s.io', prefix: '/apis/storage.k8s.io/v1', namespaced: false },
  CSIDriver: { resource: 'csidrivers.storage.k8s.io', prefix: '/apis/storage.k8s.io/v1', namespaced: false },
  CSINode: { resource: 'csinodes.storage.k8s.io', prefix: '/apis/storage.k8s.io/v1', namespaced: false },
  CSIStorageCapacity: {
    resource: 'csistoragecapacities.storage.k8s.io',
    prefix: '/apis/storage.k8s.io/v1',
    namespaced: true,
  },
  ...Object.fromEntries(
    [
      { kind: 'DeviceClass', resource: 'deviceclasses' },
      { kind: 'ResourceSlice', resource: 'resourceslices' },
      { kind: 'DeviceTaintRule', resource: 'devicetaintrules' },
      { kind: 'ResourceClaim', resource: 'resourceclaims' },
    ].map(({ kind, resource }) => [
      kind,
      {
        resource: `${resource}.resource.k8s.io`,
        prefix: '/apis/resource.k8s.io/v1',
        namespaced: kind === 'ResourceClaim',
      },
    ]),
  ),
  PriorityClass: {
    resource: 'priorityclasses.scheduling.k8s.io',
    prefix: '/apis/scheduling.k8s.io/v1',
    namespaced: false,
  },
  HorizontalPodAutoscaler: {
    resource: 'horizontalpodautoscalers.autoscaling',
    prefix: '/apis/autoscaling/v2',
    namespaced: true,
  },
  CertificateSigningRequest: {
    resource: 'certificatesigningrequests.certificates.k8s.io',
    prefix: '/apis/certificates.k8s.io/v1',
    namespaced: false,
  },
  ResourceClaim: {
    resource: 'resourceclaims.resource.k8s.io',
    prefix: '/apis/resource.k8s.io/v1',
    namespaced: true,
  },
  ResourceClaimTemplate: {
    resource: 'resourceclaimtemplates.resource.k8s.io',
    prefix: '/apis/resource.k8s.io/v1',
    namespaced: true,
  },
  ConfigMap: { resource: 'configmaps', prefix: '/api/v1', namespaced: true },
  Secret: { resource: 'secrets', prefix: '/api/v1', namespaced: true },
  ServiceAccount: { resource: 'serviceaccounts', prefix: '/api/v1', namespaced: true },
  ResourceQuota: { resource: 'resourcequotas', prefix: '/api/v1', namespaced: true },
  Endpoints: { resource: 'endpoints', prefix: '/api/v1', namespaced: true },
  EndpointSlice: {
    resource: 'endpointslices.discovery.k8s.io',
    prefix: '/apis/discovery.k8s.io/v1',
    namespaced: true,
  },
  PodDisruptionBudget: {
    resource: 'poddisruptionbudgets.policy',
    prefix: '/apis/policy/v1',
    namespaced: true,
  },
}

export const RESOURCES = new Map(Object.values(KINDS).map((row) => [row.resource, row]))

type Status = Record<string, unknown>

/** Statuses that a kubelet would write. */
export const pod = {
  running: (): Status => ({ phase: 'Running', startTime: 'NOW', conditions: [ready('False')] }),
  ready: (): Status => ({ phase: 'Running', startTime: 'NOW', conditions: [ready('True')] }),
  succeeded: (): Status => ended('Succeeded', 0),
  failed: (exitCode = 1, conditions: object[] = []): Status => ended('Failed', exitCode, conditions),
}

function ready(status: string): object {
  return { type: 'Ready', status, lastTransitionTime: 'NOW' }
}

function ended(phase: string, exitCode: number, conditions: object[] = []): Status {
  const terminated = { exitCode, startedAt: 'NOW', finishedAt: 'NOW' }
  const container = {
    name: 'main',
    state: { terminated },
    ready: false,
    restartCount: 0,
    image: 'busybox',
    imageID: '',
  }
  return { phase, conditions: [ready('False'), ...conditions], containerStatuses: [container] }
}
