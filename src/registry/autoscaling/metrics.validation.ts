/** Metrics of a HorizontalPodAutoscaler. Mirrors validateMetrics of pkg/apis/autoscaling/validation. */

import {
  child,
  type FieldError,
  forbidden,
  index,
  invalid,
  notSupported,
  required,
} from '../../apimachinery/field-error.ts'
import type { DynamicObject } from '../../apimachinery/meta.ts'
import { isPathSegmentName } from '../../apimachinery/names.ts'
import { parseQuantity, quantitySign } from '../../apimachinery/quantity.ts'
import { validateContainerResourceName } from '../core/compute-resources.validation.ts'
import { invalids, validateDns1123Label } from '../validation.ts'
import { validateTargetReference } from './reference.validation.ts'

type Source = DynamicObject['spec']

const TYPES = ['ContainerResource', 'External', 'Object', 'Pods', 'Resource']
/** Field of each type's source, in the order they are looked at. */
const SOURCES: Record<string, string> = {
  Object: 'object',
  External: 'external',
  Pods: 'pods',
  Resource: 'resource',
  ContainerResource: 'containerResource',
}
const TARGET_TYPES = ['Utilization', 'Value', 'AverageValue']

export function validateMetrics(metrics: Source[], minReplicas: number | undefined, path: string): FieldError[] {
  const errors = metrics.flatMap((metric, i) => validateMetric(metric, index(path, i)))
  const fromOutside = metrics.some(({ type }) => type === 'Object' || type === 'External')
  if (minReplicas === 0 && !fromOutside) {
    const why = 'must specify at least one Object or External metric to support scaling to zero replicas'
    errors.push(forbidden(path, why))
  }
  return errors
}

function validateMetric(metric: Source, path: string): FieldError[] {
  const errors: FieldError[] = []
  const type: string = metric.type ?? ''
  const typePath = child(path, 'type')
  if (type === '') errors.push(required(typePath, 'must specify a metric source type'))
  if (!TYPES.includes(type)) errors.push(notSupported(typePath, type, TYPES))
  const present = Object.values(SOURCES).filter((field) => metric[field])
  const [first] = present
  if (first) errors.push(...validateSource(first, metric[first], child(path, first)))
  const expected = SOURCES[type]
  if (expected && !metric[expected]) {
    errors.push(required(child(path, expected), 'must populate information for the given metric source'))
  }
  if (present.length > 1) {
    const others = present.filter((field) => field !== expected)
    errors.push(...others.map((field) => forbidden(child(path, field), 'must populate the given metric source only')))
  }
  return errors
}

function validateSource(kind: string, source: Source, path: string): FieldError[] {
  const target = source.target ?? {}
  const at = child(path, 'target')
  switch (kind) {
    case 'object':
      return [
        ...validateTargetReference(source.describedObject ?? {}, child(path, 'describedObject'), true),
        ...validateIdentifierAndTarget(source, path),
        ...(target.value === undefined && target.averageValue === undefined
          ? [required(child(at, 'averageValue'), 'must set either a target value or averageValue')]
          : []),
      ]
    case 'external':
      return [...validateIdentifierAndTarget(source, path), ...validateExternalTarget(target, at)]
    case 'pods':
      return [
        ...validateIdentifierAndTarget(source, path),
        ...(target.averageValue === undefined
          ? [required(child(at, 'averageValue'), 'must specify a positive target averageValue')]
          : []),
      ]
    default:
      return validateResourceSource(kind, source, path)
  }
}

function validateExternalTarget(target: Source, path: string): FieldError[] {
  if (target.value === undefined && target.averageValue === undefined) {
    return [required(child(path, 'averageValue'), 'must set either a target value for metric or a per-pod target')]
  }
  return target.value !== undefined && target.averageValue !== undefined
    ? [forbidden(child(path, 'value'), 'may not set both a target value for metric and a per-pod target')]
    : []
}

function validateResourceSource(kind: string, source: Source, path: string): FieldError[] {
  const errors = source.name ? [] : [required(child(path, 'name'), 'must specify a resource name')]
  if (kind === 'containerResource') {
    if (source.name) errors.push(...validateContainerResourceName(source.name, child(path, 'name')))
    const at = child(path, 'container')
    errors.push(
      ...(source.container ? validateDns1123Label(source.container, at) : [required(at, 'must specify a container')]),
    )
  }
  const target = source.target ?? {}
  const at = child(path, 'target')
  errors.push(...validateTarget(target, at))
  const { averageUtilization, averageValue } = target
  if (averageUtilization === undefined && averageValue === undefined) {
    const why = 'must set either a target raw value or a target utilization'
    errors.push(required(child(at, 'averageUtilization'), why))
  }
  if (averageUtilization !== undefined && averageValue !== undefined) {
    const why = 'may not set both a target raw value and a target utilization'
    errors.push(forbidden(child(at, 'averageValue'), why))
  }
  return errors
}

function validateIdentifierAndTarget(source: Source, path: string): FieldError[] {
  const name: string = source.metric?.name ?? ''
  const at = child(path, 'metric.name')
  const errors =
    name === '' ? [required(at, 'must specify a metric name')] : invalids(at, name, isPathSegmentName(name))
  return [...errors, ...validateTarget(source.target ?? {}, child(path, 'target'))]
}

function validateTarget(target: Source, path: string): FieldError[] {
  const errors: FieldError[] = []
  const type: string = target.type ?? ''
  if (type === '') errors.push(required(child(path, 'type'), 'must specify a metric target type'))
  if (!TARGET_TYPES.includes(type)) {
    errors.push(invalid(child(path, 'type'), type, 'must be either Utilization, Value, or AverageValue'))
  }
  for (const name of ['value', 'averageValue']) {
    if (target[name] !== undefined && quantitySign(parseQuantity(String(target[name]))) !== 1) {
      errors.push(invalid(child(path, name), target[name], 'must be positive'))
    }
  }
  if (target.averageUtilization < 1) {
    errors.push(invalid(child(path, 'averageUtilization'), target.averageUtilization, 'must be greater than 0'))
  }
  return errors
}
