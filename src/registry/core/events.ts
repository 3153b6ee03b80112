/** Events of the core group. Mirrors pkg/registry/core/event/strategy.go and pkg/apis/core/validation/events.go. */
import { type FieldError, invalid, required } from '../../apimachinery/field-error.ts'
import type { Event } from '../../types/core-v1.ts'
import { type Cell, defineResource, type RowContext } from '../definition.ts'
import { validateQualifiedName } from '../validation.ts'
import { ageCell } from './cells.ts'

const LIMITS = { reportingInstance: 128, action: 128, reason: 128, message: 1024 } as const
const MISMATCH = 'does not match event.namespace'

export const events = defineResource<Event>('v1', 'events', {
  /** The server has no rule for event names but that they fit a path. */
  validateName: () => [],
  validate: (event) => validateLegacyEvent(event, 'reportingComponent'),
  selectableFields: {
    'involvedObject.kind': (event) => event.involvedObject?.kind ?? '',
    'involvedObject.namespace': (event) => event.involvedObject?.namespace ?? '',
    'involvedObject.name': (event) => event.involvedObject?.name ?? '',
    'involvedObject.uid': (event) => event.involvedObject?.uid ?? '',
    'involvedObject.apiVersion': (event) => event.involvedObject?.apiVersion ?? '',
    'involvedObject.resourceVersion': (event) => event.involvedObject?.resourceVersion ?? '',
    'involvedObject.fieldPath': (event) => event.involvedObject?.fieldPath ?? '',
    reason: (event) => event.reason ?? '',
    reportingComponent: (event) => event.reportingComponent ?? '',
    source: (event) => event.source?.component || event.reportingComponent || '',
    type: (event) => event.type ?? '',
  },
  row: eventRow,
})

/** Also asked of events.k8s.io events, whose field is called `reportingController`. */
export function validateLegacyEvent(event: Event, controllerField: string): FieldError[] {
  const namespace = event.metadata.namespace ?? ''
  const involved = event.involvedObject?.namespace ?? ''
  const mismatch = [invalid('involvedObject.namespace', involved, MISMATCH)]
  if (!event.eventTime) {
    const fits = involved ? involved === namespace : namespace === '' || namespace === 'default'
    return fits ? [] : mismatch
  }
  const fits = involved || namespace === 'default' || namespace === 'kube-system'
  const errors: FieldError[] = fits ? [] : mismatch
  const controller = event.reportingComponent ?? ''
  if (!controller) errors.push(required(controllerField))
  errors.push(...validateQualifiedName(controller, controllerField))
  for (const field of ['reportingInstance', 'action', 'reason', 'message'] as const) {
    const text = event[field] ?? ''
    if (!text && field !== 'message') errors.push(required(field))
    if (text.length > LIMITS[field]) errors.push(invalid(field, '', `can have at most ${LIMITS[field]} characters`))
  }
  return errors
}

/** Also the row of events.k8s.io, whose stored form this is. */
export function eventRow(event: Event, { now }: RowContext): Cell[] {
  const first = ageCell(event.firstTimestamp ?? event.eventTime, now)
  const last = event.series ? ageCell(event.series.lastObservedTime, now) : event.lastTimestamp ? ageCell(event.lastTimestamp, now) : first
  const { kind = '', name, fieldPath } = event.involvedObject ?? {}
  const component = event.source?.component || event.reportingComponent || ''
  const host = event.source?.host || event.reportingInstance || ''
  return [
    last,
    event.type ?? '',
    event.reason ?? '',
    name ? `${kind.toLowerCase()}/${name}` : kind.toLowerCase(),
    fieldPath ?? '',
    host ? `${component}, ${host}` : component,
    (event.message ?? '').trim(),
    first,
    event.series ? (event.series.count ?? 0) : (event.count || 1),
    event.metadata.name ?? '',
  ]
}
