/** What a call costs when it is made. Mirrors cel-go interpreter/runtimecost.go, ext/{lists,sets}.go and apiserver/pkg/cel/library/cost.go. */
import { NamedFormat } from './library/named-formats.ts'
import { CelList, CelMap, Opaque, sizeOf, type Value } from './values.ts'

/** Cost by arguments and result; a number where it is always the same. */
export type CallCost = number | ((args: readonly Value[], result: Value) => number)

export const LIST_COST = 10
export const MAP_COST = 30
export const STRUCT_COST = 40

/** Per character that is read. */
const STRING_FACTOR = 0.1
const PATTERN_FACTOR = 0.25

const scan = (value: Value, factor = STRING_FACTOR): number => Math.ceil(sizeOf(value) * factor)
const ofFirst: CallCost = ([first]) => scan(first)
const twiceFirst: CallCost = ([first]) => scan(first, 2 * STRING_FACTOR)
const matching = (text: Value, patternSize: number): number =>
  Math.ceil((1 + sizeOf(text)) * STRING_FACTOR) * Math.ceil(patternSize * PATTERN_FACTOR)
const search: CallCost = ([text, pattern]) => matching(text, sizeOf(pattern))
const smaller: CallCost = ([a, b]) => Math.ceil(Math.min(sizeOf(a), sizeOf(b)) * STRING_FACTOR)

/** Of reading a value through: texts by their bytes, lists and maps by what is in them. */
function traversal(value: Value): number {
  if (typeof value === 'string') return Math.trunc(Buffer.byteLength(value) * STRING_FACTOR)
  if (value instanceof Uint8Array) return Math.trunc(value.length * STRING_FACTOR)
  if (value instanceof CelList) return value.values().reduce<number>((sum, item) => sum + traversal(item), 0)
  if (!(value instanceof CelMap)) return 1
  return value.keys().reduce<number>((sum, key) => sum + traversal(key) + traversal(value.get(key)!), 0)
}

const ofTraversal: CallCost = ([list]) => traversal(list)

/** A selector is read, and makes requirements. */
export function selectorCost(size: number): number {
  return LIST_COST + Math.ceil(size * STRING_FACTOR) + Math.ceil(Math.ceil(size * 0.5) * (LIST_COST + STRUCT_COST))
}

function containsIp(overload: string): CallCost {
  return ([cidr, other]) =>
    Math.ceil(2 * sizeOf(cidr) * STRING_FACTOR) + (overload.endsWith('_string') ? scan(other) : 0)
}

function containsCidr(overload: string): CallCost {
  return ([cidr, other]) =>
    Math.ceil(2 * sizeOf(cidr) * STRING_FACTOR) + scan(cidr) + 1 + (overload.endsWith('_string') ? scan(other) : 0)
}

const validation: CallCost = ([format, text]) =>
  format instanceof NamedFormat ? matching(text, format.patternSize) : 1

const byName = (names: string, cost: CallCost): [string, CallCost][] => names.split(' ').map((name) => [name, cost])

/** Of Kubernetes' libraries; a function of the overload where that matters. */
const FUNCTIONS = new Map<string, CallCost | ((overload: string) => CallCost)>([
  ['check', 350_000],
  ...byName('fieldSelector labelSelector', (args) => selectorCost(sizeOf(args[1]))),
  ...byName('isSorted sum max min indexOf lastIndexOf includes', ofTraversal),
  ...byName('url lowerAscii upperAscii substring trim jsonpatch.escapeKey', ofFirst),
  ...byName('cidr isIP isCIDR quantity isQuantity semver isSemver', ofFirst),
  ...byName('replace split ip.isCanonical', twiceFirst),
  ['join', (_, result) => scan(result, 2 * STRING_FACTOR)],
  ...byName('find findAll', search),
  ['validate', validation],
  ...byName('group path resource subresource namespace name serviceAccount', 1),
])

const OVERLOAD_DEPENDENT: Record<string, (overload: string) => CallCost> = {
  ip: (overload) => (overload === 'cidr_ip' ? 1 : ofFirst),
  containsIP: containsIp,
  containsCIDR: containsCidr,
}

/** Of making a list: its base cost, the call, and so much per entry. */
const allocation = (size: number, factor = 1): number => Math.trunc(size * factor) + 1 + LIST_COST

/** Of comparing the entries of a list with each other. */
function selfComparison(list: Value): number {
  if (!(list instanceof CelList) || list.size === 0) return allocation(0)
  const first = list.at(0)
  const isText = typeof first === 'string' || first instanceof Uint8Array
  return allocation(list.size * list.size, isText ? 2 + STRING_FACTOR : 2)
}

const sets =
  (factor: number): CallCost =>
  ([a, b]) =>
    1 + sizeOf(a) * sizeOf(b) * factor

/** Of cel-go's extensions, by overload. */
const EXTENSIONS = new Map<string, CallCost>([
  ...byName('list_slice lists_range list_reverse', (_, result) => allocation(sizeOf(result))),
  ['list_flatten', ([list]) => allocation(sizeOf(list))],
  ['list_flatten_int', ([list, depth]) => allocation(sizeOf(list), depth === undefined ? 1 : Math.abs(Number(depth)))],
  ['list_distinct', ([list]) => selfComparison(list)],
  ['list_sets_contains_list', sets(1)],
  ['list_sets_intersects_list', sets(1)],
  ['list_sets_equivalent_list', sets(2)],
])

const COMPARISON = /^(?:less|greater)(?:_equals)?_(?:string|bytes)$/

/** Of the call of a function by one overload; '' when more than one may apply. */
export function callCost(name: string, overload: string): CallCost {
  const extension = EXTENSIONS.get(overload)
  if (extension !== undefined) return extension
  if (overload.endsWith('_sortByAssociatedKeys')) return ([, keys]) => selfComparison(keys)
  if (/^list_.*_sort$/.test(overload)) return ([list]) => selfComparison(list)
  if (Object.hasOwn(OVERLOAD_DEPENDENT, name)) return OVERLOAD_DEPENDENT[name](overload)
  const cost = FUNCTIONS.get(name)
  return cost === undefined ? standardCost(name, overload) : (cost as CallCost)
}

function standardCost(name: string, overload: string): CallCost {
  if (name === '_==_')
    return (args, result) => (args[0] instanceof Opaque ? 1 : (smaller as Exclude<CallCost, number>)(args, result))
  if (name === '_!=_' || COMPARISON.test(overload)) return smaller
  switch (overload) {
    case 'starts_with_string':
    case 'ends_with_string':
      return ([, part]) => scan(part)
    case 'string_to_bytes':
    case 'bytes_to_string':
    case 'strings_quote':
    case 'string_format':
      return ofFirst
    case 'in_list':
      return ([, list]) => sizeOf(list)
    case 'add_string':
    case 'add_bytes':
      return ([a, b]) => Math.ceil((sizeOf(a) + sizeOf(b)) * STRING_FACTOR)
    case 'matches':
    case 'matches_string':
      return search
    case 'contains_string':
      return ([text, part]) => scan(text) * scan(part)
    default:
      return 1
  }
}
