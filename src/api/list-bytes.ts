/** The JSON of a list in pieces, put together from the bytes that are kept beside each object. */
import type { DynamicObject } from '../apimachinery/meta.ts'
import { objectBytes } from '../apimachinery/object-bytes.ts'
import type { ResourceDefinition } from '../registry/definition.ts'

/** A piece is made in a few tenths of a millisecond, and the event loop is free between two. */
const PIECE_BYTES = 512 * 1024
const LIST_END = ']}\n'
const COMMA = 0x2c
const BRACE = 0x7b

/** Items of typed lists have no kind and apiVersion of their own; custom resources do. */
export function keepsTypeInItems(definition: ResourceDefinition): boolean {
  return definition.custom !== undefined
}

export function withoutType(object: DynamicObject): object {
  const { kind: _kind, apiVersion: _apiVersion, ...rest } = object
  return rest
}

/** `head` ends where the first item begins. The pieces are to be sent as they are, one after another; none is used again. */
export function* listPieces(head: string, objects: DynamicObject[], definition: ResourceDefinition): Iterable<Buffer> {
  const cut = keepsTypeInItems(definition) ? 0 : lengthOfType(definition)
  let piece = Buffer.allocUnsafeSlow(sizeOfPiece(objects, head.length))
  let length = piece.write(head)
  for (let i = 0; i < objects.length; i++) {
    const object = objects[i] as DynamicObject
    const bytes = cut === 0 || beginsWithType(object, definition) ? objectBytes(object) : bytesWithoutType(object, cut)
    if (length + bytes.length + LIST_END.length + 1 > piece.length) {
      yield piece.subarray(0, length)
      piece = Buffer.allocUnsafeSlow(Math.max(PIECE_BYTES, bytes.length + LIST_END.length + 1))
      length = 0
    }
    if (i > 0) piece[length++] = COMMA
    // The brace, and what follows kind, apiVersion and their comma.
    if (cut > 0) piece[length++] = BRACE
    length += bytes.copy(piece, length, cut)
  }
  length += piece.write(LIST_END, length)
  yield piece.subarray(0, length)
}

/** Short lists do not pay for a whole piece: the first object's size says what to expect. */
function sizeOfPiece(objects: DynamicObject[], head: number): number {
  const first = objects[0]
  const expected = first ? objects.length * (objectBytes(first).length + 64) : 0
  return Math.min(PIECE_BYTES, expected) + head * 3 + LIST_END.length
}

/** Length of `{"kind":"Pod","apiVersion":"v1",`. */
function lengthOfType({ kind, apiVersion }: ResourceDefinition): number {
  return `{"kind":${JSON.stringify(kind)},"apiVersion":${JSON.stringify(apiVersion)},`.length
}

/** Whether its first two fields are kind and apiVersion, and so its JSON begins with them. */
function beginsWithType(object: DynamicObject, { kind, apiVersion }: ResourceDefinition): boolean {
  if (object.kind !== kind || object.apiVersion !== apiVersion) return false
  let place = 0
  for (const field in object) {
    if (field !== (place === 0 ? 'kind' : 'apiVersion')) return false
    if (++place === 2) return true
  }
  return false
}

/** The rare object whose fields stand in another order: encoded anew, with as many bytes in front as will be cut off. */
function bytesWithoutType(object: DynamicObject, cut: number): Buffer {
  return Buffer.from(' '.repeat(cut - 1) + JSON.stringify(withoutType(object)))
}
