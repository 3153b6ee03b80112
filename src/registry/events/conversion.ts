/** Event of events.k8s.io/v1 <-> core v1: the same fields under other names. Mirrors pkg/apis/events/v1/conversion.go. */
import type { DynamicObject } from '../../apimachinery/meta.ts'

/** events.k8s.io name -> core name. */
const NAMES: Record<string, string> = {
  regarding: 'involvedObject',
  note: 'message',
  reportingController: 'reportingComponent',
  deprecatedSource: 'source',
  deprecatedFirstTimestamp: 'firstTimestamp',
  deprecatedLastTimestamp: 'lastTimestamp',
  deprecatedCount: 'count',
}
const BACK: Record<string, string> = Object.fromEntries(Object.entries(NAMES).map(([name, core]) => [core, name]))

/** The stored form of what came through events.k8s.io. */
export const eventToCore = (event: DynamicObject): DynamicObject => renamed(event, NAMES, 'v1')

/** Two fields that v1 prints empty are left out here. */
export function eventFromCore(stored: DynamicObject): DynamicObject {
  const event = renamed(stored, BACK, 'events.k8s.io/v1')
  for (const name of ['reportingController', 'reportingInstance']) if (event[name] === '') delete event[name]
  return event
}

function renamed(event: DynamicObject, names: Record<string, string>, apiVersion: string): DynamicObject {
  const fields = Object.entries(event).map(([name, value]) => [names[name] ?? name, value])
  return { ...(Object.fromEntries(fields) as DynamicObject), apiVersion }
}
