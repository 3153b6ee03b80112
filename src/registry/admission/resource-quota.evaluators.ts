/** What objects of a kind use of a quota. Mirrors pkg/quota/v1/evaluator/core and apiserver/pkg/quota/v1/generic. */
import type { DynamicObject } from '../../apimachinery/meta.ts'
import { parseResources, podResources, type Resources } from '../../apimachinery/pod-resources.ts'
import { newQuantity } from '../../apimachinery/quantity.ts'
import type { AdmissionRequest, RequestKind } from './plugin.ts'

export interface QuotaEvaluator {
  /** Whether the quota's resource is one that these objects use. */
  counts(resource: string): boolean
  usage(object: DynamicObject): Resources
  /** What an object must say when these resources are limited, or undefined. */
  missing?(resources: readonly string[], object: DynamicObject): string | undefined
  /** Whether a scope holds for the object; kinds without scopes are outside every quota that has one. */
  inScope?(scope: Scope, object: DynamicObject): boolean
}

interface Scope {
  scopeName: string
  operator: string
  values?: string[]
}

/** Written so often, or not stored, that they are not counted. */
const IGNORED = new Set([
  'bindings',
  'componentstatuses',
  'events',
  'events.events.k8s.io',
  'tokenreviews.authentication.k8s.io',
  'selfsubjectreviews.authentication.k8s.io',
  'subjectaccessreviews.authorization.k8s.io',
  'selfsubjectaccessreviews.authorization.k8s.io',
  'localsubjectaccessreviews.authorization.k8s.io',
  'selfsubjectrulesreviews.authorization.k8s.io',
])
/** Counted under their own name too, from before there were `count/` resources. */
const ALIASES = new Set(['configmaps', 'resourcequotas', 'replicationcontrollers', 'secrets'])
const ONE = newQuantity(1)

/** Grow by updates, too. */
const CHANGEABLE = new Set(['pods', 'services', 'persistentvolumeclaims'])

/** Whether such writes may be counted. */
export function isCounted({ groupResource, subresource, operation }: RequestKind): boolean {
  if (IGNORED.has(groupResource) || groupResource === 'namespaces') return false
  if (operation === 'CREATE') return subresource === ''
  const isDoor = subresource === '' || (groupResource === 'pods' && subresource === 'resize')
  return operation === 'UPDATE' && isDoor && CHANGEABLE.has(groupResource)
}

/** How a write that may be counted is counted; undefined: it is not. */
export function evaluatorOf({
  definition,
  operation,
  subresource,
  object,
  old,
}: AdmissionRequest): QuotaEvaluator | undefined {
  const { groupResource } = definition
  if (groupResource === 'pods') {
    if (operation === 'CREATE' || subresource === 'resize') return podEvaluator
    const moved = old !== undefined && isTerminating(object as DynamicObject) !== isTerminating(old as DynamicObject)
    return moved ? podEvaluator : undefined
  }
  if (groupResource === 'services') return serviceEvaluator
  if (groupResource === 'persistentvolumeclaims') return claimEvaluator
  return objectCount(groupResource)
}

/** How stored objects of a resource (`deployments.apps`) are counted; undefined: they are not. */
export function evaluatorFor(groupResource: string): QuotaEvaluator | undefined {
  if (IGNORED.has(groupResource)) return undefined
  if (groupResource === 'pods') return podEvaluator
  if (groupResource === 'services') return serviceEvaluator
  if (groupResource === 'persistentvolumeclaims') return claimEvaluator
  return objectCount(groupResource)
}

/** The quota's scopes all hold for the object. */
export function countsFor(quota: DynamicObject, object: DynamicObject, evaluator: QuotaEvaluator): boolean {
  const { scopes = [], scopeSelector } = quota['spec']
  const all: Scope[] = [
    ...scopes.map((scopeName: string) => ({ scopeName, operator: 'Exists' })),
    ...(scopeSelector?.matchExpressions ?? []),
  ]
  return all.every((scope) => evaluator.inScope?.(scope, object) === true)
}

function objectCount(groupResource: string): QuotaEvaluator {
  const names = [`count/${groupResource}`, ...(ALIASES.has(groupResource) ? [groupResource] : [])]
  return {
    counts: (resource) => names.includes(resource),
    usage: () => Object.fromEntries(names.map((name) => [name, ONE])),
  }
}

const POD_RESOURCES = new Set([
  'count/pods',
  'pods',
  ...['cpu', 'memory', 'ephemeral-storage'].flatMap((name) => [name, `requests.${name}`, `limits.${name}`]),
])
/** A container must say these itself when they are limited. */
const REQUIRED = new Set(['cpu', 'memory', 'requests.cpu', 'requests.memory', 'limits.cpu', 'limits.memory'])

interface Container {
  name: string
  resources?: { requests?: Record<string, string>; limits?: Record<string, string> }
}

const podEvaluator: QuotaEvaluator = {
  counts: (resource) =>
    POD_RESOURCES.has(resource) || /^(requests\.)?hugepages-/.test(resource) || /^requests\..*\//.test(resource),
  usage(pod) {
    const phase = pod['status']?.phase
    if (phase === 'Failed' || phase === 'Succeeded') return { 'count/pods': ONE }
    const { spec } = pod
    const usage = usageOf(podResources(spec, 'requests'), podResources(spec, 'limits'))
    return { 'count/pods': ONE, pods: ONE, ...usage }
  },
  missing(resources, { spec }) {
    if (spec.resources?.requests || spec.resources?.limits) return undefined
    const required = resources.filter((name) => REQUIRED.has(name)).sort()
    const lacking = required.flatMap((name) => {
      const containers: Container[] = [...(spec.containers ?? []), ...(spec.initContainers ?? [])]
      const without = containers.filter((container) => ownUsage(container)[name] === undefined)
      return without.length > 0
        ? [
            `${name} for: ${without
              .map((container) => container.name)
              .sort()
              .join(',')}`,
          ]
        : []
    })
    return lacking.length > 0 ? `must specify ${lacking.join('; ')}` : undefined
  },
  inScope: podInScope,
}

const ownUsage = ({ resources }: Container): Resources =>
  usageOf(parseResources(resources?.requests), parseResources(resources?.limits))

function usageOf(requests: Resources, limits: Resources): Resources {
  const usage: Resources = {}
  for (const [name, amount] of Object.entries(requests)) {
    const plain = POD_RESOURCES.has(name) || name.startsWith('hugepages-')
    if (plain) usage[name] = amount
    if (plain || name.includes('/')) usage[`requests.${name}`] = amount
  }
  for (const [name, amount] of Object.entries(limits)) {
    if (POD_RESOURCES.has(`limits.${name}`)) usage[`limits.${name}`] = amount
  }
  return usage
}

const isTerminating = ({ spec }: DynamicObject): boolean => (spec.activeDeadlineSeconds ?? -1) >= 0

function podInScope({ scopeName, operator, values = [] }: Scope, pod: DynamicObject): boolean {
  switch (scopeName) {
    case 'Terminating':
      return isTerminating(pod)
    case 'NotTerminating':
      return !isTerminating(pod)
    case 'BestEffort':
      return isBestEffort(pod)
    case 'NotBestEffort':
      return !isBestEffort(pod)
    case 'PriorityClass':
      return matches(pod['spec'].priorityClassName || undefined, operator, values)
    case 'CrossNamespacePodAffinity':
      return crossesNamespaces(pod)
    default:
      return false
  }
}

function matches(value: string | undefined, operator: string, values: readonly string[]): boolean {
  if (operator === 'Exists') return value !== undefined
  if (operator === 'DoesNotExist') return value === undefined
  const found = value !== undefined && values.includes(value)
  return operator === 'In' ? found : !found
}

function isBestEffort({ spec }: DynamicObject): boolean {
  const whole = { ...podResources(spec, 'requests'), ...podResources(spec, 'limits') }
  return whole['cpu'] === undefined && whole['memory'] === undefined
}

function crossesNamespaces({ spec }: DynamicObject): boolean {
  const { podAffinity, podAntiAffinity } = spec.affinity ?? {}
  return [podAffinity, podAntiAffinity].some((affinity) => {
    const required: DynamicObject['spec'][] = affinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []
    const preferred: DynamicObject['spec'][] = affinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []
    const terms = [...required, ...preferred.map(({ podAffinityTerm }) => podAffinityTerm)]
    return terms.some((term) => (term?.namespaces?.length ?? 0) > 0 || term?.namespaceSelector !== undefined)
  })
}

const serviceEvaluator: QuotaEvaluator = {
  counts: (resource) =>
    ['count/services', 'services', 'services.nodeports', 'services.loadbalancers'].includes(resource),
  usage({ spec }) {
    const usage: Resources = { 'count/services': ONE, services: ONE }
    const ports: { nodePort?: number }[] = spec.ports ?? []
    const allocates = spec.type === 'LoadBalancer' && spec.allocateLoadBalancerNodePorts !== false
    const assigned = ports.filter(({ nodePort }) => nodePort).length
    if (spec.type === 'NodePort' || allocates) usage['services.nodeports'] = newQuantity(ports.length)
    else if (spec.type === 'LoadBalancer') usage['services.nodeports'] = newQuantity(assigned)
    if (spec.type === 'LoadBalancer') usage['services.loadbalancers'] = ONE
    return usage
  },
}

const claimEvaluator: QuotaEvaluator = {
  counts: (resource) =>
    ['count/persistentvolumeclaims', 'persistentvolumeclaims', 'requests.storage'].includes(resource) ||
    /\.storageclass\.storage\.k8s\.io\/(requests\.storage|persistentvolumeclaims)$/.test(resource),
  usage({ spec }) {
    const storage = parseResources(spec.resources?.requests)['storage']
    const usage: Resources = { 'count/persistentvolumeclaims': ONE, persistentvolumeclaims: ONE }
    if (storage) usage['requests.storage'] = storage
    if (!spec.storageClassName) return usage
    const prefix = `${spec.storageClassName}.storageclass.storage.k8s.io`
    usage[`${prefix}/persistentvolumeclaims`] = ONE
    if (storage) usage[`${prefix}/requests.storage`] = storage
    return usage
  },
}
