/** Quantities and semantic versions. Mirrors apiserver/pkg/cel/library/{quantity,semverlib}.go and blang/semver. */
import { StatusError } from '../../errors.ts'
import { quote } from '../../go-text.ts'
import {
  addQuantities,
  compareQuantities,
  newQuantity,
  parseQuantity,
  type Quantity,
  quantitySign,
  subtractQuantities,
} from '../../quantity.ts'
import { type Declaration, namedType } from '../functions.ts'
import { CelError, Opaque, type Value } from '../values.ts'

export class Amount extends Opaque {
  readonly type = namedType('quantity')
  readonly quantity: Quantity
  constructor(quantity: Quantity) {
    super()
    this.quantity = quantity
  }
  equals(other: Value): boolean {
    return other instanceof Amount && compareQuantities(this.quantity, other.quantity) === 0
  }
}

function toQuantity(text: Value): Amount | CelError {
  try {
    return new Amount(parseQuantity(text as string))
  } catch (error) {
    if (error instanceof StatusError) return new CelError(error.message)
    throw error
  }
}

const NANO = -9
const quantity = (value: Value): Quantity => (value as Amount).quantity

/** The whole number that the quantity is, if an int64 holds it. */
function wholeNumber({ unscaled, scale, decimal }: Quantity): bigint | undefined {
  // Of these upstream does not ask whether they are whole.
  if (decimal || scale < 0) return undefined
  if (unscaled === 0n) return 0n
  if (scale > 19) return undefined
  const value = unscaled * 10n ** BigInt(scale)
  return BigInt.asIntN(64, value) === value ? value : undefined
}

const NOT_AN_INTEGER = new CelError('cannot convert value to integer')
const whole = (value: Value): Quantity => newQuantity(value as bigint, 'DecimalExponent')

/** Upstream's two factors, of which the product is not always the nearest double. */
function approximate({ unscaled, scale, decimal }: Quantity): number {
  if (decimal && scale > NANO) return Number(unscaled * 10n ** BigInt(scale - NANO)) * Number(`1e${NANO}`)
  return scale === 0 ? Number(unscaled) : Number(unscaled) * Number(`1e${scale}`)
}

export class SemanticVersion extends Opaque {
  readonly type = namedType('semver')
  readonly parts: readonly [bigint, bigint, bigint]
  readonly pre: readonly string[]
  constructor(parts: readonly [bigint, bigint, bigint], pre: readonly string[]) {
    super()
    this.parts = parts
    this.pre = pre
  }
  equals(other: Value): boolean {
    return other instanceof SemanticVersion && compareVersions(this, other) === 0
  }
}

function compareVersions(a: SemanticVersion, b: SemanticVersion): number {
  for (let i = 0; i < 3; i++) if (a.parts[i] !== b.parts[i]) return a.parts[i] < b.parts[i] ? -1 : 1
  if (a.pre.length === 0 || b.pre.length === 0) return Math.sign(b.pre.length - a.pre.length)
  for (let i = 0; i < Math.min(a.pre.length, b.pre.length); i++) {
    const order = comparePre(a.pre[i], b.pre[i])
    if (order !== 0) return order
  }
  return Math.sign(a.pre.length - b.pre.length)
}

const isNumber = (text: string): boolean => /^\d+$/.test(text)

/** Numbers before texts, and by amount. */
function comparePre(a: string, b: string): number {
  if (isNumber(a) !== isNumber(b)) return isNumber(a) ? -1 : 1
  const [x, y] = isNumber(a) ? [BigInt(a), BigInt(b)] : [a, b]
  return x < y ? -1 : x > y ? 1 : 0
}

const PARTS = ['Major', 'Minor', 'Patch']

export function parseVersion(text: string): SemanticVersion | CelError {
  if (text === '') return new CelError('Version string empty')
  const [major, minor, ...last] = text.split('.')
  if (minor === undefined || last.length === 0) return new CelError('No Major.Minor.Patch elements found')
  const rest = last.join('.')
  const [, patch, pre, build] = /^([^-+]*)(?:-([^+]*))?(?:\+(.*))?$/s.exec(rest)!
  for (const [i, part] of [major, minor, patch].entries()) {
    if (!isNumber(part))
      return new CelError(`Invalid character(s) found in ${PARTS[i].toLowerCase()} number ${quote(part)}`)
    if (/^0\d/.test(part)) return new CelError(`${PARTS[i]} number must not contain leading zeroes ${quote(part)}`)
  }
  const problem = preProblem(pre) ?? buildProblem(build)
  if (problem !== undefined) return new CelError(problem)
  return new SemanticVersion([BigInt(major), BigInt(minor), BigInt(patch)], pre === undefined ? [] : pre.split('.'))
}

const IDENTIFIER = /^[0-9A-Za-z-]+$/

function preProblem(pre: string | undefined): string | undefined {
  for (const part of pre?.split('.') ?? []) {
    if (part === '') return 'Prerelease is empty'
    if (/^0\d+$/.test(part)) return `Numeric PreRelease version must not contain leading zeroes ${quote(part)}`
    if (!IDENTIFIER.test(part)) return `Invalid character(s) found in prerelease ${quote(part)}`
  }
  return undefined
}

function buildProblem(build: string | undefined): string | undefined {
  for (const part of build?.split('.') ?? []) {
    if (part === '') return 'Build meta data is empty'
    if (!IDENTIFIER.test(part)) return `Invalid character(s) found in build meta data ${quote(part)}`
  }
  return undefined
}

/** Forgives a leading v, missing parts and leading zeroes when asked to. */
function toVersion(text: Value, normalize: Value): SemanticVersion | CelError {
  if (!normalize) return parseVersion(text as string)
  const parts = (text as string).replace(/^v/, '').split('.')
  const three = parts.length > 3 ? [...parts.slice(0, 2), parts.slice(2).join('.')] : parts
  const trimmed = three.map((part) =>
    part.length > 1 ? part.replace(/^0+(?=\d)/, '').replace(/^0+(?=\D)/, '0') : part,
  )
  if (trimmed.length < 3) {
    if (/[+-]/.test(trimmed.at(-1)!)) return new CelError('short version cannot contain PreRelease/Build meta data')
    while (trimmed.length < 3) trimmed.push('0')
  }
  return parseVersion(trimmed.join('.'))
}

const versions = (a: Value, b: Value): number => compareVersions(a as SemanticVersion, b as SemanticVersion)
const part = (value: Value, index: number): Value => (value as SemanticVersion).parts[index]

export const QUANTITY_FUNCTIONS: Declaration[] = [
  ['string_to_quantity', 'quantity(string) quantity', toQuantity],
  ['is_quantity_string', 'isQuantity(string) bool', (text) => toQuantity(text) instanceof Amount],
  // Declared as a function of its own upstream, not as a member.
  ['quantity_sign', 'sign(quantity) int', (value) => BigInt(quantitySign(quantity(value)))],
  ['string_to_semver', 'semver(string) semver', (text) => toVersion(text, false)],
  ['string_bool_to_semver', 'semver(string, bool) semver', toVersion],
  ['is_semver_string', 'isSemver(string) bool', (text) => toVersion(text, false) instanceof SemanticVersion],
  [
    'is_semver_string_bool',
    'isSemver(string, bool) bool',
    (text, normalize) => toVersion(text, normalize) instanceof SemanticVersion,
  ],
]

const quantities = (a: Value, b: Value): number => compareQuantities(quantity(a), quantity(b))

export const QUANTITY_MEMBERS: Declaration[] = [
  ['quantity_is_greater_than', 'quantity.isGreaterThan(quantity) bool', (a, b) => quantities(a, b) > 0],
  ['quantity_is_less_than', 'quantity.isLessThan(quantity) bool', (a, b) => quantities(a, b) < 0],
  ['quantity_compare_to', 'quantity.compareTo(quantity) int', (a, b) => BigInt(Math.sign(quantities(a, b)))],
  ['quantity_get_float', 'quantity.asApproximateFloat() double', (value) => approximate(quantity(value))],
  ['quantity_get_int', 'quantity.asInteger() int', (value) => wholeNumber(quantity(value)) ?? NOT_AN_INTEGER],
  ['quantity_is_integer', 'quantity.isInteger() bool', (value) => wholeNumber(quantity(value)) !== undefined],
  ['quantity_add', 'quantity.add(quantity) quantity', (a, b) => new Amount(addQuantities(quantity(a), quantity(b)))],
  ['quantity_add_int', 'quantity.add(int) quantity', (a, b) => new Amount(addQuantities(quantity(a), whole(b)))],
  [
    'quantity_sub',
    'quantity.sub(quantity) quantity',
    (a, b) => new Amount(subtractQuantities(quantity(a), quantity(b))),
  ],
  ['quantity_sub_int', 'quantity.sub(int) quantity', (a, b) => new Amount(subtractQuantities(quantity(a), whole(b)))],
  ['semver_is_greater_than', 'semver.isGreaterThan(semver) bool', (a, b) => versions(a, b) > 0],
  ['semver_is_less_than', 'semver.isLessThan(semver) bool', (a, b) => versions(a, b) < 0],
  ['semver_compare_to', 'semver.compareTo(semver) int', (a, b) => BigInt(versions(a, b))],
  ['semver_major', 'semver.major() int', (value) => part(value, 0)],
  ['semver_minor', 'semver.minor() int', (value) => part(value, 1)],
  ['semver_patch', 'semver.patch() int', (value) => part(value, 2)],
]
