/** HorizontalPodAutoscaler v1 <-> v2: what v1 has no field for goes through annotations. Mirrors pkg/apis/autoscaling/v1/conversion.go. */
import { marshal } from '../../apimachinery/go-text.ts'
import type { DynamicObject } from '../../apimachinery/meta.ts'
import { sourceFromV1, sourceToV1, statusFromV1, statusToV1 } from './conversion.metrics.ts'

type Fields = DynamicObject['spec']

const PREFIX = 'autoscaling.alpha.kubernetes.io/'
const METRICS = `${PREFIX}metrics`
const CURRENT_METRICS = `${PREFIX}current-metrics`
const CONDITIONS = `${PREFIX}conditions`
const BEHAVIOR = `${PREFIX}behavior`
const ROUND_TRIP = [METRICS, CURRENT_METRICS, CONDITIONS, BEHAVIOR]

const isCpuUtilization = (metric: Fields): boolean =>
  metric.type === 'Resource' &&
  metric.resource?.name === 'cpu' &&
  metric.resource.target?.averageUtilization !== undefined

const isCpuStatus = (metric: Fields): boolean =>
  metric.type === 'Resource' &&
  metric.resource?.name === 'cpu' &&
  metric.resource.current?.averageUtilization !== undefined

/** The v1 view of a stored v2 object. */
export function autoscalerToV1(stored: DynamicObject): DynamicObject {
  const { metrics, behavior, ...spec } = stored['spec']
  const { currentMetrics, conditions, ...status } = stored['status'] ?? {}
  const annotations = withoutRoundTrip(stored.metadata.annotations) ?? {}
  const others: Fields[] = (metrics ?? []).filter((metric: Fields) => !isCpuUtilization(metric))
  if (others.length > 0) annotations[METRICS] = marshal(others.map(sourceToV1))
  if (currentMetrics?.length) annotations[CURRENT_METRICS] = marshal(currentMetrics.map(statusToV1))
  if (behavior) annotations[BEHAVIOR] = marshal(internalBehavior(behavior))
  if (conditions?.length) annotations[CONDITIONS] = marshal(conditions)
  const utilization = metrics?.find(isCpuUtilization)?.resource.target.averageUtilization
  const current = currentMetrics?.find(isCpuStatus)?.resource.current.averageUtilization
  return {
    ...stored,
    apiVersion: 'autoscaling/v1',
    metadata: withAnnotations(stored, annotations),
    spec: { ...spec, ...(utilization === undefined ? {} : { targetCPUUtilizationPercentage: utilization }) },
    status: {
      ...status,
      currentReplicas: status.currentReplicas ?? 0,
      desiredReplicas: status.desiredReplicas ?? 0,
      ...(current === undefined ? {} : { currentCPUUtilizationPercentage: current }),
    },
  }
}

/** The v2 object that a v1 body says. Annotations that do not parse are left out, as upstream does. */
export function autoscalerFromV1(view: DynamicObject): DynamicObject {
  const { targetCPUUtilizationPercentage: utilization, ...spec } = view['spec']
  const { currentCPUUtilizationPercentage: _, currentReplicas, ...status } = view['status'] ?? {}
  const annotations = view.metadata.annotations ?? {}
  const metrics = parseList(annotations[METRICS])?.map(sourceFromV1) ?? []
  if (utilization !== undefined) metrics.push(cpuMetric(utilization))
  const currentMetrics = parseList(annotations[CURRENT_METRICS])?.map(statusFromV1)
  const conditions = parseList(annotations[CONDITIONS])
  const behavior = externalBehavior(parse(annotations[BEHAVIOR]))
  return {
    ...view,
    apiVersion: 'autoscaling/v2',
    metadata: withAnnotations(view, withoutRoundTrip(view.metadata.annotations) ?? {}),
    spec: {
      ...spec,
      // A v1 object without any metric gets v2's default.
      metrics: metrics.length > 0 ? metrics : [cpuMetric(80)],
      ...(behavior ? { behavior } : {}),
    },
    status: {
      ...(currentReplicas ? { currentReplicas } : {}),
      ...status,
      currentMetrics: currentMetrics ?? null,
      ...(conditions ? { conditions } : {}),
    },
  }
}

const cpuMetric = (averageUtilization: number): Fields => ({
  type: 'Resource',
  resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization } },
})

function withoutRoundTrip(annotations: Record<string, string> | undefined): Record<string, string> | undefined {
  if (!annotations) return undefined
  return Object.fromEntries(Object.entries(annotations).filter(([name]) => !ROUND_TRIP.includes(name)))
}

function withAnnotations(object: DynamicObject, annotations: Record<string, string>): DynamicObject['metadata'] {
  const { annotations: _, ...metadata } = object.metadata
  return Object.keys(annotations).length > 0 ? { ...metadata, annotations } : metadata
}

function parse(text: string | undefined): Fields {
  if (text === undefined) return undefined
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function parseList(text: string | undefined): Fields[] | undefined {
  const list = parse(text)
  return Array.isArray(list) ? list : undefined
}

const capital = (name: string): string => name.charAt(0).toUpperCase() + name.slice(1)
const small = (name: string): string => name.charAt(0).toLowerCase() + name.slice(1)

/** The behaviour annotation holds upstream's internal struct: names of Go fields, absent ones as null. */
function internalBehavior(behavior: Fields): Fields {
  const rules = (side: Fields): Fields =>
    side
      ? {
          StabilizationWindowSeconds: side.stabilizationWindowSeconds ?? null,
          SelectPolicy: side.selectPolicy ?? null,
          Policies: side.policies?.map((policy: Fields) => mapKeys(policy, capital)) ?? null,
          Tolerance: side.tolerance ?? null,
        }
      : null
  return { ScaleUp: rules(behavior.scaleUp), ScaleDown: rules(behavior.scaleDown) }
}

function externalBehavior(behavior: Fields): Fields {
  if (typeof behavior !== 'object' || behavior === null) return undefined
  return mapKeys(behavior, small, (side) =>
    mapKeys(side, small, (value) => (Array.isArray(value) ? value.map((policy) => mapKeys(policy, small)) : value)),
  )
}

function mapKeys(fields: Fields, rename: (name: string) => string, inside = (value: Fields): Fields => value): Fields {
  const entries = Object.entries(fields as Record<string, Fields>).filter(([, value]) => value !== null)
  return Object.fromEntries(entries.map(([name, value]) => [rename(name), inside(value)]))
}
