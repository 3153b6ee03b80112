/** The JSON of a list in pieces, put together from the bytes that are kept beside each object. */
import type { DynamicObject } from '../apimachinery/meta.ts'
import { objectBytes } from '../apimachinery/object-bytes.ts'
import type { ResourceDefinition } from '../registry/definition.ts'

/** Made in some tenth of a millisecond. Two of them fit into a core's cache, which they are made in and sent from. */
const PIECE_BYTES = 256 * 1024
const LIST_END = ']}\n'
const COMMA = 0x2c
const NONE = Buffer.alloc(0)

/** An item of a list: a part of an object's bytes, between two texts. */
export interface Item {
  before: string
  bytes: Buffer
  from: number
  to: number
  after: string
}

/**
 * `head` ends where the first item begins. The pieces are to be sent as they are, one after another. They lie in two buffers by turns: a piece
 * has to be gone before the next but one is asked for. Fresh memory for each would cost as much as filling it.
 */
export function* listPieces(
  head: string,
  objects: readonly DynamicObject[],
  itemOf: (object: DynamicObject) => Item,
): Generator<Buffer, undefined> {
  let other = NONE
  let piece = Buffer.allocUnsafeSlow(sizeOfPiece(objects, itemOf, head.length))
  let length = piece.write(head)
  for (let i = 0; i < objects.length; i++) {
    const item = itemOf(objects[i] as DynamicObject)
    const most = sizeOfItem(item) + LIST_END.length + 1
    if (length + most > piece.length) {
      yield piece.subarray(0, length)
      const free = other.length < most ? Buffer.allocUnsafeSlow(Math.max(PIECE_BYTES, most)) : other
      other = piece
      piece = free
      length = 0
    }
    if (i > 0) piece[length++] = COMMA
    if (item.before !== '') length = put(item.before, piece, length)
    length += item.bytes.copy(piece, length, item.from, item.to)
    if (item.after !== '') length = put(item.after, piece, length)
  }
  length += piece.write(LIST_END, length)
  yield piece.subarray(0, length)
  return undefined
}

/** Answers where the text ends. A single character is one of JSON's own. */
function put(text: string, piece: Buffer, at: number): number {
  if (text.length > 1) return at + piece.write(text, at)
  piece[at] = text.charCodeAt(0)
  return at + 1
}

/** In bytes; of texts the most that they can be. */
function sizeOfItem({ before, from, to, after }: Item): number {
  return (before.length + after.length) * 3 + to - from
}

/** Short lists do not pay for a whole piece: the first object's size says what to expect. */
function sizeOfPiece(objects: readonly DynamicObject[], itemOf: (object: DynamicObject) => Item, head: number): number {
  const first = objects[0]
  const expected = first ? objects.length * (sizeOfItem(itemOf(first)) + 64) : 0
  return Math.min(PIECE_BYTES, expected) + head * 3 + LIST_END.length
}

/** All of `bytes`. */
export function wholeItem(bytes: Buffer): Item {
  return { before: '', bytes, from: 0, to: bytes.length, after: '' }
}

/** How objects are shown in lists of their kind. */
export function itemsOf(definition: ResourceDefinition): (object: DynamicObject) => Item {
  if (keepsTypeInItems(definition)) return (object) => wholeItem(objectBytes(object))
  const cut = lengthOfType(definition)
  return (object) => {
    // The rare object whose fields stand in another order is encoded anew.
    if (!beginsWithType(object, definition)) return wholeItem(Buffer.from(JSON.stringify(withoutType(object))))
    const bytes = objectBytes(object)
    return { before: '{', bytes, from: cut, to: bytes.length, after: '' }
  }
}

/** Items of typed lists have no kind and apiVersion of their own; custom resources do. */
export function keepsTypeInItems(definition: ResourceDefinition): boolean {
  return definition.custom !== undefined
}

export function withoutType(object: DynamicObject): object {
  const { kind: _kind, apiVersion: _apiVersion, ...rest } = object
  return rest
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
