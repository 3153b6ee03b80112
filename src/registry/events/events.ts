/** events, in the core group and in events.k8s.io (one store, two doors; stored as core v1). Mirrors pkg/registry/core/event/strategy.go and pkg/apis/core/validation/events.go. */
import type { DynamicObject } from '../../apimachinery/meta.ts'
import { since } from '../cells.ts'
import { type Cell, defineResource, type ResourceHooks, type RowContext } from '../definition.ts'
import { rulesOfStoredForm } from '../stored-form.ts'
import { nameIsDnsSubdomain } from '../validation.ts'
import { eventFromCore, eventToCore } from './conversion.ts'
import { validateEvent, validateNewEvent, validateNewEventUpdate } from './events.validation.ts'

const REFERENCE_FIELDS = ['kind', 'namespace', 'name', 'uid', 'apiVersion', 'resourceVersion', 'fieldPath']

/** Hooks of the stored form; the row of `v1` events is made with these. */
export const eventHooks: ResourceHooks = {
  // Events take any name: the strategy checks none in the core group.
  validateName: () => [],
  metadataLast: true,
  validate: (event) => validateEvent(event, 'reportingComponent'),
  validateUpdate: (event) => validateEvent(event, 'reportingComponent'),
  selectableFields: {
    ...Object.fromEntries(
      REFERENCE_FIELDS.map((name) => [
        `involvedObject.${name}`,
        (event: DynamicObject): string => event['involvedObject']?.[name] ?? '',
      ]),
    ),
    reason: (event) => event['reason'] ?? '',
    reportingComponent: (event) => event['reportingComponent'] ?? '',
    source: (event) => event['source']?.component || event['reportingComponent'] || '',
    type: (event) => event['type'] ?? '',
  },
  row: eventRow,
}

const newEventHooks: ResourceHooks = {
  ...eventHooks,
  validateName: nameIsDnsSubdomain,
  metadataLast: false,
  validateFirst: (event) => validateEvent(event, 'reportingController'),
  validate: (event) => validateNewEvent(event),
  validateUpdate: (event, old) => validateNewEventUpdate(event, old),
}

export const events = defineResource(
  'events.k8s.io/v1',
  'events',
  rulesOfStoredForm(newEventHooks, 'v1', { toStored: eventToCore, fromStored: eventFromCore }),
)

function eventRow(event: DynamicObject, context: RowContext): Cell[] {
  const { involvedObject = {}, source = {}, series } = event
  const first = since(event['firstTimestamp'] ?? event['eventTime'], context)
  const last = series?.lastObservedTime ?? event['lastTimestamp']
  const kind: string = (involvedObject.kind ?? '').toLowerCase()
  const component: string = source.component || event['reportingComponent'] || ''
  const instance: string = source.host || event['reportingInstance'] || ''
  return [
    last ? since(last, context) : series ? '<unknown>' : first,
    event['type'] ?? '',
    event['reason'] ?? '',
    involvedObject.name ? `${kind}/${involvedObject.name}` : kind,
    involvedObject.fieldPath ?? '',
    instance ? `${component}, ${instance}` : component,
    (event['message'] ?? '').trim(),
    first,
    series ? (series.count ?? 0) : event['count'] || 1,
    event.metadata.name ?? '',
  ]
}
