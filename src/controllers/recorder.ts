/** Records Events as the real components do: a repeated one raises the count of the first, many similar ones become one. Mirrors client-go/tools/record. */
import { type Clock, formatMicroTime, formatTime } from '../apimachinery/clock.ts'
import { isNotFound, isStatusError } from '../apimachinery/errors.ts'
import type { Logger } from '../apimachinery/logger.ts'
import type { DynamicObject, KubeObject } from '../apimachinery/meta.ts'
import type { Client } from './client.ts'
import type { EventDetails, Recorder } from './controller.ts'
import { EventCorrelator, remember } from './event-correlator.ts'

export interface RecorderOptions {
  client: Client
  clock: Clock
  /** `source.component` of the Events. */
  component: string
  logger: Logger
  /** Told of each write, for those who wait until nothing is left to do. */
  track?(write: Promise<void>): void
}

/** In a millisecond. */
const NANOSECONDS = 1_000_000

/** Never fails its caller: an Event that cannot be written is logged and dropped. Writes happen in the order of the calls. */
export function createRecorder(options: RecorderOptions): Recorder {
  const { client, clock, component, logger } = options
  const correlator = new EventCorrelator(clock)
  const known = new Map<string, { name: string; count: number }>()
  let names = firstName(component)
  let writes: Promise<void> = Promise.resolve()

  async function record(about: KubeObject, facts: EventFacts): Promise<void> {
    const { kind, metadata } = about
    const identity = { ...facts, about: [kind, metadata.namespace, metadata.name, metadata.uid].join('\u0000') }
    // Series, which the newer form keeps, are neither combined nor dropped.
    const { key, message, isSpam } = facts.action
      ? { key: Object.values(identity).join('\u0000'), message: facts.message, isSpam: false }
      : correlator.correlate(identity)
    const namespace = metadata.namespace || 'default'
    const before = known.get(key)
    if (before) {
      before.count++
      remember(known, key, before)
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
    const made = `${metadata.name}.${(BigInt(clock.now()) * 1_000_000n + BigInt(names)).toString(16)}`
    remember(known, key, { name: made, count: 1 })
    await client.create('events', newEvent(options, about, made, namespace, { ...facts, message }))
  }

  return {
    event(about, type, reason, message, details) {
      writes = writes
        .then(() => record(about, { type, reason, message, ...details }))
        .catch((error) => {
          // A namespace that is going away takes no Events: that is nobody's fault.
          if (isStatusError(error) && (error.reason === 'Forbidden' || error.reason === 'NotFound')) return
          logger.warn({ err: error, reason }, 'could not record an event')
        })
      options.track?.(writes)
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
  { type, reason, message, fieldPath, host, action, component = own }: EventFacts,
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
