/** Watch events as lines of JSON. Mirrors the encoders of endpoints/handlers/watch.go. */
import type { Status } from '../../apimachinery/errors.ts'
import type { DynamicObject, KubeObject } from '../../apimachinery/meta.ts'
import { objectBytes, shareObjectBytes } from '../../apimachinery/object-bytes.ts'
import type { WatchEvent } from '../../registry/watch.ts'
import type { ResourceExchange } from '../exchange.ts'
import { partialObject } from '../metadata-only.ts'
import { toStatusError } from '../status.ts'
import { checkInclude, tableOf } from '../table.ts'

export type FrameEncoder = (event: WatchEvent) => Buffer

/** How events are shown to this client: whole, as metadata only, or as rows of a Table. */
export function jsonFrames(exchange: ResourceExchange): FrameEncoder {
  const { accept, store, query } = exchange
  if (accept.as === 'Table') {
    checkInclude(query)
    let first = true
    return (event) => {
      if (event.type === 'ERROR') return frame(event.type, Buffer.from(JSON.stringify(event.object)))
      const object = event.object as DynamicObject
      const resourceVersion = object.metadata.resourceVersion ?? ''
      const shown = { objects: event.type === 'BOOKMARK' ? [] : [object], resourceVersion }
      const table = tableOf(store, shown, query, { version: accept.version, withColumns: first })
      if (event.type === 'BOOKMARK' && object.metadata.annotations)
        Object.assign(table.metadata, { annotations: object.metadata.annotations })
      first = false
      return frame(event.type, Buffer.from(JSON.stringify(table)))
    }
  }
  if (accept.as) {
    return (event) =>
      sharedFrame(
        event.type,
        event.type === 'ERROR' ? event.object : partialObject(event.object as KubeObject, accept.version),
      )
  }
  return (event) => sharedFrame(event.type, event.object)
}

/** One frame an object and type, whoever watches. The object's own bytes are a part of it: an object that was watched is not kept twice. */
const frames = new WeakMap<object, { type: string; frame: Buffer }>()

function sharedFrame(type: string, object: DynamicObject | KubeObject | Status): Buffer {
  const known = frames.get(object)
  if (known?.type === type) return known.frame
  const bytes = objectBytes(object as KubeObject)
  const made = frame(type, bytes)
  frames.set(object, { type, frame: made })
  const end = made.length - FRAME_END.length
  shareObjectBytes(object as KubeObject, made.subarray(end - bytes.length, end))
  return made
}

const FRAME_END = Buffer.from('}\n')

function frame(type: string, object: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`{"type":"${type}","object":`), object, FRAME_END])
}

/** The frame that says why a watch that already started cannot go on. */
export function errorFrame(error: unknown): Buffer {
  return frame('ERROR', Buffer.from(JSON.stringify(toStatusError(error).status)))
}
