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

/** As JSON.stringify, which would print the sets of managedFields anew, and they are half of most objects. */
export function objectText(object: KubeObject): string {
  const { metadata } = object
  if (!metadata?.managedFields) return JSON.stringify(object)
  return structText(object, (name, value) => (name === 'metadata' ? metadataText(metadata) : JSON.stringify(value)))
}

function metadataText(metadata: ObjectMeta): string {
  return structText(metadata, (name, value) =>
    name === 'managedFields' ? `[${metadata.managedFields!.map(entryText).join(',')}]` : JSON.stringify(value),
  )
}

function entryText(entry: ManagedFieldsEntry): string {
  return structText(entry, (name, value) =>
    name === 'fieldsV1' ? setText(entry.fieldsV1 as FieldSet) : JSON.stringify(value),
  )
}

/** `textOf` answers undefined for what JSON has no form for. */
function structText(struct: object, textOf: (name: string, value: unknown) => string | undefined): string {
  let text = ''
  for (const name in struct) {
    const value = textOf(name, (struct as Record<string, unknown>)[name])
    if (value !== undefined) text += `${text === '' ? '' : ','}${JSON.stringify(name)}:${value}`
  }
  return `{${text}}`
}
