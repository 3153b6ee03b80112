/** What a call may cost at most, known before anything is evaluated. Mirrors cel-go checker/cost.go, ext/{lists,sets}.go and apiserver/pkg/cel/library/cost.go. */
import type { Expr } from './ast.ts'
import { type Estimate, fixed, ONE, product, scaled, sum, UNBOUNDED, UNKNOWN } from './estimate.ts'
import { LIST_COST, STRUCT_COST } from './runtime-cost.ts'
import { type CelType, isExactType } from './types.ts'

/** An argument: its type, what is known of its size, and of that of its items. */
export interface Sized {
  readonly expr: Expr
  readonly type: CelType
  readonly size: Estimate | undefined
  /** Of an item, when it is a list of which the schema speaks. */
  readonly itemSize: () => Estimate | undefined
}

export interface CallEstimate {
  readonly cost: Estimate
  readonly size?: Estimate
}

type Estimator = (target: Sized | undefined, args: readonly Sized[], overload: string) => CallEstimate | undefined

const STRING_FACTOR = 0.1
const PATTERN_FACTOR = 0.25
const MAX_FORMAT_PATTERN = 128

const sizeOf = (one: Sized): Estimate => one.size ?? UNKNOWN
const scan = (size: Estimate): Estimate => scaled(size, STRING_FACTOR)
const constant = (cost: number): Estimator => {
  const estimate = { cost: fixed(cost) }
  return () => estimate
}

/** Reads the first argument, or the target. */
/** When every character is escaped. Upstream's sum overflows where the size is not bounded. */
const quotedSize = ({ min, max }: Estimate): Estimate => ({ min: min + 2, max: max === UNBOUNDED ? 0 : max * 2 + 2 })
const scanFirst: Estimator = (_, [first]) => first && { cost: scan(sizeOf(first)) }
const scanSame: Estimator = (_, [first]) => first && { cost: scan(sizeOf(first)), size: sizeOf(first) }
const scanTarget: Estimator = (target) => target && { cost: scan(sizeOf(target)), size: sizeOf(target) }

function selector(size: Estimate): Estimate {
  return sum(fixed(LIST_COST), scan(size), scaled(scaled(size, 0.5), LIST_COST + STRUCT_COST))
}

const isText = ({ kind }: CelType): boolean => kind === 'string' || kind === 'bytes'

/** Goes through a list once. */
const traverse: Estimator = (target) => {
  if (!target) return undefined
  const [item] = target.type.parameters
  if (!item) return { cost: scan(sizeOf(target)) }
  const each = isText(item) ? sum(ONE, scan(target.itemSize() ?? UNKNOWN)) : ONE
  return { cost: product(sizeOf(target), each) }
}

const replace: Estimator = (target, [old, by]) => {
  if (!target || !old || !by) return undefined
  const [size, oldSize, bySize] = [sizeOf(target), sizeOf(old), sizeOf(by)]
  const more = (n: number): number => Math.min(n + 1, UNBOUNDED)
  const max =
    oldSize.min === 0
      ? { count: more(size.max), kept: size.max }
      : bySize.max <= oldSize.min
        ? { count: 0, kept: size.max }
        : { count: Math.ceil(size.max / oldSize.min), kept: 0 }
  const min =
    oldSize.max === 0
      ? { count: more(size.min), kept: size.min }
      : oldSize.max <= bySize.min
        ? { count: 0, kept: size.min }
        : { count: Math.ceil(size.min / oldSize.max), kept: 0 }
  const made = sum(product({ min: min.count, max: max.count }, bySize), { min: min.kept, max: max.kept })
  return { cost: scaled(size, 2 * STRING_FACTOR), size: made }
}

const split: Estimator = (target, [, limit]) => {
  if (!target) return undefined
  const size = sizeOf(target)
  const most =
    limit?.expr.kind === 'literal' && typeof limit.expr.value === 'bigint' ? Number(limit.expr.value) : size.max
  return { cost: scaled(size, 2 * STRING_FACTOR), size: { min: 0, max: most < 0 ? UNBOUNDED : most } }
}

const join: Estimator = (target, [separator]) => {
  if (!target) return undefined
  const list = sizeOf(target)
  let size = target.type.parameters.length > 0 ? product(list, target.itemSize() ?? UNKNOWN) : fixed(0)
  if (separator) {
    const between = {
      min: Math.max(list.min - 1, 0),
      max: list.max === UNBOUNDED ? UNBOUNDED : Math.max(list.max - 1, 0),
    }
    size = sum(size, product(sizeOf(separator), between))
  }
  return { cost: scan(size), size }
}

const matching = (text: Estimate, pattern: Estimate): Estimate =>
  product(scan(sum(text, ONE)), scaled(pattern, PATTERN_FACTOR))

const find: Estimator = (target, [pattern]) =>
  target && pattern
    ? { cost: matching(sizeOf(target), sizeOf(pattern)), size: { min: 0, max: sizeOf(target).max } }
    : undefined

const ADDRESS = { min: 4, max: 16 }
const contains =
  (isNetwork: boolean): Estimator =>
  (_, [other], overload) => {
    if (!other) return undefined
    const comparing = [scan(sum(ADDRESS, ADDRESS)), ...(isNetwork ? [scan(ADDRESS), ONE] : [])]
    return { cost: sum(...comparing, ...(overload.endsWith('_string') ? [scan(sizeOf(other))] : [])) }
  }

const OPAQUE = /^(?:net\.|kubernetes\.)/
const equality: Estimator = (_, [a, b]) => {
  if (!a || !b || !OPAQUE.test(a.type.name) || !isExactType(a.type, b.type)) return undefined
  if (a.type.name === 'kubernetes.NamedFormat') return { cost: scan({ min: 1, max: 64 }) }
  if (a.type.name === 'kubernetes.URL') return { cost: scan({ min: 1, max: b.size?.max ?? 1 }) }
  return { cost: ONE }
}

const byName = (names: string, estimator: Estimator): [string, Estimator][] =>
  names.split(' ').map((name) => [name, estimator])

/** Of Kubernetes' libraries. */
const FUNCTIONS = new Map<string, Estimator>([
  ['check', constant(350_000)],
  ...byName('serviceAccount path group resource subresource namespace name allowed reason error errored', constant(1)),
  ...byName('fieldSelector labelSelector', (_, [one]) => one && { cost: selector(sizeOf(one)) }),
  ...byName('isSorted sum max min indexOf lastIndexOf includes', traverse),
  ...byName('url jsonpatch.escapeKey', scanSame),
  ...byName('lowerAscii upperAscii substring trim', scanTarget),
  ['replace', replace],
  ['split', split],
  ['join', join],
  ...byName('find findAll', find),
  ...byName('cidr isIP isCIDR quantity isQuantity semver isSemver', scanFirst),
  ['ip', (target, args, overload) => (overload === 'cidr_ip' ? { cost: ONE } : scanFirst(target, args, overload))],
  ['ip.isCanonical', (_, [one]) => one && { cost: scaled(sizeOf(one), 2 * STRING_FACTOR) }],
  ...byName('masked prefixLength family isUnspecified isLoopback isLinkLocalMulticast', constant(1)),
  ...byName('isLinkLocalUnicast isGlobalUnicast format.named', constant(1)),
  ['containsIP', contains(false)],
  ['containsCIDR', contains(true)],
  ['validate', (_, [one]) => one && { cost: scaled(scan(sizeOf(one)), MAX_FORMAT_PATTERN * PATTERN_FACTOR) }],
  ...byName('sign asInteger isInteger asApproximateFloat isGreaterThan isLessThan compareTo add sub', constant(1)),
  ...byName('major minor patch getScheme getHostname getHost getPort getEscapedPath getQuery', constant(1)),
  ['_==_', equality],
])

/** Of making a list of this size. */
function allocation(size: Estimate, factor = 1): CallEstimate {
  return { cost: sum(scaled(size, factor), ONE, fixed(LIST_COST)), size }
}

const literalCount = ({ expr }: Sized, otherwise: number): number => {
  if (expr.kind !== 'literal' || typeof expr.value !== 'bigint') return otherwise
  return expr.value < 0n ? 0 : Number(expr.value)
}

const selfComparison = (list: Sized, isOfText: boolean): CallEstimate =>
  allocation(product(sizeOf(list), sizeOf(list)), isOfText ? 2 + STRING_FACTOR : 2)

const sets =
  (factor: number): Estimator =>
  (_, [a, b]) => ({ cost: sum(scaled(product(sizeOf(a), sizeOf(b)), factor), ONE) })

const slice: Estimator = (target, [start, end]) => {
  const size = literalCount(end, sizeOf(target!).max) - literalCount(start, 0)
  return allocation(fixed(size < 0 ? UNBOUNDED : size))
}

/** Of cel-go's extensions, by overload. */
const EXTENSIONS = new Map<string, Estimator>([
  ['list_slice', slice],
  ['list_flatten', (target) => allocation(sizeOf(target!))],
  ['list_flatten_int', (target, [depth]) => allocation(sizeOf(target!), literalCount(depth, UNBOUNDED))],
  ['lists_range', (_, [count]) => allocation(fixed(literalCount(count, UNBOUNDED)))],
  ['list_reverse', (target) => allocation(sizeOf(target!))],
  ['list_distinct', (target) => selfComparison(target!, false)],
  ['list_sets_contains_list', sets(1)],
  ['list_sets_intersects_list', sets(1)],
  ['list_sets_equivalent_list', sets(2)],
])

/** Without the cost of target and arguments; undefined: an ordinary call. */
export function estimateCall(
  name: string,
  overload: string,
  target: Sized | undefined,
  args: readonly Sized[],
): CallEstimate | undefined {
  const extension = EXTENSIONS.get(overload)
  if (extension) return extension(target, args, overload)
  const sorted = /^list_(.*)_sort(ByAssociatedKeys)?$/.exec(overload)
  if (sorted) return selfComparison(sorted[2] ? args[0] : target!, sorted[1] === 'string' || sorted[1] === 'bytes')
  return FUNCTIONS.get(name)?.(target, args, overload) ?? estimateStandard(overload, target, args)
}

const COMPARISON = /^(?:(?:less|greater)(?:_equals)?_(?:string|bytes)|equals|not_equals)$/

function comparison([a, b]: readonly Sized[]): CallEstimate {
  const max = Math.min(sizeOf(a).max, sizeOf(b).max)
  return { cost: scan({ min: max > 0 ? 1 : 0, max }) }
}

function estimateStandard(
  overload: string,
  target: Sized | undefined,
  args: readonly Sized[],
): CallEstimate | undefined {
  const [first, second] = args
  if (COMPARISON.test(overload)) return comparison(args)
  switch (overload) {
    case 'string_format':
      return target && { cost: scan(sizeOf(target)) }
    case 'string_to_bytes':
      return {
        cost: scan(sizeOf(first)),
        size: { min: sizeOf(first).min, max: Math.min(sizeOf(first).max * 4, UNBOUNDED) },
      }
    case 'bytes_to_string':
      return { cost: scan(sizeOf(first)), size: { min: Math.floor(sizeOf(first).min / 4), max: sizeOf(first).max } }
    case 'strings_quote':
      return { cost: scan(sizeOf(first)), size: quotedSize(sizeOf(first)) }
    case 'starts_with_string':
    case 'ends_with_string':
      return { cost: scan(sizeOf(first)) }
    case 'in_list':
      return { cost: sizeOf(second) }
    case 'matches':
    case 'matches_string':
      return { cost: target ? matching(sizeOf(target), sizeOf(first)) : matching(sizeOf(first), sizeOf(second)) }
    case 'contains_string':
      return target && { cost: product(scan(sizeOf(target)), scan(sizeOf(first))) }
    case 'add_string':
    case 'add_bytes':
      return { cost: scan(sum(sizeOf(first), sizeOf(second))), size: sum(sizeOf(first), sizeOf(second)) }
    case 'add_list':
      return { cost: ONE, size: sum(sizeOf(first), sizeOf(second)) }
    default:
      return undefined
  }
}
