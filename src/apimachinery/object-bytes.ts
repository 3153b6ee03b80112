/**
 * The JSON bytes of an object, made once and shared by the journal, GET, LIST and every watcher. Possible because objects that left
 * storage never change. Kept beside the object and not in it: a symbol property would be copied by `{ ...object }` and be wrong there.
 */
import { type FieldSet, setText } from './managedfields/set-prefix.ts'
import type { KubeObject, ManagedFieldsEntry, ObjectMeta } from './meta.ts'

const made = new WeakMap<KubeObject, Buffer>()

/** The object as JSON in UTF-8. Only for immutable objects, and the bytes are shared: never write in them. */
export function objectBytes(object: KubeObject): Buffer {
  let bytes = made.get(object)
  if (bytes === undefined) {
    bytes = Buffer.from(objectText(object))
    made.set(object, bytes)
  }
  return bytes
}

/** `bytes` are the same, in a buffer that is kept anyway: those that were kept for the object alone are given back. */
export function shareObjectBytes(object: KubeObject, bytes: Buffer): void {
  made.set(object, bytes)
}

/** The bytes if they were made already: for one who reads everything once and must not keep bytes of it all. */
export function keptObjectBytes(object: KubeObject): Buffer | undefined {
  return made.get(object)
}

/** JSON of the object. JSON.stringify would print the sets of managedFields anew, and they are half of most objects. */
export function objectText(object: KubeObject): string {
  const { metadata } = object
  if (!metadata?.managedFields) return JSON.stringify(object)
  let text = ''
  for (const name in object) {
    const value = (object as unknown as Record<string, unknown>)[name]
    const printed = value === metadata ? metadataText(metadata) : partText(value)
    if (printed !== undefined) text += `${text === '' ? '{' : ','}${quoted(name)}:${printed}`
  }
  return `${text}}`
}

function metadataText(metadata: ObjectMeta): string {
  const entries = metadata.managedFields!.map((entry) => recentText(entry, entryText))
  return inPlace(JSON.stringify({ ...metadata, managedFields: 0 }), 'managedFields', `[${entries.join(',')}]`)
}

function entryText(entry: ManagedFieldsEntry): string {
  const { fieldsV1 } = entry
  if (fieldsV1 === undefined) return JSON.stringify(entry)
  return inPlace(JSON.stringify({ ...entry, fieldsV1: 0 }), 'fieldsV1', setText(fieldsV1 as FieldSet))
}

/** Text for a field that was printed as 0. No other number has its name: maps in these structs have strings for values. */
function inPlace(struct: string, name: string, value: string): string {
  const before = `"${name}":`
  const at = struct.indexOf(`${before}0`) + before.length
  return struct.slice(0, at) + value + struct.slice(at + 1)
}

/** undefined for what JSON has no form for. */
function partText(value: unknown): string | undefined {
  return typeof value === 'object' && value !== null ? recentText(value, JSON.stringify) : JSON.stringify(value)
}

/** Texts of parts that were printed last, and of those before them: a write of status says the same spec again, and so do replicas. */
let recent = new Map<object, string>()
let older = new Map<object, string>()
const MAX_RECENT = 1000
const MAX_RECENT_LENGTH = 8000

function recentText<T extends object>(part: T, print: (part: T) => string): string {
  const known = recent.get(part)
  if (known !== undefined) return known
  const text = older.get(part) ?? print(part)
  if (text.length > MAX_RECENT_LENGTH) return text
  if (recent.size === MAX_RECENT) {
    older = recent
    recent = new Map()
  }
  recent.set(part, text)
  return text
}

/** Names of the top level are few. */
const quotedNames = new Map<string, string>()
const MAX_QUOTED_NAMES = 1000

function quoted(name: string): string {
  let text = quotedNames.get(name)
  if (text === undefined) {
    text = JSON.stringify(name)
    if (quotedNames.size < MAX_QUOTED_NAMES) quotedNames.set(name, text)
  }
  return text
}
