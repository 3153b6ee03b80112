/**
 * Defaults that depend on siblings, by type: what is left of the pkg/apis/<group>/<version>/defaults.go files when the constants are taken
 * out. Fields of a kind's own are in its own function; below one root kind only: `root:model`.
 */

import { type Clock, formatTime } from '../clock.ts'
import { canonicalQuantity, formatQuantity, parseQuantity, roundUp } from '../quantity.ts'
import { emptied, keepEmptied } from './emptied.ts'
import { defaultImageTag } from './image-tag.ts'
import { podSpecDefaults } from './pod-defaults.ts'
import { servicePortDefaults, serviceSpecDefaults, serviceStatusDefaults } from './service-defaults.ts'

// biome-ignore lint/suspicious/noExplicitAny: fields of many kinds, read by name
export type Fields = Record<string, any>

/**
 * Answers the fields to set (undefined: to remove), or undefined when nothing is missing. `object` has the constants already, `given` is as
 * it came: constants of a struct with a rule that takes it are not put in by decoding. Changes neither.
 */
export type ConditionalDefault = (object: Fields, given: Fields, clock: Clock) => Fields | undefined

const CORE = 'io.k8s.api.core.v1'
const CRD = 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1'
const MAX_INT32 = 2 ** 31 - 1

const pullPolicy: ConditionalDefault = ({ image, imagePullPolicy }) =>
  imagePullPolicy ? undefined : { imagePullPolicy: pullPolicyFor(image ?? '') }

function pullPolicyFor(image: string): string {
  return defaultImageTag(image) === 'latest' ? 'Always' : 'IfNotPresent'
}

/** The alias serviceAccount follows serviceAccountName. */
const serviceAccountAlias: ConditionalDefault = ({ serviceAccountName, serviceAccount }) => {
  const name = serviceAccountName || serviceAccount
  return name === serviceAccountName && name === serviceAccount
    ? undefined
    : { serviceAccountName: name, serviceAccount: name }
}

/** podIP and podIPs say the same; podIP wins. */
const podAddresses: ConditionalDefault = ({ podIP, podIPs }) => {
  if (podIP) return podIPs?.[0]?.ip === podIP ? undefined : { podIPs: [{ ip: podIP }] }
  return podIPs?.length > 0 && podIPs[0].ip ? { podIP: podIPs[0].ip } : undefined
}

const volumeSource: ConditionalDefault = (volume) => {
  for (const field in volume) if (field !== 'name' && volume[field] !== undefined) return undefined
  return { emptyDir: {} }
}

const namespaceLabel: ConditionalDefault = ({ metadata }) => {
  const { name, labels } = metadata
  if (!name || labels?.['kubernetes.io/metadata.name'] === name) return undefined
  return withMetadata(metadata, { labels: sorted({ ...labels, 'kubernetes.io/metadata.name': name }) })
}

const limitRangeItem: ConditionalDefault = (item) => {
  const { type, max, min, default: limits, defaultRequest } = item
  if (type !== 'Container') return undefined
  const newLimits = { ...max, ...limits }
  const newRequests = { ...min, ...newLimits, ...defaultRequest }
  return unlessSame(item, { default: sortedOrAbsent(newLimits), defaultRequest: sortedOrAbsent(newRequests) })
}

const REPLICATION_ORDER = ['replicas', 'minReadySeconds', 'selector', 'template']

const replicationController: ConditionalDefault = ({ metadata, spec }) => {
  const labels = spec.template?.metadata?.labels
  if (isEmpty(labels)) return undefined
  const patch: Fields = {}
  if (isEmpty(spec.selector)) patch.spec = inOrder({ ...spec, selector: { ...labels } }, REPLICATION_ORDER)
  if (isEmpty(metadata.labels)) Object.assign(patch, withMetadata(metadata, { labels: { ...labels } }))
  return patch
}

const jobLabels: ConditionalDefault = ({ metadata, spec }) => {
  const labels = spec.template?.metadata?.labels
  return isEmpty(labels) || !isEmpty(metadata.labels) ? undefined : withMetadata(metadata, { labels: { ...labels } })
}

const jobSpec: ConditionalDefault = (spec, given) => {
  const patch: Fields = {}
  if (given.parallelism === undefined && given.completions === undefined) patch.completions = 1
  if (spec.backoffLimit === undefined) patch.backoffLimit = spec.backoffLimitPerIndex === undefined ? 6 : MAX_INT32
  if (spec.podReplacementPolicy === undefined) {
    patch.podReplacementPolicy = spec.podFailurePolicy ? 'Failed' : 'TerminatingOrFailed'
  }
  return patch
}

/** Its fields are only filled in when the strategy is a rolling one. */
function rollingUpdate(defaults: Fields): ConditionalDefault {
  return ({ type, rollingUpdate: given }) =>
    type === 'RollingUpdate' && given ? missing('rollingUpdate', given, defaults) : undefined
}

const statefulSetStrategy: ConditionalDefault = ({ type, rollingUpdate: set }, given) => {
  const parameters = set ?? (given.type ? undefined : {})
  return type === 'RollingUpdate' && parameters
    ? missing('rollingUpdate', parameters, { partition: 0, maxUnavailable: 1 }, !set)
    : undefined
}

function missing(field: string, given: Fields, defaults: Fields, always = false): Fields | undefined {
  const absent = Object.keys(defaults).some((name) => given[name] === undefined)
  return absent || always ? { [field]: { ...defaults, ...given } } : undefined
}

const policyTypes: ConditionalDefault = ({ policyTypes: given, egress }) => {
  if (given?.length > 0) return undefined
  return { policyTypes: egress?.length > 0 ? ['Ingress', 'Egress'] : ['Ingress'] }
}

const SCALE_UP: Fields[] = [
  { type: 'Pods', value: 4, periodSeconds: 15 },
  { type: 'Percent', value: 100, periodSeconds: 15 },
]
const SCALE_DOWN: Fields[] = [{ type: 'Percent', value: 100, periodSeconds: 15 }]

const scalingBehavior: ConditionalDefault = (behavior) =>
  unlessSame(behavior, {
    scaleUp: scalingRules(
      keepEmptied({ stabilizationWindowSeconds: 0, ...behavior.scaleUp }, behavior.scaleUp ?? {}),
      SCALE_UP,
    ),
    scaleDown: scalingRules(behavior.scaleDown, SCALE_DOWN),
  })

function scalingRules(given: Fields | undefined, policies: Fields[]): Fields {
  const { stabilizationWindowSeconds, selectPolicy = 'Max', policies: own, tolerance } = given ?? {}
  return {
    ...(stabilizationWindowSeconds === undefined ? {} : { stabilizationWindowSeconds }),
    selectPolicy,
    // An empty list was given: validation refuses it.
    ...(emptied(given, 'policies') === undefined ? { policies: own ?? policies.map((policy) => ({ ...policy })) } : {}),
    ...(tolerance === undefined ? {} : { tolerance }),
  }
}

const subjectGroup: ConditionalDefault = ({ kind, apiGroup }) =>
  !apiGroup && (kind === 'User' || kind === 'Group') ? { apiGroup: 'rbac.authorization.k8s.io' } : undefined

const customResourceNames: ConditionalDefault = ({ spec, status }) => {
  const { kind, singular, listKind } = spec.names
  const patch: Fields = {}
  if (!singular || (!listKind && kind)) {
    const names = {
      ...spec.names,
      singular: singular || kind.toLowerCase(),
      listKind: listKind || (kind ? `${kind}List` : undefined),
    }
    patch.spec = {
      ...spec,
      names: inOrder(names, ['plural', 'singular', 'shortNames', 'kind', 'listKind', 'categories']),
    }
  }
  const stored = spec.versions?.find((version: Fields) => version.storage)
  if (isEmpty(status?.storedVersions) && stored) patch.status = { ...status, storedVersions: [stored.name] }
  return patch
}

const CLAIM = { kind: 'PersistentVolumeClaim', apiVersion: 'v1' }

/** Claim templates name their kind, as older servers stored them; it is that whatever they say. */
const claimTemplates: ConditionalDefault = ({ volumeClaimTemplates: claims }) =>
  claims?.some((claim: Fields) => claim.kind !== CLAIM.kind || claim.apiVersion !== CLAIM.apiVersion)
    ? { volumeClaimTemplates: claims.map((claim: Fields) => ({ ...CLAIM, ...claim, ...CLAIM })) }
    : undefined

const METRICS_ANNOTATION = 'autoscaling.alpha.kubernetes.io/metrics'
const CPU_UTILIZATION = 80

/** The v1 form of the default metric of v2, in which these are stored. */
const cpuTarget: ConditionalDefault = ({ metadata, spec }) =>
  spec.targetCPUUtilizationPercentage === undefined && !metadata.annotations?.[METRICS_ANNOTATION]
    ? { spec: { ...spec, targetCPUUtilizationPercentage: CPU_UTILIZATION } }
    : undefined

export const CONDITIONAL_DEFAULTS: Record<string, ConditionalDefault | undefined> = {
  [`${CORE}.Container`]: pullPolicy,
  [`${CORE}.EphemeralContainer`]: pullPolicy,
  [`${CORE}.ImageVolumeSource`]: ({ reference, pullPolicy: given }) =>
    given ? undefined : { pullPolicy: pullPolicyFor(reference ?? '') },
  [`v1/Pod:${CORE}.PodSpec`]: podSpecDefaults,
  [`${CORE}.PodSpec`]: serviceAccountAlias,
  [`${CORE}.PodStatus`]: podAddresses,
  [`${CORE}.Volume`]: volumeSource,
  [`${CORE}.Namespace`]: namespaceLabel,
  [`${CORE}.NodeStatus`]: ({ capacity, allocatable }) =>
    capacity && !allocatable ? { allocatable: { ...capacity } } : undefined,
  [`${CORE}.LimitRangeItem`]: limitRangeItem,
  [`${CORE}.ReplicationController`]: replicationController,
  [`${CORE}.Service`]: serviceStatusDefaults,
  [`${CORE}.ServiceSpec`]: serviceSpecDefaults,
  [`${CORE}.ServicePort`]: servicePortDefaults,
  'batch/v1/Job:io.k8s.api.batch.v1.Job': jobLabels,
  'batch/v1/Job:io.k8s.api.batch.v1.JobSpec': jobSpec,
  'io.k8s.api.apps.v1.DeploymentStrategy': rollingUpdate({ maxUnavailable: '25%', maxSurge: '25%' }),
  'io.k8s.api.apps.v1.DaemonSetUpdateStrategy': rollingUpdate({ maxUnavailable: 1, maxSurge: 0 }),
  'io.k8s.api.apps.v1.StatefulSetUpdateStrategy': statefulSetStrategy,
  'io.k8s.api.apps.v1.StatefulSetSpec': claimTemplates,
  'io.k8s.api.autoscaling.v1.HorizontalPodAutoscaler': cpuTarget,
  'io.k8s.api.networking.v1.NetworkPolicySpec': policyTypes,
  'io.k8s.api.autoscaling.v2.HorizontalPodAutoscalerBehavior': scalingBehavior,
  'io.k8s.api.rbac.v1.Subject': subjectGroup,
  'io.k8s.api.resource.v1.DeviceTaint': ({ timeAdded }, _given, clock) =>
    timeAdded ? undefined : { timeAdded: formatTime(clock.now()) },
  [`${CRD}.CustomResourceDefinition`]: customResourceNames,
  // A conversion that is there says its strategy itself.
  [`${CRD}.CustomResourceDefinitionSpec`]: ({ conversion }, given) =>
    given['conversion'] ? undefined : { conversion: { ...conversion, strategy: 'None' } },
}

/** Amounts finer than a thousandth are rounded up. Of `100`, `500m` or `1Gi` it is plain that they are not. */
export function roundResourceList(value: unknown): unknown {
  const list = value as Record<string, string>
  let out: Record<string, string> | undefined
  for (const name in list) {
    if (!/[nue]/.test(list[name])) continue
    const rounded = canonicalQuantity(formatQuantity({ ...roundUp(parseQuantity(list[name]), -3), text: undefined }))
    if (rounded === list[name]) continue
    out ??= { ...list }
    out[name] = rounded
  }
  return out ?? list
}

/** For functions that make their fields anew each time. */
function unlessSame(object: Fields, patch: Fields): Fields | undefined {
  return Object.keys(patch).every((name) => JSON.stringify(object[name]) === JSON.stringify(patch[name]))
    ? undefined
    : patch
}

function isEmpty(value: object | undefined | null): boolean {
  return value === undefined || value === null || Object.keys(value).length === 0
}

function sorted<T>(map: Record<string, T>): Record<string, T> {
  return Object.fromEntries(Object.entries(map).sort(([a], [b]) => (a < b ? -1 : 1)))
}

function sortedOrAbsent(map: Fields): Fields | undefined {
  return isEmpty(map) ? undefined : sorted(map)
}

const METADATA_ORDER = [
  'name',
  'generateName',
  'namespace',
  'selfLink',
  'uid',
  'resourceVersion',
  'generation',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'labels',
  'annotations',
  'ownerReferences',
  'finalizers',
  'managedFields',
]

function withMetadata(metadata: Fields, more: Fields): Fields {
  return { metadata: inOrder({ ...metadata, ...more }, METADATA_ORDER) }
}

function inOrder(fields: Fields, names: string[]): Fields {
  const out: Fields = {}
  for (const name of names) if (fields[name] !== undefined) out[name] = fields[name]
  return out
}
