/** Records Events as the real components do: a repeated one raises the count of the first. Mirrors client-go/tools/record. */
import { type Clock, formatTime } from '../apimachinery/clock.ts'
import { isNotFound, isStatusError } from '../apimachinery/errors.ts'
import type { DynamicObject, KubeObject } from '../apimachinery/meta.ts'
import type { Client } from './client.ts'
import type { Logger, Recorder } from './controller.ts'

export interface RecorderOptions {
  client: Client
  clock: Clock
  /** `source.component` of the Events. */
  component: string
  /** `source.host`, for the kubelet. */
  host?: string
  logger: Logger
  /** Told of each write, for those who wait until nothing is left to do. */
  track?(write: Promise<void>): void
}

/** Events remembered for counting; the oldest are forgotten, and then start anew. */
const REMEMBERED = 4096

/** Never fails its caller: an Event that cannot be written is logged and dropped. Writes happen in the order of the calls. */
export function createRecorder(options: RecorderOptions): Recorder {
  const { client, clock, logger } = options
  const known = new Map<string, string>()
  let names = 0
  let writes: Promise<void> = Promise.resolve()

  async function record(about: KubeObject, type: string, reason: string, message: string): Promise<void> {
    const key = [
      about.kind,
      about.metadata.namespace,
      about.metadata.name,
      about.metadata.uid,
      type,
      reason,
      message,
    ].join('\u0000')
    const namespace = about.metadata.namespace || 'default'
    const name = known.get(key)
    try {
      if (name !== undefined) {
        await client.modify<DynamicObject>('events', namespace, name, (old) => ({
          ...old,
          count: (old.count ?? 1) + 1,
          lastTimestamp: formatTime(clock.now()),
        }))
        return
      }
    } catch (error) {
      if (!isNotFound(error)) throw error
    }
    const made = `${about.metadata.name}.${(BigInt(clock.now()) * 1_000_000n + BigInt(++names)).toString(16)}`
    known.set(key, made)
    if (known.size > REMEMBERED) known.delete(known.keys().next().value as string)
    await client.create('events', newEvent(options, about, made, namespace, type, reason, message))
  }

  return {
    event(about, type, reason, message) {
      writes = writes
        .then(() => record(about, type, reason, message))
        .catch((error) => {
          // A namespace that is going away takes no Events: that is nobody's fault.
          if (isStatusError(error) && (error.reason === 'Forbidden' || error.reason === 'NotFound')) return
          logger.warn({ err: error, reason }, 'could not record an event')
        })
    },
  }
}

function newEvent(
  { clock, component, host }: RecorderOptions,
  about: KubeObject,
  name: string,
  namespace: string,
  type: string,
  reason: string,
  message: string,
): DynamicObject {
  const now = formatTime(clock.now())
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
    },
    type,
    reason,
    message,
    source: { component, ...(host ? { host } : {}) },
    reportingComponent: component,
    reportingInstance: host ?? '',
    firstTimestamp: now,
    lastTimestamp: now,
    count: 1,
  }
}
