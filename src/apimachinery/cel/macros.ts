/** Calls that stand for other expressions: has, all, map, optMap, sortBy. Mirrors cel-go parser/macro.go, cel/library.go and ext/{comprehensions,lists}.go. */
import { ACCUMULATOR, type Comprehension, call, copyExpr, type Expr } from './ast.ts'

interface MacroCall {
  offset: number
  name: string
  target: Expr | undefined
  args: Expr[]
}

type Expansion = { expr: Expr } | { problem: string; offset: number }
type Macro = (call: Required<Omit<MacroCall, 'target'>> & { target: Expr }) => Expansion

/** What the call stands for; undefined when it is no macro. */
export function expandMacro({ offset, name, target, args }: MacroCall): Expansion | undefined {
  if (target === undefined) return name === 'has' && args.length === 1 ? expandHas(offset, args[0]) : undefined
  return MEMBERS[`${name}/${args.length}`]?.({ offset, name, target, args })
}

function expandHas(offset: number, arg: Expr): Expansion {
  if (arg.kind !== 'select') return { problem: 'invalid argument to has() macro', offset: arg.offset }
  return { expr: { ...arg, offset, testOnly: true } }
}

const literal = (offset: number, value: boolean | bigint): Expr => ({ kind: 'literal', offset, value })
const ident = (offset: number, name: string): Expr => ({ kind: 'ident', offset, name })
const list = (offset: number, ...elements: Expr[]): Expr => ({
  kind: 'list',
  offset,
  elements,
  optional: new Set(),
})

type Fold = Pick<Comprehension, 'init' | 'condition' | 'step' | 'result'>

function all(at: number, predicate: Expr): Fold {
  const result = (): Expr => ident(at, ACCUMULATOR)
  return {
    init: literal(at, true),
    condition: call(at, '@not_strictly_false', result()),
    step: call(at, '_&&_', result(), predicate),
    result: result(),
  }
}

function exists(at: number, predicate: Expr): Fold {
  const result = (): Expr => ident(at, ACCUMULATOR)
  return {
    init: literal(at, false),
    condition: call(at, '@not_strictly_false', call(at, '!_', result())),
    step: call(at, '_||_', result(), predicate),
    result: result(),
  }
}

function existsOne(at: number, predicate: Expr): Fold {
  const result = (): Expr => ident(at, ACCUMULATOR)
  return {
    init: literal(at, 0n),
    condition: literal(at, true),
    step: call(at, '_?_:_', predicate, call(at, '_+_', result(), literal(at, 1n)), result()),
    result: call(at, '_==_', result(), literal(at, 1n)),
  }
}

/** Folds into what begins as `init` and grows by `step`, where the filter holds. */
function collected(at: number, init: Expr, step: (result: Expr) => Expr, filter: Expr | undefined): Fold {
  const result = (): Expr => ident(at, ACCUMULATOR)
  const grown = step(result())
  return {
    init,
    condition: literal(at, true),
    step: filter ? call(at, '_?_:_', filter, grown, result()) : grown,
    result: result(),
  }
}

/** A macro of one variable. `unnamed`: what is said when the first argument is no name. */
function oneVariable(unnamed: string, fold: (at: number, args: Expr[]) => Fold): Macro {
  return ({ offset, target, args }) => {
    const [variable, ...rest] = args
    if (variable.kind !== 'ident') return { problem: unnamed, offset: variable.offset }
    if (isAccumulator(variable.name)) return overwrites(variable)
    const name = variable.name
    const parts = fold(offset, rest.length > 0 && unnamed === NOT_AN_IDENTIFIER ? [...rest, variable] : rest)
    return {
      expr: { kind: 'comprehension', offset, range: target, variable: name, accumulator: ACCUMULATOR, ...parts },
    }
  }
}

function twoVariables(fold: (at: number, args: Expr[], variable: string) => Fold): Macro {
  return ({ offset, target, args }) => {
    const [first, second, ...rest] = args
    for (const one of [first, second]) {
      if (one.kind !== 'ident') return { problem: 'argument must be a simple name', offset: one.offset }
    }
    if (first.kind !== 'ident' || second.kind !== 'ident') return overwrites(first)
    if (first.name === second.name) {
      return { problem: `duplicate variable name: ${first.name}`, offset: second.offset }
    }
    for (const one of [first, second]) if (isAccumulator(one.name)) return overwrites(one)
    const fold2 = fold(offset, rest, first.name)
    const [variable, variable2] = [first.name, second.name]
    return {
      expr: { kind: 'comprehension', offset, range: target, variable, variable2, accumulator: ACCUMULATOR, ...fold2 },
    }
  }
}

const isAccumulator = (name: string): boolean => name === '__result__'
const overwrites = ({ offset }: Expr): Expansion => ({
  problem: 'iteration variable overwrites accumulator variable',
  offset,
})

const NOT_A_NAME = 'argument must be a simple name'
const NOT_AN_IDENTIFIER = 'argument is not an identifier'

/** The filter, when there is one, and what is made of each entry. */
const filtered = (args: Expr[]): [filter: Expr | undefined, made: Expr] =>
  args.length === 2 ? [args[0], args[1]] : [undefined, args[0]]

const mapped = oneVariable(NOT_AN_IDENTIFIER, (at, args) => {
  const [filter, made] = filtered(args.slice(0, -1))
  return collected(at, list(at), (result) => call(at, '_+_', result, list(at, made)), filter)
})

const filter = oneVariable(NOT_AN_IDENTIFIER, (at, [predicate, variable]) =>
  collected(at, list(at), (result) => call(at, '_+_', result, list(at, variable)), predicate),
)

const transformList = twoVariables((at, args) => {
  const [filter, made] = filtered(args)
  return collected(at, list(at), (result) => call(at, '_+_', result, list(at, made)), filter)
})

const emptyMap = (offset: number): Expr => ({ kind: 'map', offset, entries: [] })

const transformMap = twoVariables((at, args, key) => {
  const [filter, made] = filtered(args)
  return collected(at, emptyMap(at), (result) => call(at, 'cel.@mapInsert', result, ident(at, key), made), filter)
})

const transformMapEntry = twoVariables((at, args) => {
  const [filter, made] = filtered(args)
  return collected(at, emptyMap(at), (result) => call(at, 'cel.@mapInsert', result, made), filter)
})

/** Binds `name` to a value while `body` is evaluated: a fold over nothing. */
function bind(offset: number, name: string, value: Expr, body: Expr): Expr {
  return {
    kind: 'comprehension',
    offset,
    range: list(offset),
    variable: '#unused',
    accumulator: name,
    init: value,
    condition: literal(offset, false),
    step: ident(offset, name),
    result: body,
  }
}

function optionalMap(flat: boolean): Macro {
  return ({ offset, name, target, args: [variable, body] }) => {
    if (variable.kind !== 'ident') {
      return { problem: `${name}() variable name must be a simple identifier`, offset: variable.offset }
    }
    const member = (method: string, of: Expr): Expr => ({ kind: 'call', offset, name: method, target: of, args: [] })
    const bound = bind(offset, variable.name, member('value', copyExpr(target)), body)
    const made = flat ? bound : call(offset, 'optional.of', bound)
    return { expr: call(offset, '_?_:_', member('hasValue', target), made, call(offset, 'optional.none')) }
  }
}

const SORTABLE = new Set(['list', 'select', 'ident', 'comprehension', 'call'])
const SORT_INPUT = '@__sortBy_input__'

const sortBy: Macro = (macro) => {
  const { offset, target } = macro
  if (!SORTABLE.has(target.kind)) {
    const problem = 'sortBy can only be applied to a list, identifier, comprehension, call or select expression'
    return { problem, offset: target.offset }
  }
  const keys = mapped({ ...macro, target: ident(offset, SORT_INPUT) })
  if ('problem' in keys) return keys
  const input = ident(offset, SORT_INPUT)
  const sorted: Expr = { kind: 'call', offset, name: '@sortByAssociatedKeys', target: input, args: [keys.expr] }
  return { expr: bind(offset, SORT_INPUT, target, sorted) }
}

/** By name and number of arguments. */
const MEMBERS: Record<string, Macro | undefined> = {
  'all/2': oneVariable(NOT_A_NAME, (at, [predicate]) => all(at, predicate)),
  'exists/2': oneVariable(NOT_A_NAME, (at, [predicate]) => exists(at, predicate)),
  'exists_one/2': oneVariable(NOT_A_NAME, (at, [predicate]) => existsOne(at, predicate)),
  'map/2': mapped,
  'map/3': mapped,
  'filter/2': filter,
  'all/3': twoVariables((at, [predicate]) => all(at, predicate)),
  'exists/3': twoVariables((at, [predicate]) => exists(at, predicate)),
  'exists_one/3': twoVariables((at, [predicate]) => existsOne(at, predicate)),
  'existsOne/3': twoVariables((at, [predicate]) => existsOne(at, predicate)),
  'transformList/3': transformList,
  'transformList/4': transformList,
  'transformMap/3': transformMap,
  'transformMap/4': transformMap,
  'transformMapEntry/3': transformMapEntry,
  'transformMapEntry/4': transformMapEntry,
  'optMap/2': optionalMap(false),
  'optFlatMap/2': optionalMap(true),
  'sortBy/2': sortBy,
}
