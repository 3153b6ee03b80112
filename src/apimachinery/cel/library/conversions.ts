/** Conversions between types: `int(x)`, `string(x)`. Mirrors the ConvertToType methods of cel-go common/types. */
import type { Declaration } from '../functions.ts'
import { int, uint } from '../operators.ts'
import { epochSeconds, formatInstant, formatSpan, parseInstant, parseSpan, timestamp } from '../times.ts'
import { typeOf } from '../types.ts'
import { CelError, type Duration, type Timestamp, TypeValue, typeOfValue, type Uint, type Value } from '../values.ts'

const same = (value: Value): Value => value
const INT_OVERFLOW = new CelError('integer overflow')
const UINT_OVERFLOW = new CelError('unsigned integer overflow')
const failed = (to: string): CelError => new CelError(`type conversion error from 'string' to '${to}'`)

const toBigint = (text: Value, pattern: RegExp): bigint | undefined =>
  pattern.test(text as string) ? BigInt((text as string).replace('+', '')) : undefined

function stringToInt(text: Value): Value {
  const value = toBigint(text, /^[+-]?\d+$/)
  return value === undefined || BigInt.asIntN(64, value) !== value ? failed('int') : value
}

function stringToUint(text: Value): Value {
  const value = toBigint(text, /^\d+$/)
  return value === undefined || BigInt.asUintN(64, value) !== value ? failed('uint') : uint(value)
}

const GO_FLOAT = /^[+-]?(?:(?:\d[\d_]*\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|inf(?:inity)?|nan)$/i

function stringToDouble(text: Value): Value {
  const source = text as string
  if (!GO_FLOAT.test(source)) return failed('double')
  if (/nan/i.test(source)) return Number.NaN
  if (/inf/i.test(source)) return source.startsWith('-') ? -Infinity : Infinity
  const value = Number(source)
  return Number.isFinite(value) ? value : failed('double')
}

const BOOLS: Record<string, boolean> = Object.fromEntries([
  ...['1', 't', 'T', 'TRUE', 'true', 'True'].map((text) => [text, true]),
  ...['0', 'f', 'F', 'FALSE', 'false', 'False'].map((text) => [text, false]),
])

function stringToBool(text: Value): Value {
  return Object.hasOwn(BOOLS, text as string) ? BOOLS[text as string] : failed('bool')
}

function doubleToInt(value: Value): Value {
  const number = value as number
  if (!Number.isFinite(number) || number <= -(2 ** 63) || number >= 2 ** 63) return INT_OVERFLOW
  return BigInt(Math.trunc(number))
}

function doubleToUint(value: Value): Value {
  const number = value as number
  if (!Number.isFinite(number) || number < 0 || number >= 2 ** 64) return UINT_OVERFLOW
  return uint(BigInt(Math.trunc(number)))
}

/** As Go's `%g`. */
export function formatDouble(value: number): string {
  if (Number.isNaN(value)) return 'NaN'
  if (!Number.isFinite(value)) return value < 0 ? '-Inf' : '+Inf'
  if (Object.is(value, -0)) return '-0'
  const exponent = value === 0 ? 0 : Number(value.toExponential().split('e')[1])
  // A number below 1 with many digits is written with an exponent by JavaScript only from 1e-7 on, which Go does from 1e-5 on.
  if (exponent >= -4 && exponent < 6) return String(value)
  const [mantissa, power] = value.toExponential().split('e')
  return `${mantissa}e${power[0]}${power.slice(1).padStart(2, '0')}`
}

function bytesToString(value: Value): Value {
  const bytes = Buffer.from(value as Uint8Array)
  const text = bytes.toString()
  return Buffer.from(text).equals(bytes) ? text : new CelError('invalid UTF-8 in bytes, cannot convert to string')
}

export const CONVERSIONS: Declaration[] = [
  ['type', 'type(A) type<A>', (value) => new TypeValue(typeOf(typeOfValue(value)).parameters[0])],
  ['bool_to_bool', 'bool(bool) bool', same],
  ['string_to_bool', 'bool(string) bool', stringToBool],
  ['bytes_to_bytes', 'bytes(bytes) bytes', same],
  ['string_to_bytes', 'bytes(string) bytes', (text) => Buffer.from(text as string)],
  ['double_to_double', 'double(double) double', same],
  ['int64_to_double', 'double(int) double', (value) => Number(value)],
  ['string_to_double', 'double(string) double', stringToDouble],
  ['uint64_to_double', 'double(uint) double', (value) => Number((value as Uint).value)],
  ['duration_to_duration', 'duration(duration) duration', same],
  ['string_to_duration', 'duration(string) duration', stringToDuration],
  ['to_dyn', 'dyn(A) dyn', same],
  ['int64_to_int64', 'int(int) int', same],
  ['double_to_int64', 'int(double) int', doubleToInt],
  ['duration_to_int64', 'int(duration) int', (value) => (value as Duration).nanos],
  ['string_to_int64', 'int(string) int', stringToInt],
  ['timestamp_to_int64', 'int(timestamp) int', (value) => epochSeconds(value as Timestamp)],
  ['uint64_to_int64', 'int(uint) int', (value) => int((value as Uint).value)],
  ['string_to_string', 'string(string) string', same],
  ['bool_to_string', 'string(bool) string', String],
  ['bytes_to_string', 'string(bytes) string', bytesToString],
  ['double_to_string', 'string(double) string', (value) => formatDouble(value as number)],
  ['duration_to_string', 'string(duration) string', (value) => formatSpan(value as Duration)],
  ['int64_to_string', 'string(int) string', String],
  ['timestamp_to_string', 'string(timestamp) string', (value) => formatInstant(value as Timestamp)],
  ['uint64_to_string', 'string(uint) string', (value) => String((value as Uint).value)],
  ['timestamp_to_timestamp', 'timestamp(timestamp) timestamp', same],
  ['int64_to_timestamp', 'timestamp(int) timestamp', (value) => timestamp((value as bigint) * 1_000_000_000n)],
  ['string_to_timestamp', 'timestamp(string) timestamp', stringToTimestamp],
  ['uint64_to_uint64', 'uint(uint) uint', same],
  ['double_to_uint64', 'uint(double) uint', doubleToUint],
  ['int64_to_uint64', 'uint(int) uint', (value) => uint(value as bigint)],
  ['string_to_uint64', 'uint(string) uint', stringToUint],
]

function stringToDuration(text: Value): Value {
  return parseSpan(text as string) ?? failed('google.protobuf.Duration')
}

function stringToTimestamp(text: Value): Value {
  return parseInstant(text as string) ?? failed('google.protobuf.Timestamp')
}
