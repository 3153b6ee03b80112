/** Types of CEL expressions, how they print, and which may stand for which. Mirrors cel-go common/types/types.go, checker/{format,types,mapping}.go. */

export type TypeKind =
  | 'any'
  | 'bool'
  | 'bytes'
  | 'double'
  | 'duration'
  | 'dyn'
  | 'error'
  | 'int'
  | 'list'
  | 'map'
  | 'null_type'
  | 'opaque'
  | 'string'
  | 'struct'
  | 'timestamp'
  | 'type'
  | 'param'
  | 'uint'

/** Immutable. `name` is what `type(x)` answers; `parameters` are element, key and value, or wrapped types. */
export interface CelType {
  readonly kind: TypeKind
  readonly name: string
  readonly parameters: readonly CelType[]
}

const NONE: readonly CelType[] = []
const simple = (kind: TypeKind, name: string = kind): CelType => ({ kind, name, parameters: NONE })

export const ANY = simple('any', 'google.protobuf.Any')
export const BOOL = simple('bool')
export const BYTES = simple('bytes')
export const DOUBLE = simple('double')
export const DURATION = simple('duration', 'google.protobuf.Duration')
export const DYN = simple('dyn')
export const ERROR = simple('error')
export const INT = simple('int')
export const NULL = simple('null_type')
export const STRING = simple('string')
export const TIMESTAMP = simple('timestamp', 'google.protobuf.Timestamp')
export const TYPE = simple('type')
export const UINT = simple('uint')

export const listType = (element: CelType): CelType => ({ kind: 'list', name: 'list', parameters: [element] })
export const mapType = (key: CelType, value: CelType): CelType => ({
  kind: 'map',
  name: 'map',
  parameters: [key, value],
})
export const typeOf = (type: CelType): CelType => ({ kind: 'type', name: 'type', parameters: [type] })
export const optionalType = (type: CelType): CelType => opaqueType('optional_type', [type])
export const opaqueType = (name: string, parameters: readonly CelType[] = NONE): CelType => ({
  kind: 'opaque',
  name,
  parameters,
})
export const structType = (name: string): CelType => simple('struct', name)
export const typeParam = (name: string): CelType => simple('param', name)

/** As messages print it: `map(string, list(int))`. */
export function formatType(type: CelType): string {
  switch (type.kind) {
    case 'any':
      return 'any'
    case 'duration':
      return 'duration'
    case 'error':
      return '!error!'
    case 'null_type':
      return 'null'
    case 'timestamp':
      return 'timestamp'
    default:
      return type.parameters.length === 0 ? type.name : `${type.name}(${type.parameters.map(formatType).join(', ')})`
  }
}

/** `list(int).(string)`: of a call, as `found no matching overload` prints it. */
export function formatSignature(types: readonly CelType[], isMember: boolean): string {
  const lead = isMember ? `${formatType(types[0])}.` : ''
  return `${lead}(${(isMember ? types.slice(1) : types).map(formatType).join(', ')})`
}

export const isDyn = ({ kind }: CelType): boolean => kind === 'dyn' || kind === 'any'
const isDynOrError = (type: CelType): boolean => type.kind === 'error' || isDyn(type)
export const isOptional = (type: CelType): boolean => type.kind === 'opaque' && type.name === 'optional_type'

/** Same kind, name and parameters all the way down. */
export function isExactType(a: CelType, b: CelType): boolean {
  if (a === b) return true
  if (a.kind !== b.kind || a.name !== b.name || a.parameters.length !== b.parameters.length) return false
  return a.parameters.every((parameter, i) => isExactType(parameter, b.parameters[i]))
}

/** As isExactType, but a type parameter equals any other. */
export function isEquivalentType(a: CelType, b: CelType): boolean {
  if (a.kind !== b.kind) return false
  if (a.kind === 'param') return true
  if (a.name !== b.name || a.parameters.length !== b.parameters.length) return false
  return a.parameters.every((parameter, i) => isEquivalentType(parameter, b.parameters[i]))
}

/** What type parameters stand for so far. */
export type Substitutions = Map<string, CelType>

/** Type parameters replaced by what they stand for; free ones become `dyn` when asked. */
export function substitute(bound: Substitutions, type: CelType, freeIsDyn: boolean): CelType {
  if (type.kind === 'param') {
    const found = bound.get(type.name)
    if (found) return substitute(bound, found, freeIsDyn)
    return freeIsDyn ? DYN : type
  }
  if (type.parameters.length === 0) return type
  return { ...type, parameters: type.parameters.map((parameter) => substitute(bound, parameter, freeIsDyn)) }
}

/** Whether `to` takes a `from`; answers the substitutions under which it does. */
export function assignable(bound: Substitutions, to: CelType, from: CelType): Substitutions | undefined {
  const copy = new Map(bound)
  return isAssignable(copy, to, from) ? copy : undefined
}

export function assignableList(
  bound: Substitutions,
  to: readonly CelType[],
  from: readonly CelType[],
): Substitutions | undefined {
  const copy = new Map(bound)
  return isAssignableList(copy, to, from) ? copy : undefined
}

function isAssignableList(bound: Substitutions, to: readonly CelType[], from: readonly CelType[]): boolean {
  return to.length === from.length && to.every((type, i) => isAssignable(bound, type, from[i]))
}

function isAssignable(bound: Substitutions, to: CelType, from: CelType): boolean {
  if (from.kind === 'param') {
    const { valid, known } = substitutes(bound, to, from)
    if (valid) return true
    if (known) return false
  }
  if (to.kind === 'param') return substitutes(bound, from, to).valid
  if (isDynOrError(to) || isDynOrError(from)) return true
  if (to.kind === 'null_type') return isNullable(from)
  if (from.kind === 'null_type') return isNullable(to)
  switch (to.kind) {
    case 'type':
      return from.kind === 'type'
    case 'opaque':
    case 'list':
    case 'map':
      return to.kind === from.kind && to.name === from.name && isAssignableList(bound, to.parameters, from.parameters)
    default:
      return to.kind === from.kind && to.name === from.name
  }
}

const isNullable = ({ kind }: CelType): boolean =>
  kind === 'opaque' || kind === 'struct' || kind === 'duration' || kind === 'timestamp' || kind === 'null_type'

/** Whether the type may be what the parameter stands for; if so it is noted in `bound`. */
function substitutes(bound: Substitutions, type: CelType, parameter: CelType): { valid: boolean; known: boolean } {
  if (type.kind === parameter.kind && isExactType(type, parameter)) return { valid: true, known: true }
  const present = bound.get(parameter.name)
  if (present) {
    if (isExactType(type, present)) return { valid: true, known: true }
    if (!isAssignable(bound, type, present)) return { valid: false, known: true }
    const general = mostGeneral(type, present)
    if (isFreeOf(bound, parameter, general)) bound.set(parameter.name, general)
    return { valid: true, known: true }
  }
  if (!isFreeOf(bound, parameter, type)) return { valid: false, known: false }
  bound.set(parameter.name, type)
  return { valid: true, known: false }
}

/** The parameter does not occur in the type. */
function isFreeOf(bound: Substitutions, parameter: CelType, within: CelType): boolean {
  if (isExactType(parameter, within)) return false
  if (within.kind === 'param') {
    const found = bound.get(within.name)
    return found === undefined || isFreeOf(bound, parameter, found)
  }
  return within.parameters.every((below) => isFreeOf(bound, parameter, below))
}

export function mostGeneral(a: CelType, b: CelType): CelType {
  return isEqualOrLessSpecific(a, b) ? a : b
}

function isEqualOrLessSpecific(a: CelType, b: CelType): boolean {
  if (isDyn(a) || a.kind === 'param') return true
  if (isDyn(b) || b.kind === 'param') return false
  if (a.kind !== b.kind) return false
  if (a.kind === 'type') return true
  if (a.kind !== 'opaque' && a.kind !== 'list' && a.kind !== 'map') return isExactType(a, b)
  if (a.name !== b.name || a.parameters.length !== b.parameters.length) return false
  return a.parameters.every((parameter, i) => isEqualOrLessSpecific(parameter, b.parameters[i]))
}

/** As Go prints the type where no message of the checker does: by its full name. */
export const typeText = ({ name, parameters }: CelType): string =>
  parameters.length === 0 ? name : `${name}(${parameters.map(typeText).join(', ')})`
