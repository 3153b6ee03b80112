/** Records Events as the real components do: a repeated one raises the count of the first, many similar ones become one. Mirrors client-go/tools/record. */
import { type Clock, formatMicroTime, formatTime } from '../apimachinery/clock.ts'
import { isNotFound, isStatusError } from '../apimachinery/errors.ts'
import type { Logger } from '../apimachinery/logger.ts'
import type { DynamicObject, KubeObject } from '../apimachinery/meta.ts'
import type { Client } from './client.ts'
import type { EventDetails, Recorder } from './controller.ts'
import { type Correlated, EventCorrelator, type EventIdentity, RecentlyUsed, SEPARATOR } from './event-correlator.ts'

export interface RecorderOptions {
  client: Client
  clock: Clock
  /** `source.component` of the Events. */
  component: string
  logger: Logger
  /** Told when something is to be written, and by what it is: for those who wait until nothing is left to do. */
  track?(write: Promise<void>): void
}

/** In a millisecond. */
const NANOSECONDS = 1_000_000

/** Never fails its caller: an Event that cannot be written is logged and dropped. Writes happen in the order of the calls. */
export function createRecorder(options: RecorderOptions): Recorder {
  const { client, clock, component, logger } = options
  const correlator = new EventCorrelator(clock)
  const known = new RecentlyUsed<{ name: string; count: number }>()
  let names = firstName(component)
  let waiting: Recorded[] = []
  let isWriting = false

  async function write({ about, facts }: Recorded): Promise<void> {
    // Series, which the newer form keeps, are neither combined nor dropped.
    const { key, message, isSpam } = facts.action
      ? asItIs(about, facts)
      : correlator.correlate(identityOf(about, facts))
    const namespace = about.metadata.namespace || 'default'
    const before = known.get(key)
    if (before) {
      before.count++
      known.use(key, before)
    }
    if (isSpam) return
    try {
      if (before) {
        const change = (old: DynamicObject): DynamicObject => repeated(old, message, before.count, clock.now())
        await client.modify<DynamicObject>('events', namespace, before.name, change)
        return
      }
    } catch (error) {
      if (!isNotFound(error)) throw error
    }
    names = (names + 1) % NANOSECONDS
    const made = `${about.metadata.name}.${(BigInt(clock.now()) * 1_000_000n + BigInt(names)).toString(16)}`
    known.use(key, { name: made, count: 1 })
    await client.create('events', newEvent(options, about, made, namespace, facts, message))
  }

  /** In a later microtask than the calls: they go on first. */
  async function writeAll(): Promise<void> {
    isWriting = true
    await undefined
    while (waiting.length > 0) {
      const taken = waiting
      waiting = []
      for (const recorded of taken) await write(recorded).catch((error) => report(error, recorded))
    }
    isWriting = false
  }

  function report(error: unknown, { facts }: Recorded): void {
    // A namespace that is going away takes no Events: that is nobody's fault.
    if (isStatusError(error) && (error.reason === 'Forbidden' || error.reason === 'NotFound')) return
    logger.warn({ err: error, reason: facts.reason }, 'could not record an event')
  }

  return {
    event(about, type, reason, message, details) {
      waiting.push({ about, facts: { type, reason, message, ...details } })
      if (isWriting) return
      const written = writeAll()
      options.track?.(written)
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

/** An Event that waits to be written. */
interface Recorded {
  about: KubeObject
  facts: EventFacts
}

const identityOf = ({ kind, metadata }: KubeObject, facts: EventFacts): EventIdentity => ({
  about: [kind, metadata.namespace, metadata.name, metadata.uid].join(SEPARATOR),
  host: facts.host,
  fieldPath: facts.fieldPath,
  type: facts.type,
  reason: facts.reason,
  message: facts.message,
})

function asItIs(object: KubeObject, facts: EventFacts): Correlated {
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
  { clock, component: own }: RecorderOptions,
  about: KubeObject,
  name: string,
  namespace: string,
  { type, reason, fieldPath, host, action, component = own }: EventFacts,
  message: string,
): DynamicObject {
  const now = clock.now()
  const { uid, resourceVersion } = about.metadata
  return {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name, namespace },
    involvedObject: {
      apiVersion: about.apiVersion,
      kind: about.kind,
      name: about.metadata.name,
      ...(about.metadata.namespace ? { namespace: about.metadata.namespace } : {}),
      uid,
      resourceVersion,
      ...(fieldPath ? { fieldPath } : {}),
    },
    type,
    reason,
    message,
    reportingComponent: component,
    ...(action
      ? { action, eventTime: formatMicroTime(now), reportingInstance: host ? `${component}-${host}` : component }
      : {
          source: { component, ...(host ? { host } : {}) },
          reportingInstance: host ?? '',
          firstTimestamp: formatTime(now),
          lastTimestamp: formatTime(now),
          count: 1,
        }),
  }
}
