/** Watch events in protobuf: each with its length before it. Mirrors runtime/serializer/protobuf (LengthDelimitedFramer) and meta/v1 WatchEvent. */
import protobuf from 'protobufjs/minimal.js'
import { newInternalError, type Status } from '../../apimachinery/errors.ts'
import { type DynamicObject, type KubeObject, parseGroupVersion } from '../../apimachinery/meta.ts'
import { encodeProtobuf } from '../../apimachinery/schema/protobuf.ts'
import type { ResourceExchange } from '../exchange.ts'
import { partialObject } from '../metadata-only.ts'
import type { FrameEncoder } from './watch-frames.ts'

const TYPE_TAG = (1 << 3) | 2
const OBJECT_TAG = (2 << 3) | 2
const RAW_TAG = (1 << 3) | 2

export function protobufFrames({ accept, registry }: ResourceExchange): FrameEncoder {
  const encode = (object: KubeObject | Status): Buffer => {
    const { group, version } = parseGroupVersion(object.apiVersion)
    const schema = registry.schemas.forKind(group, version, object.kind)
    if (!schema) throw newInternalError(`${object.kind} has no protobuf form`)
    return encodeProtobuf(schema, object as DynamicObject)
  }
  return ({ type, object }) => {
    const shown = accept.as && type !== 'ERROR' ? partialObject(object as KubeObject, accept.version) : object
    return sharedFrame(type, shown, encode)
  }
}

/** One frame an object and type, whoever watches. */
const frames = new WeakMap<object, { type: string; frame: Buffer }>()

function sharedFrame(
  type: string,
  object: KubeObject | Status,
  encode: (object: KubeObject | Status) => Buffer,
): Buffer {
  const known = frames.get(object)
  if (known?.type === type) return known.frame
  const writer = protobuf.Writer.create()
  writer.uint32(TYPE_TAG).string(type)
  writer.uint32(OBJECT_TAG).fork().uint32(RAW_TAG).bytes(encode(object)).ldelim()
  const message = writer.finish()
  const frame = Buffer.alloc(4 + message.length)
  frame.writeUInt32BE(message.length)
  frame.set(message, 4)
  frames.set(object, { type, frame })
  return frame
}
