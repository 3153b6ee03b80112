/** The size that the metrics of an autoscaler ask for. Mirrors computeReplicasForMetrics of kubernetes pkg/controller/podautoscaler/horizontal.go. */
import { formatQuantity, milliQuantity, parseQuantity, quantityMilliValue } from '../../apimachinery/quantity.ts'
import type { HorizontalPodAutoscaler, MetricSpec, MetricStatus, MetricTarget } from '../../types/autoscaling-v2.ts'
import type { Pod } from '../../types/core-v1.ts'
import type { ControllerContext } from '../controller.ts'
import { byAverage, byUtilization, byValue, byValuePerPod, type Proposal, type Question } from './calculator.ts'
import { externalMetric, objectMetric, podsMetric, resourceMetric } from './metrics.ts'
import type { Scale } from './scale.ts'

const TOLERANCE = 0.1

export interface Asked {
  hpa: HorizontalPodAutoscaler
  scale: Scale
  pods: readonly Pod[]
  context: ControllerContext
}

export interface Wanted {
  replicas: number
  /** As reasons name the metric that decided. */
  metric: string
  status: MetricStatus
}

/** What one metric asks for. Throws MetricError. */
export async function wantedBy(spec: MetricSpec, asked: Asked): Promise<Wanted> {
  switch (spec.type) {
    case 'Resource':
      return resourceWanted(spec.resource!.name, '', spec.resource!.target, asked)
    case 'ContainerResource': {
      const { name, container, target } = spec.containerResource!
      return resourceWanted(name, container, target, asked)
    }
    case 'Pods':
      return podsWanted(spec, asked)
    case 'Object':
      return objectWanted(spec, asked)
    case 'External':
      return externalWanted(spec, asked)
    default:
      throw new MetricError('InvalidMetricSourceType', `unknown metric source type "${spec.type}"`, '')
  }
}

/** Why a metric says nothing: a reason and a message for the condition and its Event, and how the sum of it all begins. */
export class MetricError extends Error {
  readonly reason: string
  readonly prefix: string

  constructor(reason: string, message: string, prefix: string) {
    super(message)
    this.reason = reason
    this.prefix = prefix
  }
}

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
const milli = (quantity: string): number => quantityMilliValue(parseQuantity(quantity))
const decimal = (value: number): string => formatQuantity(milliQuantity(Math.trunc(value)))

function questionOf({ hpa, scale, pods, context }: Asked): Question {
  const { scaleDown, scaleUp } = hpa.spec?.behavior ?? {}
  const of = (tolerance: string | undefined): number => (tolerance === undefined ? TOLERANCE : milli(tolerance) / 1000)
  const tolerances = { down: of(scaleDown?.tolerance), up: of(scaleUp?.tolerance) }
  return { current: scale.specReplicas, pods, tolerances, now: context.clock.now() }
}

function resourceWanted(name: string, container: string, target: MetricTarget, asked: Asked): Wanted {
  const format = name === 'memory' ? 'BinarySI' : 'DecimalSI'
  const amount = (value: number): string => formatQuantity(milliQuantity(Math.trunc(value), format))
  const [reason, prefix] = container
    ? ['FailedGetContainerResourceMetric', `failed to get ${container} container metric value: `]
    : ['FailedGetResourceMetric', `failed to get ${name} resource metric value: `]
  const about = (current: object): MetricStatus =>
    (container
      ? { type: 'ContainerResource', containerResource: { name, container, current } }
      : { type: 'Resource', resource: { name, current } }) as MetricStatus
  const failed = (error: unknown): MetricError => {
    const what = target.averageValue === undefined ? 'utilization' : 'usage'
    return new MetricError(reason, `failed to get ${name} ${what}: ${textOf(error)}`, prefix)
  }
  const metrics = (): Map<string, number> => {
    try {
      return resourceMetric(asked.pods, name, container)
    } catch (error) {
      throw new Error(`unable to get metrics for resource ${name}: ${textOf(error)}`)
    }
  }
  try {
    if (target.averageValue !== undefined) {
      const { replicas, usage } = byAverage(questionOf(asked), metrics(), name, milli(target.averageValue))
      return { replicas, metric: `${name} resource`, status: about({ averageValue: amount(usage) }) }
    }
    const wanted = target.averageUtilization ?? 0
    const found = byUtilization(questionOf(asked), metrics(), name, container, wanted)
    const kind = container ? 'container resource' : 'resource'
    return {
      replicas: found.replicas,
      metric: `${name} ${kind} utilization (percentage of request)`,
      status: about({ averageUtilization: found.utilization, averageValue: amount(found.usage) }),
    }
  } catch (error) {
    throw failed(error)
  }
}

function podsWanted({ pods }: MetricSpec, asked: Asked): Wanted {
  const { metric, target } = pods!
  try {
    let values: Map<string, number>
    try {
      values = podsMetric(asked.pods, metric.name)
    } catch (error) {
      throw new Error(`unable to get metric ${metric.name}: ${textOf(error)}`)
    }
    const { replicas, usage } = byAverage(questionOf(asked), values, '', milli(target.averageValue ?? '0'))
    const status = { type: 'Pods', pods: { metric, current: { averageValue: decimal(usage) } } } as MetricStatus
    return { replicas, metric: `pods metric ${metric.name}`, status }
  } catch (error) {
    throw new MetricError('FailedGetPodsMetric', textOf(error), 'failed to get pods metric value: ')
  }
}

async function objectWanted({ object }: MetricSpec, asked: Asked): Promise<Wanted> {
  const { metric, target, describedObject } = object!
  const namespace = asked.hpa.metadata.namespace ?? ''
  const status = (current: object): MetricStatus =>
    ({ type: 'Object', object: { metric, current, describedObject } }) as MetricStatus
  try {
    let usage: number
    try {
      usage = await objectMetric(namespace, describedObject, metric.name, asked.context)
    } catch (error) {
      const about = `${describedObject.kind} ${namespace}/${describedObject.name}`
      throw new Error(`unable to get metric ${metric.name} on ${about}: ${textOf(error)}`)
    }
    if (target.type === 'Value') {
      const found = byValue(questionOf(asked), usage, milli(target.value ?? '0'))
      const name = `${describedObject.kind} metric ${metric.name}`
      return { replicas: found.replicas, metric: name, status: status({ value: decimal(found.usage) }) }
    }
    const found = perPod(usage, target, asked)
    return { ...named(found, metric), status: status({ averageValue: decimal(found.usage) }) }
  } catch (error) {
    throw new MetricError('FailedGetObjectMetric', textOf(error), 'failed to get object metric value: ')
  }
}

function perPod(usage: number, target: MetricTarget, asked: Asked): Proposal {
  const { tolerances } = questionOf(asked)
  return byValuePerPod(tolerances, asked.scale.statusReplicas, usage, milli(target.averageValue ?? '0'))
}

/** Go prints the pointer to a selector as a struct; without one it is nil. */
function named(found: Proposal, metric: { name: string; selector?: object }): { replicas: number; metric: string } {
  const selector = metric.selector ? '&LabelSelector{...}' : 'nil'
  return { replicas: found.replicas, metric: `external metric ${metric.name}(${selector})` }
}

function externalWanted({ external }: MetricSpec, asked: Asked): Wanted {
  const { metric, target } = external!
  const namespace = asked.hpa.metadata.namespace ?? ''
  const status = (current: object): MetricStatus =>
    ({ type: 'External', external: { metric, current } }) as MetricStatus
  try {
    let usage: number
    try {
      usage = externalMetric(namespace, metric.name, metric.selector, asked.context)
    } catch (error) {
      const selector = metric.selector ? '&LabelSelector{...}' : 'nil'
      throw new Error(`unable to get external metric ${namespace}/${metric.name}/${selector}: ${textOf(error)}`)
    }
    if (target.averageValue !== undefined) {
      const found = perPod(usage, target, asked)
      return { ...named(found, metric), status: status({ averageValue: decimal(found.usage) }) }
    }
    const found = byValue(questionOf(asked), usage, milli(target.value ?? '0'))
    return { ...named(found, metric), status: status({ value: decimal(found.usage) }) }
  } catch (error) {
    const prefix = `failed to get ${metric.name} external metric value: `
    throw new MetricError('FailedGetExternalMetric', textOf(error), prefix)
  }
}
