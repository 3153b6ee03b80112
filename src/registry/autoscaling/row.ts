/** The row of a HorizontalPodAutoscaler. Mirrors printHorizontalPodAutoscaler and formatHPAMetrics of pkg/printers/internalversion. */
import type { DynamicObject } from '../../apimachinery/meta.ts'
import { age } from '../cells.ts'
import type { Cell, RowContext } from '../definition.ts'

type Metric = DynamicObject['spec']

const SHOWN = 2
/** Field of each type's source, and of its status. */
const FIELDS: Record<string, string> = {
  External: 'external',
  Pods: 'pods',
  Object: 'object',
  Resource: 'resource',
  ContainerResource: 'containerResource',
}

export function autoscalerRow(autoscaler: DynamicObject, context: RowContext): Cell[] {
  const { spec, status } = autoscaler
  return [
    autoscaler.metadata.name ?? '',
    `${spec.scaleTargetRef.kind}/${spec.scaleTargetRef.name}`,
    formatMetrics(spec.metrics ?? [], status?.currentMetrics ?? []),
    spec.minReplicas === undefined ? '<unset>' : String(spec.minReplicas),
    spec.maxReplicas ?? 0,
    status?.currentReplicas ?? 0,
    age(autoscaler, context),
  ]
}

function formatMetrics(metrics: Metric[], statuses: Metric[]): string {
  if (metrics.length === 0) return '<none>'
  const texts = metrics.map((metric, i) => formatMetric(metric, statuses[i]))
  const text = texts.slice(0, SHOWN).join(', ')
  return texts.length > SHOWN ? `${text} + ${texts.length - SHOWN} more...` : text
}

function formatMetric(metric: Metric, status: Metric): string {
  const field = FIELDS[metric.type]
  if (!field) return '<unknown type>'
  const source = metric[field]
  const current = status?.[field]?.current
  const target = source.target ?? {}
  const shown = (value: unknown): string => (value === undefined ? '<unknown>' : String(value))
  if (field === 'resource' || field === 'containerResource') {
    if (target.averageValue !== undefined) {
      return `${source.name}: ${shown(current?.averageValue)}/${target.averageValue}`
    }
    const utilization = current?.averageUtilization === undefined ? '<unknown>' : `${current.averageUtilization}%`
    const wanted = target.averageUtilization === undefined ? '<auto>' : `${target.averageUtilization}%`
    return `${source.name}: ${utilization}/${wanted}`
  }
  if (field === 'pods') return `${shown(current?.averageValue)}/${target.averageValue}`
  return target.averageValue !== undefined
    ? `${shown(current?.averageValue)}/${target.averageValue} (avg)`
    : `${shown(current?.value)}/${target.value}`
}
