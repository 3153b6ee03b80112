/** Metrics as autoscaling/v1 annotations spell them. Mirrors the metric conversions of pkg/apis/autoscaling/v1/conversion.go. */
import type { DynamicObject } from '../../apimachinery/meta.ts'
import { isZeroQuantity, parseQuantity } from '../../apimachinery/quantity.ts'

type Metric = DynamicObject['spec']

/** Drops what is undefined: absent in one form is absent in the other. */
const compact = (fields: Metric): Metric =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))

const isZero = (quantity: string | undefined): boolean =>
  quantity === undefined || isZeroQuantity(parseQuantity(quantity))

const RESOURCE_FIELDS = ['resource', 'containerResource']

export function sourceToV1(metric: Metric): Metric {
  const { type, pods, object, external } = metric
  if (pods) return { type, pods: namedToV1(pods, { targetAverageValue: pods.target.averageValue ?? '0' }) }
  if (object) {
    const { value, averageValue } = object.target
    return {
      type,
      object: compact({
        target: object.describedObject,
        ...namedToV1(object, { targetValue: value ?? '0', averageValue }),
      }),
    }
  }
  if (external) {
    const { metric: identifier, target } = external
    return {
      type,
      external: compact({
        metricName: identifier.name,
        metricSelector: identifier.selector,
        targetValue: target.value,
        targetAverageValue: target.averageValue,
      }),
    }
  }
  return resourceFields(metric, ({ target, name, container }) => ({
    name,
    targetAverageUtilization: target.averageUtilization,
    targetAverageValue: target.averageValue,
    container,
  }))
}

export function sourceFromV1(metric: Metric): Metric {
  const { type, pods, object, external } = metric
  if (pods) return { type, pods: namedFromV1(pods, { type: 'AverageValue', averageValue: pods.targetAverageValue }) }
  if (object) {
    const { averageValue, targetValue, target: describedObject } = object
    const target =
      averageValue === undefined
        ? { type: 'Value', value: targetValue }
        : { type: 'AverageValue', averageValue, ...(isZero(targetValue) ? {} : { value: targetValue }) }
    return { type, object: { describedObject, ...namedFromV1(object, target) } }
  }
  if (external) {
    const { metricName, metricSelector, targetValue, targetAverageValue } = external
    return {
      type,
      external: {
        metric: compact({ name: metricName, selector: metricSelector }),
        target: compact({
          type: targetValue === undefined ? 'AverageValue' : 'Value',
          value: targetValue,
          averageValue: targetAverageValue,
        }),
      },
    }
  }
  return resourceFields(metric, ({ targetAverageUtilization, targetAverageValue, ...rest }) => ({
    ...rest,
    target: compact({
      type: targetAverageUtilization === undefined ? 'AverageValue' : 'Utilization',
      averageUtilization: targetAverageUtilization,
      averageValue: targetAverageValue,
    }),
  }))
}

export function statusToV1(metric: Metric): Metric {
  const { type, pods, object, external } = metric
  if (pods) return { type, pods: namedToV1(pods, { currentAverageValue: pods.current.averageValue ?? '0' }) }
  if (object) {
    const { value, averageValue } = object.current
    return {
      type,
      object: compact({
        target: object.describedObject,
        ...namedToV1(object, { currentValue: value ?? '0', averageValue }),
      }),
    }
  }
  if (external) {
    const { metric: identifier, current } = external
    return {
      type,
      external: compact({
        metricName: identifier.name,
        metricSelector: identifier.selector,
        currentValue: current.value ?? '0',
        currentAverageValue: current.averageValue,
      }),
    }
  }
  return resourceFields(metric, ({ current, name, container }) => ({
    name,
    currentAverageUtilization: current.averageUtilization,
    currentAverageValue: current.averageValue ?? '0',
    container,
  }))
}

export function statusFromV1(metric: Metric): Metric {
  const { type, pods, object, external } = metric
  if (pods)
    return { type, pods: { ...identifierOf(pods), current: compact({ averageValue: pods.currentAverageValue }) } }
  if (object) {
    const current = compact({ value: object.currentValue, averageValue: object.averageValue })
    return { type, object: { describedObject: object.target, ...identifierOf(object), current } }
  }
  if (external) {
    const current = compact({ value: external.currentValue, averageValue: external.currentAverageValue })
    const identifier = compact({ name: external.metricName, selector: external.metricSelector })
    return { type, external: { metric: identifier, current } }
  }
  return resourceFields(metric, ({ currentAverageUtilization, currentAverageValue, ...rest }) => ({
    ...rest,
    current: compact({ averageUtilization: currentAverageUtilization, averageValue: currentAverageValue }),
  }))
}

function namedToV1(source: Metric, values: Metric): Metric {
  return compact({ metricName: source.metric.name, selector: source.metric.selector, ...values })
}

const identifierOf = (source: Metric): Metric => ({
  metric: compact({ name: source.metricName, selector: source.selector }),
})

const namedFromV1 = (source: Metric, target: Metric): Metric => ({ ...identifierOf(source), target })

function resourceFields(metric: Metric, change: (source: Metric) => Metric): Metric {
  const field = RESOURCE_FIELDS.find((name) => metric[name])
  return field ? { type: metric.type, [field]: compact(change(metric[field])) } : { type: metric.type }
}
