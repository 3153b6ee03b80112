/** Validation of events, of the stored form. Mirrors pkg/apis/core/validation/events.go. */
import { deepEqual } from '../../apimachinery/equality.ts'
import { type FieldError, invalid, required } from '../../apimachinery/field-error.ts'
import { byteLength } from '../../apimachinery/go-text.ts'
import type { DynamicObject } from '../../apimachinery/meta.ts'
import { internalForm } from '../../apimachinery/schema/internal-form.ts'
import { IMMUTABLE, validateQualifiedName } from '../validation.ts'

const SHORT = 128
const NOTE = 1024
/** With what is printed for none: a zero value, or the internal type that prints. */
const IMMUTABLE_FIELDS: Record<string, unknown> = {
  involvedObject: { type: 'core.ObjectReference', zero: {} },
  reason: '',
  message: '',
  source: { type: 'core.EventSource', zero: {} },
  firstTimestamp: null,
  lastTimestamp: null,
  count: 0,
  type: '',
  eventTime: null,
  action: '',
  related: { type: 'core.ObjectReference', zero: undefined },
}

/** What holds in both groups. `reporter` is what the request's version calls the reporting controller. */
export function validateEvent(event: DynamicObject, reporter: string): FieldError[] {
  const { namespace = '' } = event.metadata
  const about: string = event['involvedObject']?.namespace ?? ''
  const mismatch = invalid('involvedObject.namespace', about, 'does not match event.namespace')
  if (!event['eventTime']) {
    const fine = about === '' ? namespace === '' || namespace === 'default' : about === namespace
    return fine ? [] : [mismatch]
  }
  const clusterWide = namespace === 'default' || namespace === 'kube-system'
  const errors = about === '' && !clusterWide ? [mismatch] : []
  const controller: string = event['reportingComponent'] ?? ''
  if (controller === '') errors.push(required(reporter))
  errors.push(...validateQualifiedName(controller, reporter))
  for (const name of ['reportingInstance', 'action', 'reason']) {
    const value: string = event[name] ?? ''
    if (value === '') errors.push(required(name))
    errors.push(...validateLength(value, name, SHORT))
  }
  return [...errors, ...validateLength(event['message'] ?? '', 'message', NOTE)]
}

function validateLength(value: string, path: string, max: number): FieldError[] {
  return byteLength(value) > max ? [invalid(path, '', `can have at most ${max} characters`)] : []
}

/** events.k8s.io asks for more than validateEvent. */
export function validateNewEvent(event: DynamicObject): FieldError[] {
  const errors = validateSeries(event)
  if (!event['eventTime']) errors.push(required('eventTime'))
  const type: string = event['type'] ?? ''
  if (type !== 'Normal' && type !== 'Warning') errors.push(invalid('type', '', `has invalid value: ${type}`))
  for (const name of ['firstTimestamp', 'lastTimestamp', 'count']) {
    if (event[name]) errors.push(invalid(name, '', 'needs to be unset'))
  }
  const { component, host } = event['source'] ?? {}
  if (component || host) errors.push(invalid('source', '', 'needs to be unset'))
  return errors
}

export function validateNewEventUpdate(event: DynamicObject, old: DynamicObject): FieldError[] {
  const same = JSON.stringify(event['series']) === JSON.stringify(old['series'])
  return [
    ...validateEvent(event, 'reportingController'),
    ...(same ? [] : validateSeries(event)),
    ...Object.entries(IMMUTABLE_FIELDS).flatMap(([name, printed]) => validateFixed(event, old, name, printed, name)),
    ...validateFixed(event, old, 'reportingComponent', '', 'reportingController'),
    ...validateFixed(event, old, 'reportingInstance', '', 'reportingInstance'),
  ]
}

function validateFixed(
  event: DynamicObject,
  old: DynamicObject,
  name: string,
  zero: unknown,
  path: string,
): FieldError[] {
  if (deepEqual(event[name], old[name])) return []
  const struct = zero as { type: string; zero: unknown } | null
  const isStruct = typeof zero === 'object' && zero !== null
  const printed = isStruct ? internalForm(struct!.type, event[name] ?? struct!.zero) : (event[name] ?? zero)
  return [invalid(path, printed, IMMUTABLE)]
}

function validateSeries({ series }: DynamicObject): FieldError[] {
  if (!series) return []
  return [
    ...((series.count ?? 0) < 2 ? [invalid('series.count', '', 'should be at least 2')] : []),
    ...(series.lastObservedTime ? [] : [required('series.lastObservedTime')]),
  ]
}
