/** Validation of events, of the stored form. Mirrors pkg/apis/core/validation/events.go. */
import { type FieldError, invalid, required } from '../../apimachinery/field-error.ts'
import { byteLength } from '../../apimachinery/go-text.ts'
import type { DynamicObject } from '../../apimachinery/meta.ts'
import { validateImmutable, validateQualifiedName } from '../validation.ts'

const SHORT = 128
const NOTE = 1024
const IMMUTABLE_FIELDS = [
  'involvedObject',
  'reason',
  'message',
  'source',
  'firstTimestamp',
  'lastTimestamp',
  'count',
  'type',
  'eventTime',
  'action',
  'related',
]

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
    ...IMMUTABLE_FIELDS.flatMap((name) => validateImmutable(event[name], old[name], name)),
    ...validateImmutable(event['reportingComponent'] ?? '', old['reportingComponent'] ?? '', 'reportingController'),
    ...validateImmutable(event['reportingInstance'] ?? '', old['reportingInstance'] ?? '', 'reportingInstance'),
  ]
}

function validateSeries({ series }: DynamicObject): FieldError[] {
  if (!series) return []
  return [
    ...((series.count ?? 0) < 2 ? [invalid('series.count', '', 'should be at least 2')] : []),
    ...(series.lastObservedTime ? [] : [required('series.lastObservedTime')]),
  ]
}
