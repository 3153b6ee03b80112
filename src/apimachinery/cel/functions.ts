/** Functions as environments declare them: overloads with types, and what they do. Mirrors cel-go common/decls/decls.go. */
import * as T from './types.ts'
import { CelError, CelList, CelMap, Optional, typeOfValue, type Value } from './values.ts'

export type Implementation = (...args: Value[]) => Value

export interface Overload {
  id: string
  /** Called as `args[0].name(...)`. */
  member: boolean
  args: readonly T.CelType[]
  result: T.CelType
  /** Names of the type parameters in args and result. */
  parameters: readonly string[]
  call: Implementation
  /** Called with any argument types: the operation itself answers for those it does not take. */
  unguarded: boolean
}

/** Overloads by the function's name, in the order in which they are tried. */
export type FunctionTable = ReadonlyMap<string, readonly Overload[]>

/** A declaration: id, `string.indexOf(string, int) int` or `size(list<A>) int`, and what it does. */
export type Declaration = readonly [id: string, signature: string, call: Implementation]

const NAMES: Record<string, T.CelType> = {
  bool: T.BOOL,
  bytes: T.BYTES,
  double: T.DOUBLE,
  duration: T.DURATION,
  dyn: T.DYN,
  int: T.INT,
  null: T.NULL,
  string: T.STRING,
  timestamp: T.TIMESTAMP,
  uint: T.UINT,
  url: T.structType('kubernetes.URL'),
  quantity: T.structType('kubernetes.Quantity'),
  semver: T.structType('kubernetes.Semver'),
  namedformat: T.structType('kubernetes.NamedFormat'),
  ip: T.opaqueType('net.IP'),
  cidr: T.opaqueType('net.CIDR'),
  authorizer: T.structType('kubernetes.authorization.Authorizer'),
  pathcheck: T.structType('kubernetes.authorization.PathCheck'),
  groupcheck: T.structType('kubernetes.authorization.GroupCheck'),
  resourcecheck: T.structType('kubernetes.authorization.ResourceCheck'),
  decision: T.structType('kubernetes.authorization.Decision'),
}

/** A type by the name that signatures use. */
export const namedType = (name: string): T.CelType => NAMES[name]

/** `member`: what stands before the last dot of the name is a receiver, not a name space. */
export function declare(
  table: Map<string, Overload[]>,
  declarations: readonly Declaration[],
  { member = false, unguarded = false } = {},
): void {
  for (const [id, signature, call] of declarations) {
    const { receiver, name, args, result } = parseSignature(signature, member)
    const types = [...receiver, ...args]
    const parameters = [...new Set([...types, result].flatMap(parametersOf))]
    const overload: Overload = { id, member, args: types, result, parameters, call, unguarded }
    const present = table.get(name)
    if (present) present.push(overload)
    else table.set(name, [overload])
  }
}

function parseSignature(signature: string, member: boolean) {
  const open = signature.indexOf('(')
  const close = signature.lastIndexOf(') ')
  const lead = signature.slice(0, open)
  const dot = member ? lead.lastIndexOf('.') : -1
  return {
    receiver: member ? [parseType(lead.slice(0, dot))] : [],
    name: lead.slice(dot + 1),
    args: splitTypes(signature.slice(open + 1, close)).map(parseType),
    result: parseType(signature.slice(close + 2)),
  }
}

function splitTypes(text: string): string[] {
  const parts: string[] = []
  let depth = 0
  let start = 0
  for (let i = 0; i < text.length; i++) {
    if (text[i] === '<') depth++
    else if (text[i] === '>') depth--
    else if (text[i] === ',' && depth === 0) {
      parts.push(text.slice(start, i))
      start = i + 1
    }
  }
  if (text.trim() !== '') parts.push(text.slice(start))
  return parts.map((part) => part.trim())
}

function parseType(text: string): T.CelType {
  const open = text.indexOf('<')
  if (open < 0) return /^[A-Z]$/.test(text) ? T.typeParam(text) : NAMES[text]
  const below = splitTypes(text.slice(open + 1, -1)).map(parseType)
  switch (text.slice(0, open)) {
    case 'list':
      return T.listType(below[0])
    case 'map':
      return T.mapType(below[0], below[1])
    case 'type':
      return T.typeOf(below[0])
    default:
      return T.optionalType(below[0])
  }
}

function parametersOf(type: T.CelType): string[] {
  return type.kind === 'param' ? [type.name] : type.parameters.flatMap(parametersOf)
}

/** Whether a value may be given where the type is declared; of lists and maps the first entry speaks for all. */
export function accepts(type: T.CelType, value: Value): boolean {
  switch (type.kind) {
    case 'param':
    case 'dyn':
    case 'any':
      return true
    case 'list':
      return value instanceof CelList && (value.size === 0 || accepts(type.parameters[0], value.at(0)))
    case 'map':
      return value instanceof CelMap
    case 'type':
      return typeOfValue(value).kind === 'type'
    default:
      return type.name === 'optional_type' ? value instanceof Optional : typeOfValue(value).name === type.name
  }
}

/** What a call says whose arguments fit no overload. */
export function noSuchOverload(name: string, args: readonly Value[]): CelError {
  return new CelError(`no such overload: ${name}(${args.map((arg) => typeOfValue(arg).name).join(', ')})`)
}
