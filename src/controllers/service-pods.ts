/** What Endpoints and EndpointSlices have in common: which pods a Service leads to, on which ports. Mirrors endpointslice/util and endpointslice/utils.go. */
import { parseIp } from '../apimachinery/ip.ts'
import type { KubeObject } from '../apimachinery/meta.ts'
import type { Pod, Service, ServicePort } from '../types/core-v1.ts'
import type { ControllerContext, Key, Watch } from './controller.ts'
import { isPodReady, isPodTerminal } from './pods.ts'
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
    pod.status?.podIP !== old.status?.podIP ||
    pod.status?.phase !== old.status?.phase ||
    pod.spec?.nodeName !== old.spec?.nodeName ||
    isPodReady(pod) !== isPodReady(old)
  )
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

/** Remembers when pods and Services last changed, to say since when an endpoint is outdated. Mirrors endpointslice/util/trigger_time_tracker.go. */
export class TriggerTimes {
  readonly #known = new Map<string, { service: string; pods: Map<string, string> }>()

  /** RFC 3339, or undefined when nothing that has a time changed. */
  of(service: Service, pods: readonly Pod[]): string | undefined {
    const key = `${service.metadata.namespace}/${service.metadata.name}`
    const before = this.#known.get(key)
    const created = service.metadata.creationTimestamp ?? ''
    const times = new Map<string, string>()
    let earliest: string | undefined
    const consider = (time: string, old = ''): void => {
      if (time > old && (earliest === undefined || time < earliest)) earliest = time
    }
    for (const { metadata, status } of pods) {
      const time = status?.conditions?.find(({ type }) => type === 'Ready')?.lastTransitionTime
      if (!time) continue
      times.set(metadata.name ?? '', time)
      consider(time, before?.pods.get(metadata.name ?? ''))
    }
    consider(created, before?.service)
    this.#known.set(key, { service: created, pods: times })
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
