/** What Endpoints and EndpointSlices have in common: which pods a Service leads to, on which ports. Mirrors endpointslice/util and endpointslice/utils.go. */
import { parseIp } from '../apimachinery/ip.ts'
import type { KubeObject } from '../apimachinery/meta.ts'
import type { Pod, Service, ServicePort } from '../types/core-v1.ts'
import type { ControllerContext, Key, Watch } from './controller.ts'
import { isPodReady, isPodTerminal, readyCondition } from './pods.ts'
import { isSidecar } from './resources.ts'

/** `byIndex('label', 'namespace/key=value')`. */
export const podsByLabel = {
  label({ metadata }: KubeObject): string[] {
    return Object.entries(metadata.labels ?? {}).map(([key, value]) => labelValue(metadata.namespace, key, value))
  },
}

const labelValue = (namespace = '', key: string, value: string): string => `${namespace}/${key}=${value}`

/** A pod's change concerns the Services that selected it, or do now. */
export const servicesOfPod: Watch = {
  resource: 'pods',
  when: podMatters,
  keys(pod, context, old) {
    const services = context.lister<Service>('services').list(pod.metadata.namespace)
    return services
      .filter((service) => selects(service, pod) || (old !== undefined && selects(service, old)))
      .map(({ metadata }): Key => ({ namespace: metadata.namespace ?? '', name: metadata.name ?? '' }))
  },
}

function podMatters(object: KubeObject, before?: KubeObject): boolean {
  if (!before) return true
  const [pod, old] = [object as Pod, before as Pod]
  return (
    pod.metadata.labels !== old.metadata.labels ||
    pod.metadata.deletionTimestamp !== old.metadata.deletionTimestamp ||
    !sameAddresses(pod, old) ||
    pod.status?.phase !== old.status?.phase ||
    pod.spec?.nodeName !== old.spec?.nodeName ||
    isPodReady(pod) !== isPodReady(old)
  )
}

function sameAddresses({ status }: Pod, { status: old }: Pod): boolean {
  const [ips = [], before = []] = [status?.podIPs, old?.podIPs]
  return ips === before || (ips.length === before.length && ips.every(({ ip }, i) => ip === before[i].ip))
}

function selects({ spec }: Service, { metadata: { labels = {} } }: KubeObject): boolean {
  const selector = spec?.selector
  if (!selector) return false
  for (const key in selector) if (labels[key] !== selector[key]) return false
  return true
}

/** The pods that a Service selects, in a stable order. */
export function selectedPods(service: Service, context: ControllerContext): readonly Pod[] {
  const pods = context.lister<Pod>('pods')
  const namespace = service.metadata.namespace
  const selector = service.spec?.selector ?? {}
  const first = Object.keys(selector)[0]
  if (first === undefined) return pods.list(namespace)
  const found = pods.byIndex('label', labelValue(namespace, first, selector[first]))
  return found.filter((pod) => selects(service, pod))
}

/** Pods that are over or have no address lead nowhere; those that are going only where it is asked for. */
export function leadsSomewhere(pod: Pod, includeTerminating: boolean): boolean {
  const { metadata, status } = pod
  if (isPodTerminal(pod) || (!status?.podIP && !status?.podIPs?.length)) return false
  return includeTerminating || !metadata.deletionTimestamp
}

export function hostnameFor({ metadata, spec }: Pod, service: Service): string | undefined {
  const named = spec?.hostname && spec.subdomain === service.metadata.name
  return named && metadata.namespace === service.metadata.namespace ? spec.hostname : undefined
}

export const isHeadless = ({ spec }: Service): boolean => !spec?.clusterIP || spec.clusterIP === 'None'

/** The container port that a Service's port leads to in this pod, or undefined. */
export function portOf({ spec }: Pod, { targetPort, protocol = 'TCP', port }: ServicePort): number | undefined {
  if (typeof targetPort !== 'string') return targetPort || port
  if (/^\d+$/.test(targetPort)) return Number(targetPort)
  for (const container of [...(spec?.containers ?? []), ...(spec?.initContainers ?? []).filter(isSidecar)]) {
    const found = container.ports?.find((each) => each.name === targetPort && (each.protocol ?? 'TCP') === protocol)
    if (found) return found.containerPort
  }
  return undefined
}

/** A pod's addresses of one family. */
export function addressesOf({ status }: Pod, family: string): string[] {
  const ips = status?.podIPs?.map(({ ip }) => ip) ?? (status?.podIP ? [status.podIP] : [])
  return ips.filter((ip): ip is string => ip !== undefined && (parseIp(ip)?.v4 ? 'IPv4' : 'IPv6') === family)
}

export function familiesOf({ spec }: Service): string[] {
  if (spec?.ipFamilies?.length) return spec.ipFamilies
  if (!spec?.clusterIP || spec.clusterIP === 'None') return ['IPv4', 'IPv6']
  return [parseIp(spec.clusterIP)?.v4 === false ? 'IPv6' : 'IPv4']
}

/**
 * What follows from one Service and one pod, worked out once for each state of both: a Service of thousands of pods is reconciled at
 * every batch of them. Objects are immutable, so their identity is their state.
 */
export class PodMemo<T> {
  readonly #known = new WeakMap<Service, WeakMap<Pod, T>>()

  /** `make` may depend on nothing else that changes. */
  of(service: Service, pod: Pod, make: () => T): T {
    let pods = this.#known.get(service)
    if (!pods) {
      pods = new WeakMap()
      this.#known.set(service, pods)
    }
    let value = pods.get(pod)
    if (value === undefined) {
      value = make()
      pods.set(pod, value)
    }
    return value
  }
}

/** Remembers when pods and Services last changed, to say since when an endpoint is outdated. Mirrors endpointslice/util/trigger_time_tracker.go. */
export class TriggerTimes {
  /** Times by pod name; pods whose present state was looked at are not looked at again. */
  readonly #known = new Map<string, { service: string; pods: Map<string, string>; seen: WeakSet<Pod> }>()

  /** RFC 3339, or undefined when nothing that has a time changed. */
  of(service: Service, pods: readonly Pod[]): string | undefined {
    const key = `${service.metadata.namespace}/${service.metadata.name}`
    const known = this.#known.get(key) ?? { service: '', pods: new Map<string, string>(), seen: new WeakSet<Pod>() }
    this.#known.set(key, known)
    let earliest: string | undefined
    const consider = (time: string, old = ''): void => {
      if (time > old && (earliest === undefined || time < earliest)) earliest = time
    }
    for (const pod of pods) {
      if (known.seen.has(pod)) continue
      known.seen.add(pod)
      const time = readyCondition(pod)?.lastTransitionTime
      if (!time) continue
      const name = pod.metadata.name ?? ''
      consider(time, known.pods.get(name))
      known.pods.set(name, time)
    }
    const created = service.metadata.creationTimestamp ?? ''
    consider(created, known.service)
    known.service = created
    return earliest
  }

  forget({ namespace, name }: Key): void {
    this.#known.delete(`${namespace}/${name}`)
  }
}

export const TRIGGER_TIME = 'endpoints.kubernetes.io/last-change-trigger-time'

export function withTriggerTime(
  annotations: Record<string, string> | undefined,
  time: string | undefined,
): Record<string, string> | undefined {
  const { [TRIGGER_TIME]: _, ...others } = annotations ?? {}
  if (time) return { ...others, [TRIGGER_TIME]: time }
  return Object.keys(others).length > 0 ? others : undefined
}
