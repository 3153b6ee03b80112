/** Writes objects as the protobuf messages of gnostic's OpenAPI models, whose fields are those of the JSON form. */
import { dump } from 'js-yaml'
import { Writer } from 'protobufjs'

type Json = Record<string, unknown>
/** Writes one field of a message, if the value is there. */
type Field = (writer: Writer, message: Json) => void
/** Writes the fields of a message. */
export type Message = (writer: Writer, value: Json) => void

const LENGTH_DELIMITED = 2

export const message =
  (...fields: Field[]): Message =>
  (writer, value) => {
    for (const field of fields) field(writer, value)
  }

function writeNested(writer: Writer, number: number, write: () => void): void {
  writer.uint32((number << 3) | LENGTH_DELIMITED).fork()
  write()
  writer.ldelim()
}

const writeString = (writer: Writer, number: number, text: string): Writer =>
  writer.uint32((number << 3) | LENGTH_DELIMITED).string(text)

export const string =
  (number: number, name: string): Field =>
  (writer, value) => {
    if (value[name]) writeString(writer, number, value[name] as string)
  }

export const boolean =
  (number: number, name: string): Field =>
  (writer, value) => {
    if (value[name]) writer.uint32(number << 3).bool(true)
  }

export const integer =
  (number: number, name: string): Field =>
  (writer, value) => {
    if (value[name]) writer.uint32(number << 3).int64(value[name] as number)
  }

export const double =
  (number: number, name: string): Field =>
  (writer, value) => {
    if (value[name]) writer.uint32((number << 3) | 1).double(value[name] as number)
  }

export const strings =
  (number: number, name: string): Field =>
  (writer, value) => {
    for (const text of (value[name] as string[] | undefined) ?? []) writeString(writer, number, text)
  }

/** `of` is a function where messages refer to each other. */
export const nested =
  (number: number, name: string, of: () => Message): Field =>
  (writer, value) => {
    if (value[name] !== undefined) writeNested(writer, number, () => of()(writer, value[name] as Json))
  }

export const list =
  (number: number, name: string, of: () => Message): Field =>
  (writer, value) => {
    for (const element of (value[name] as Json[] | undefined) ?? []) {
      writeNested(writer, number, () => of()(writer, element))
    }
  }

/** Entries of an object as `{name = 1, value = 2}`. */
export function named(number: number, of: () => Message, filter = (_key: string): boolean => true): Message {
  return (writer, value) => {
    for (const [key, member] of Object.entries(value)) {
      if (!filter(key)) continue
      writeNested(writer, number, () => {
        writeString(writer, 1, key)
        writeNested(writer, 2, () => of()(writer, member as Json))
      })
    }
  }
}

/** An object all of whose entries are named messages. */
export const map = (number: number, name: string, of: () => Message): Field => nested(number, name, () => named(1, of))

/** Values of any type are YAML texts. */
function anyValue(writer: Writer, value: unknown): void {
  const text = dump(value, { lineWidth: -1, noRefs: true, quoteStyle: 'double' })
  writeString(writer, 2, text)
}

export const any =
  (number: number, name: string): Field =>
  (writer, value) => {
    if (value[name] !== undefined) writeNested(writer, number, () => anyValue(writer, value[name]))
  }

export const anys =
  (number: number, name: string): Field =>
  (writer, value) => {
    for (const element of (value[name] as unknown[] | undefined) ?? []) {
      writeNested(writer, number, () => anyValue(writer, element))
    }
  }

/** `x-kubernetes-...` */
export const extensions = (number: number): Field =>
  named(
    number,
    () => (writer, value) => anyValue(writer, value),
    (key) => key.startsWith('x-'),
  )

/** One alternative of a union: the message as field `number` of a message around it. */
export const alternative =
  (number: number, of: () => Message): Message =>
  (writer, value) =>
    writeNested(writer, number, () => of()(writer, value))

export function encode(document: object, of: Message): Buffer {
  const writer = Writer.create()
  of(writer, document as Json)
  return Buffer.from(writer.finish())
}
