/**
 * The JSON bytes of an object, made once and shared by the journal, GET, LIST and every watcher. Possible because objects that left
 * storage never change. Kept beside the object and not in it: a symbol property would be copied by `{ ...object }` and be wrong there.
 */
import type { KubeObject } from './meta.ts'

const made = new WeakMap<KubeObject, Buffer>()

/** The object as JSON in UTF-8. Only for immutable objects, and the bytes are shared: never write in them. */
export function objectBytes(object: KubeObject): Buffer {
  let bytes = made.get(object)
  if (bytes === undefined) {
    bytes = Buffer.from(JSON.stringify(object))
    made.set(object, bytes)
  }
  return bytes
}

/** The bytes if they were made already: for one who reads everything once and must not keep bytes of it all. */
export function keptObjectBytes(object: KubeObject): Buffer | undefined {
  return made.get(object)
}
