/** The few DER encodings (X.690) that a certificate is written in. */

const TAGS = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  oid: 0x06,
  utf8String: 0x0c,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const

/** Any element: its tag's byte, its length, its content. */
export function element(tag: number, ...content: Buffer[]): Buffer {
  const length = content.reduce((sum, part) => sum + part.length, 0)
  return Buffer.concat([Buffer.from([tag, ...lengthBytes(length)]), ...content])
}

export const sequence = (...parts: Buffer[]): Buffer => element(TAGS.sequence, ...parts)
export const set = (...parts: Buffer[]): Buffer => element(TAGS.set, ...parts)
export const boolean = (value: boolean): Buffer => element(TAGS.boolean, Buffer.from([value ? 0xff : 0]))
export const octetString = (content: Buffer): Buffer => element(TAGS.octetString, content)
export const utf8String = (text: string): Buffer => element(TAGS.utf8String, Buffer.from(text))
/** Tags of a choice or an optional field: `[number]` around whole elements. */
export const explicit = (number: number, ...parts: Buffer[]): Buffer => element(0xa0 | number, ...parts)

/** Of no sign. */
export function integer(bytes: Buffer): Buffer {
  const start = bytes.findIndex((byte) => byte !== 0)
  const digits = start < 0 ? Buffer.from([0]) : bytes.subarray(start)
  return element(TAGS.integer, ...((digits[0] as number) > 0x7f ? [Buffer.from([0])] : []), digits)
}

/** `unused` bits at the end do not count. */
export const bitString = (content: Buffer, unused = 0): Buffer =>
  element(TAGS.bitString, Buffer.from([unused]), content)

/** `1.2.840.10045.4.3.2` */
export function objectIdentifier(text: string): Buffer {
  const [first = 0, second = 0, ...rest] = text.split('.').map(Number)
  return element(TAGS.oid, Buffer.from([first * 40 + second, ...rest.flatMap(base128)]))
}

/** RFC 5280 4.1.2.5: two digits of the year until 2049, four from 2050 on. */
export function time(milliseconds: number): Buffer {
  const digits = `${new Date(milliseconds).toISOString().slice(0, 19).replace(/\D/g, '')}Z`
  return digits < '2050'
    ? element(TAGS.utcTime, Buffer.from(digits.slice(2)))
    : element(TAGS.generalizedTime, Buffer.from(digits))
}

function lengthBytes(length: number): number[] {
  if (length < 0x80) return [length]
  const bytes: number[] = []
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256)
  return [0x80 | bytes.length, ...bytes]
}

function base128(number: number): number[] {
  const digits = [number % 128]
  for (let rest = Math.floor(number / 128); rest > 0; rest = Math.floor(rest / 128)) digits.unshift((rest % 128) | 0x80)
  return digits
}
