/** Metrics that nobody measured: annotations say what they are. Mirrors pkg/controller/podautoscaler/metrics/client.go. */
import type { KubeObject, LabelSelector } from '../../apimachinery/meta.ts'
import { parseQuantity, quantityMilliValue } from '../../apimachinery/quantity.ts'
import type { Pod } from '../../types/core-v1.ts'
import type { ControllerContext } from '../controller.ts'

/** `metrics.kubemu.dev/cpu: 250m`, `metrics.kubemu.dev/cpu.sidecar: 10m`, `metrics.kubemu.dev/requests-per-second: "30"`. */
const PREFIX = 'metrics.kubemu.dev/'

/** Milli-units by the names of pods. */
export type PodMetrics = Map<string, number>

function metricOf({ metadata }: KubeObject, name: string): number | undefined {
  const text = metadata.annotations?.[PREFIX + name]
  return text === undefined ? undefined : quantityMilliValue(parseQuantity(text))
}

/**
 * What the pods, or one container of each, use; pods that have other metrics only are left out. Throws when none has any, as when a metrics
 * server knows nothing of them.
 */
export function resourceMetric(pods: readonly Pod[], resource: string, container: string): PodMetrics {
  if (!pods.some(isMeasured)) throw new Error('no metrics returned from resource metrics API')
  const metrics: PodMetrics = new Map()
  for (const pod of pods) {
    const value = container === '' ? podUsage(pod, resource) : containerUsage(pod, resource, container)
    if (value !== undefined) metrics.set(pod.metadata.name ?? '', value)
  }
  return metrics
}

function isMeasured({ metadata }: Pod): boolean {
  return Object.keys(metadata.annotations ?? {}).some((key) => key.startsWith(PREFIX))
}

/** Milli-units; undefined: nothing is said of it. Throws 400 on what is no quantity. */
export function podUsage(pod: Pod, resource: string): number | undefined {
  return metricOf(pod, resource) ?? sumOfContainers(pod, resource)
}

/** As podUsage. What a pod uses is what its only container uses. */
export function containerUsage(pod: Pod, resource: string, container: string): number | undefined {
  const containers = pod.spec?.containers ?? []
  const only = containers.length === 1 && containers[0].name === container
  return metricOf(pod, `${resource}.${container}`) ?? (only ? metricOf(pod, resource) : undefined)
}

function sumOfContainers(pod: Pod, resource: string): number | undefined {
  const values = (pod.spec?.containers ?? []).map(({ name }) => metricOf(pod, `${resource}.${name}`))
  const known = values.filter((value) => value !== undefined)
  return known.length === 0 ? undefined : known.reduce((sum, value) => sum + value, 0)
}

/** A metric that each of the pods has. */
export function podsMetric(pods: readonly Pod[], name: string): PodMetrics {
  const metrics: PodMetrics = new Map()
  for (const pod of pods) {
    const value = metricOf(pod, name)
    if (value !== undefined) metrics.set(pod.metadata.name ?? '', value)
  }
  if (metrics.size > 0) return metrics
  throw new Error(
    'unable to fetch metrics from custom metrics API: no custom metrics API (custom.metrics.k8s.io) registered',
  )
}

/** A metric of one object: the annotation is on it. */
export async function objectMetric(
  namespace: string,
  ref: { apiVersion?: string; kind: string; name: string },
  name: string,
  { client, resourceFor }: ControllerContext,
): Promise<number> {
  const resource = resourceFor(ref.apiVersion ?? 'v1', ref.kind)
  const missing = 'no custom metrics API (custom.metrics.k8s.io) registered'
  if (!resource) throw new Error(`unable to fetch metrics from custom metrics API: ${missing}`)
  const value = metricOf(await client.get(resource.name, resource.namespaced ? namespace : '', ref.name), name)
  if (value === undefined) throw new Error(`unable to fetch metrics from custom metrics API: ${missing}`)
  return value
}

/** A metric of something outside: the annotation is on the namespace. Labels of such metrics are not told apart. */
export function externalMetric(
  namespace: string,
  name: string,
  _selector: LabelSelector | undefined,
  { lister }: ControllerContext,
): number {
  const object = lister('namespaces').get('', namespace)
  const value = object && metricOf(object, name)
  if (value !== undefined) return value
  const missing = 'no external metrics API (external.metrics.k8s.io) registered'
  throw new Error(`unable to fetch metrics from external metrics API: ${missing}`)
}
