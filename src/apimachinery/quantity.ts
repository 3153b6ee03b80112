/** resource.Quantity: exact decimal amounts with a suffix family. Mirrors apimachinery/pkg/api/resource. */
import { newBadRequest } from './errors.ts'

export type QuantityFormat = 'DecimalSI' | 'BinarySI' | 'DecimalExponent'

/** `unscaled * 10 ** scale`. Immutable. */
export interface Quantity {
  readonly unscaled: bigint
  readonly scale: number
  readonly format: QuantityFormat
  /** The text it was parsed from, where upstream keeps that for printing. */
  readonly text?: string
  /** Upstream holds it as a decimal number, because it does not fit an int64 or takes part in what does not. */
  readonly decimal?: true
}

const FORMAT_WRONG = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
const NUMERIC_WRONG = 'unable to parse numeric part of quantity'
const SUFFIX_WRONG = "unable to parse quantity's suffix"

const DECIMAL_SUFFIXES: Record<string, number> = { n: -9, u: -6, m: -3, '': 0, k: 3, M: 6, G: 9, T: 12, P: 15, E: 18 }
const BINARY_SUFFIXES: Record<string, number> = { Ki: 10, Mi: 20, Gi: 30, Ti: 40, Pi: 50, Ei: 60 }
const DECIMAL_NAMES = new Map(Object.entries(DECIMAL_SUFFIXES).map(([name, exponent]) => [exponent, name]))
const BINARY_NAMES = new Map(Object.entries(BINARY_SUFFIXES).map(([name, exponent]) => [exponent, name]))

const NANO = -9
const MAX_INT64 = 2n ** 63n - 1n

export const ZERO: Quantity = { unscaled: 0n, scale: 0, format: 'DecimalSI', text: '0' }

/** A whole number; `milli` thousandths. */
export const newQuantity = (value: number | bigint, format: QuantityFormat = 'DecimalSI'): Quantity => ({
  unscaled: BigInt(value),
  scale: 0,
  format,
})
export const milliQuantity = (milli: number | bigint, format: QuantityFormat = 'DecimalSI'): Quantity => ({
  unscaled: BigInt(milli),
  scale: -3,
  format,
})

const SHAPE = /^([+-]?)(0*)([0-9]*)(?:\.([0-9]*))?([eEinumkKMGTP]*[-+]?[0-9]*)$/

/** Amounts are few, and the same ones are read at every step of a write. */
const recent = new Map<string, Quantity>()
const MAX_RECENT = 4096
const MAX_RECENT_LENGTH = 32

/** Throws 400 with upstream's message. */
export function parseQuantity(text: string): Quantity {
  const known = recent.get(text)
  if (known !== undefined) return known
  const amount = readQuantity(text)
  if (recent.size >= MAX_RECENT) recent.clear()
  if (text.length <= MAX_RECENT_LENGTH) recent.set(text, amount)
  return amount
}

function readQuantity(text: string): Quantity {
  if (text === '0') return ZERO
  const match = text === '' ? null : SHAPE.exec(text)
  if (!match) throw newBadRequest(FORMAT_WRONG)
  const [, sign, zeroes, digits, fraction = '', suffix] = match
  const { exponent, format } = parseSuffix(suffix)
  const parsed = { sign, digits: digits || '0', fraction, exponent, format }
  const small = parseSmall(text, parsed)
  if (small) return small
  if (zeroes === '' && digits === '' && fraction === '') throw newBadRequest(NUMERIC_WRONG)
  return parseLarge(parsed)
}

interface ParsedText {
  sign: string
  /** Without leading zeroes. */
  digits: string
  fraction: string
  exponent: number
  format: QuantityFormat
}

function parseSuffix(suffix: string): { exponent: number; format: QuantityFormat } {
  if (Object.hasOwn(DECIMAL_SUFFIXES, suffix)) return { exponent: DECIMAL_SUFFIXES[suffix], format: 'DecimalSI' }
  if (Object.hasOwn(BINARY_SUFFIXES, suffix)) return { exponent: BINARY_SUFFIXES[suffix], format: 'BinarySI' }
  if (!/^[eE][+-]?[0-9]+$/.test(suffix)) throw newBadRequest(SUFFIX_WRONG)
  const exponent = BigInt(suffix.slice(1).replace('+', ''))
  if (BigInt.asIntN(64, exponent) !== exponent) throw newBadRequest(SUFFIX_WRONG)
  return { exponent: Number(BigInt.asIntN(32, exponent)), format: 'DecimalExponent' }
}

/** What fits upstream's int64 form; that form keeps the text when it looks canonical. Undefined: parseLarge has to do it. */
function parseSmall(text: string, { sign, digits, fraction, exponent, format }: ParsedText): Quantity | undefined {
  const binary = format === 'BinarySI'
  if (binary && fraction !== '') return undefined
  const precision = binary
    ? 15 - digits.length - Math.trunc((exponent * 3) / 10) - 1
    : 18 - digits.length - fraction.length
  const scale = (binary ? 0 : exponent) - fraction.length
  if (precision < 0 || scale < NANO) return undefined
  const shifted = digits + fraction
  const value = BigInt(shifted) << BigInt(binary ? exponent : 0)
  if (value > MAX_INT64) return undefined
  const keeps = binary
    ? (Number(shifted.slice(-3)) & 7) !== 0
    : scale % 3 === 0 && !shifted.endsWith('000') && shifted[0] !== '0'
  return { unscaled: sign === '-' ? -value : value, scale, format, ...(keeps ? { text } : {}) }
}

/** Rounds away from zero to nano; binary amounts are capped at the largest int64. */
function parseLarge({ sign, digits, fraction, exponent, format }: ParsedText): Quantity {
  const binary = format === 'BinarySI'
  const unscaled = BigInt(digits + fraction) << BigInt(binary ? exponent : 0)
  let amount = roundUp({ unscaled, scale: (binary ? 0 : exponent) - fraction.length, format }, NANO)
  if (binary && compareQuantities(amount, { ...amount, unscaled: MAX_INT64, scale: 0 }) > 0) {
    amount = { unscaled: MAX_INT64, scale: 0, format }
  }
  const belowOne = amount.unscaled > 0n && compareQuantities(amount, newQuantity(1)) < 0
  if (binary && belowOne) amount = { ...amount, format: 'DecimalSI' }
  return { ...amount, unscaled: sign === '-' ? -amount.unscaled : amount.unscaled, decimal: true }
}

/** The nearest multiple of `10 ** scale` that is not nearer to zero. */
export function roundUp(amount: Quantity, scale: number): Quantity {
  if (amount.scale >= scale) return amount
  const sign = amount.unscaled < 0n ? -1n : 1n
  // So far below the scale that the power of ten would not fit in memory.
  if (magnitude(amount) < scale) return { unscaled: amount.unscaled === 0n ? 0n : sign, scale, format: amount.format }
  const divisor = 10n ** BigInt(scale - amount.scale)
  const exact = amount.unscaled % divisor === 0n
  return { unscaled: amount.unscaled / divisor + (exact ? 0n : sign), scale, format: amount.format }
}

export function isWhole(amount: Quantity): boolean {
  return amount.scale >= 0 || compareQuantities(roundUp(amount, 0), amount) === 0
}

/** Exponent of the first digit: `10 ** magnitude` is above the amount's absolute value and at most ten times it. */
function magnitude(amount: Quantity): number {
  const text = String(amount.unscaled)
  return text.length - (text[0] === '-' ? 1 : 0) + amount.scale
}

/** Canonical text, or the text it was parsed from where upstream prints that. */
export function formatQuantity(amount: Quantity): string {
  return amount.text ?? canonicalText(amount)
}

// What is written most: kept as it is without arithmetic.
const PLAIN_DECIMAL = /^[1-9][0-9]{0,11}[mkMGTP]?$/
const PLAIN_BINARY = /^[1-9][0-9]{0,2}[KMGT]i$/

/** What the server makes of a quantity's text: `1.5Gi` becomes `1536Mi`. Throws 400 with upstream's message. */
export function canonicalQuantity(text: string): string {
  if (PLAIN_BINARY.test(text) || (PLAIN_DECIMAL.test(text) && !/000[mkMGTP]?$/.test(text))) return text
  return formatQuantity(parseQuantity(text.trim()))
}

function canonicalText(amount: Quantity): string {
  if (amount.unscaled === 0n) return '0'
  if (amount.format === 'BinarySI') {
    const whole = roundUp(amount, 0)
    const large =
      compareQuantities(amount, newQuantity(1024)) >= 0 || compareQuantities(amount, newQuantity(-1024)) <= 0
    if (large && compareQuantities(whole, amount) === 0) return binaryText(whole)
  }
  return decimalText(amount)
}

function binaryText({ unscaled, scale }: Quantity): string {
  let value = unscaled * 10n ** BigInt(scale)
  let exponent = 0
  for (; value % 1024n === 0n; value /= 1024n) exponent += 10
  return `${value}${BINARY_NAMES.get(exponent) ?? ''}`
}

/** An exponent beyond the suffixes prints none, as upstream's does. */
function decimalText({ unscaled, scale, format }: Quantity): string {
  let value = unscaled
  let exponent = scale
  for (; value % 10n === 0n; value /= 10n) exponent++
  for (; exponent % 3 !== 0; exponent--) value *= 10n
  if (format === 'DecimalExponent') return exponent === 0 ? `${value}` : `${value}e${exponent}`
  return `${value}${DECIMAL_NAMES.get(exponent) ?? ''}`
}

/** Negative, zero or positive, as sort functions want it. */
export function compareQuantities(a: Quantity, b: Quantity): number {
  if (a.scale === b.scale) return a.unscaled < b.unscaled ? -1 : a.unscaled > b.unscaled ? 1 : 0
  const signs = quantitySign(a) - quantitySign(b)
  if (signs !== 0 || a.unscaled === 0n) return Math.sign(signs)
  // By magnitude first: the scales may be so far apart that the power of ten would not fit in memory.
  const magnitudes = magnitude(a) - magnitude(b)
  if (magnitudes !== 0) return Math.sign(magnitudes) * quantitySign(a)
  const scale = Math.min(a.scale, b.scale)
  const [x, y] = [atScale(a, scale), atScale(b, scale)]
  return x < y ? -1 : x > y ? 1 : 0
}

/** The format is the first's, unless that is zero. */
export function addQuantities(a: Quantity, b: Quantity): Quantity {
  const scale = Math.min(a.scale, b.scale)
  return {
    unscaled: atScale(a, scale) + atScale(b, scale),
    scale,
    format: a.unscaled === 0n ? b.format : a.format,
    ...(a.decimal || b.decimal ? { decimal: true } : {}),
  }
}

export function subtractQuantities(a: Quantity, b: Quantity): Quantity {
  return addQuantities(a, { ...b, unscaled: -b.unscaled })
}

export function multiplyQuantity(a: Quantity, factor: number | bigint): Quantity {
  return { unscaled: a.unscaled * BigInt(factor), scale: a.scale, format: a.format }
}

function atScale(amount: Quantity, scale: number): bigint {
  return amount.scale === scale ? amount.unscaled : amount.unscaled * 10n ** BigInt(amount.scale - scale)
}

export function quantitySign(amount: Quantity): -1 | 0 | 1 {
  return amount.unscaled === 0n ? 0 : amount.unscaled < 0n ? -1 : 1
}

export const isZeroQuantity = (amount: Quantity): boolean => amount.unscaled === 0n

/** In units of `10 ** scale`, rounded away from zero; 0 when no int64 can hold it, as upstream answers. */
export function scaledValue(amount: Quantity, scale: number): bigint {
  const rounded = roundUp(amount, scale)
  if (rounded.unscaled === 0n || magnitude(rounded) - scale > 20) return 0n
  const value = atScale(rounded, scale)
  return BigInt.asIntN(64, value) === value ? value : 0n
}

/** Whole units, rounded up. */
export const quantityValue = (amount: Quantity): number => Number(scaledValue(amount, 0))
/** Thousandths, rounded up. */
export const quantityMilliValue = (amount: Quantity): number => Number(scaledValue(amount, -3))
