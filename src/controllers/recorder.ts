/** Records Events as the real components do: a repeated one raises the count of the first, many similar ones become one. Mirrors client-go/tools/record. */
import { type Clock, formatMicroTime, formatTime } from '../apimachinery/clock.ts'
import { isNotFound, isStatusError } from '../apimachinery/errors.ts'
import type { Logger } from '../apimachinery/logger.ts'
import type { DynamicObject, KubeObject } from '../apimachinery/meta.ts'
import type { Client } from './client.ts'
import type { EventDetails, Recorder } from './controller.ts'
import { type Correlated, EventCorrelator, type EventIdentity, RecentlyUsed, SEPARATOR } from './event-correlator.ts'
import type { EventQueue } from './event-queue.ts'

export interface RecorderOptions {
  client: Client
  clock: Clock
  /** `source.component` of the Events. */
  component: string
  logger: Logger
  /** Where Events wait until they are written. */
  events: EventQueue
  /** This was said of the object already. */
  isTold?: (about: KubeObject, reason: string, message: string) => boolean
}

/** In a millisecond. */
const NANOSECONDS = 1_000_000

/** Never fails its caller: an Event that cannot be written is logged and dropped. Writes happen in the order of the calls. */
export function createRecorder(options: RecorderOptions): Recorder {
  const { client, clock, component, logger, events, isTold } = options
  const correlator = new EventCorrelator()
  const known = new RecentlyUsed<{ name: string; count: number }>()
  let names = firstName(component)

  async function write(recorded: Recorded): Promise<void> {
    const { about, facts, at } = recorded
    // Series, which the newer form keeps, are neither combined nor dropped.
    const { key, message, isSpam } = facts.action
      ? asItIs(about, facts)
      : correlator.correlate(identityOf(about, facts), at)
    const namespace = about.namespace || 'default'
    const before = known.get(key)
    if (before) {
      before.count++
      known.use(key, before)
    }
    if (isSpam) return
    try {
      if (before) {
        const change = (old: DynamicObject): DynamicObject => repeated(old, message, before.count, at)
        await client.modify<DynamicObject>('events', namespace, before.name, change)
        return
      }
    } catch (error) {
      if (!isNotFound(error)) throw error
    }
    names = (names + 1) % NANOSECONDS
    const made = `${about.name}.${(BigInt(at) * 1_000_000n + BigInt(names)).toString(16)}`
    known.use(key, { name: made, count: 1 })
    await client.create('events', newEvent(component, recorded, made, namespace, message))
  }

  const writeOrReport = (recorded: Recorded): Promise<void> => write(recorded).catch((error) => report(error, recorded))

  function report(error: unknown, { facts }: Recorded): void {
    // A namespace that is going away takes no Events: that is nobody's fault.
    if (isStatusError(error) && (error.reason === 'Forbidden' || error.reason === 'NotFound')) return
    logger.warn({ err: error, reason: facts.reason }, 'could not record an event')
  }

  return {
    event(about, type, reason, message, details) {
      if (isTold?.(about, reason, message)) return
      const facts = { type, reason, message, ...details }
      events.add({ about: referenceTo(about), facts, at: clock.now() }, writeOrReport)
    },
  }
}

/** An Event's name ends in a time in nanoseconds; components that speak of one object in the same millisecond must not choose the same. */
function firstName(component: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < component.length; i++) hash = Math.imul(hash ^ component.charCodeAt(i), 0x01000193)
  return (hash >>> 0) % NANOSECONDS
}

interface EventFacts extends EventDetails {
  type: string
  reason: string
  message: string
}

/** `involvedObject`. */
type Reference = Pick<KubeObject, 'apiVersion' | 'kind'> &
  Pick<KubeObject['metadata'], 'name' | 'namespace' | 'uid' | 'resourceVersion'>

/** An Event that waits to be written: no more of its object than it says, for another version may have come by then. */
interface Recorded {
  about: Reference
  facts: EventFacts
  /** When it happened, ms. */
  at: number
}

function referenceTo({ apiVersion, kind, metadata }: KubeObject): Reference {
  const { name, namespace, uid, resourceVersion } = metadata
  return { apiVersion, kind, name, namespace, uid, resourceVersion }
}

const identityOf = ({ kind, namespace, name, uid }: Reference, facts: EventFacts): EventIdentity => ({
  about: [kind, namespace, name, uid].join(SEPARATOR),
  host: facts.host,
  fieldPath: facts.fieldPath,
  type: facts.type,
  reason: facts.reason,
  message: facts.message,
})

function asItIs(object: Reference, facts: EventFacts): Correlated {
  const { about, host, fieldPath, type, reason, message } = identityOf(object, facts)
  const key = [about, host, facts.component, facts.action, fieldPath, type, reason, message].join(SEPARATOR)
  return { key, message, isSpam: false }
}

/** The same thing happened again: the older form counts, the newer keeps a series. */
function repeated(old: DynamicObject, message: string, count: number, now: number): DynamicObject {
  if (!old['eventTime']) return { ...old, message, count, lastTimestamp: formatTime(now) }
  const series = { count: (old['series']?.count ?? 1) + 1, lastObservedTime: formatMicroTime(now) }
  return { ...old, series }
}

function newEvent(
  own: string,
  { about, facts, at }: Recorded,
  name: string,
  namespace: string,
  message: string,
): DynamicObject {
  const { type, reason, fieldPath, host, action, component = own } = facts
  const { namespace: namespaceOfObject, uid, resourceVersion } = about
  return {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name, namespace },
    involvedObject: {
      apiVersion: about.apiVersion,
      kind: about.kind,
      name: about.name,
      ...(namespaceOfObject ? { namespace: namespaceOfObject } : {}),
      uid,
      resourceVersion,
      ...(fieldPath ? { fieldPath } : {}),
    },
    type,
    reason,
    message,
    reportingComponent: component,
    ...(action
      ? { action, eventTime: formatMicroTime(at), reportingInstance: host ? `${component}-${host}` : component }
      : {
          source: { component, ...(host ? { host } : {}) },
          reportingInstance: host ?? '',
          firstTimestamp: formatTime(at),
          lastTimestamp: formatTime(at),
          count: 1,
        }),
  }
}
