/** Calls of functions as closures. Mirrors cel-go interpreter/{planner,decorators}.go. */
import { patternError } from '../regular-expression.ts'
import { ACCUMULATOR, type Call } from './ast.ts'
import { accepts, type Implementation, noSuchOverload, type Overload } from './functions.ts'
import { add } from './operators.ts'
import { constant, type Plan, type Planner, type Step, spend } from './plan.ts'
import { type CallCost, callCost } from './runtime-cost.ts'
import { CelError, CelList, isPrimitive, NO_SUCH_OVERLOAD, type Value, ValueMap } from './values.ts'

const CONVERSIONS = new Set([
  'bool',
  'bytes',
  'double',
  'duration',
  'dyn',
  'int',
  'string',
  'timestamp',
  'type',
  'uint',
])
const PATTERNS = new Set(['find', 'findAll', 'matches'])

/** A call that evaluates all of its arguments first. Throws an Error when it is of constants and fails. */
export function planCall(expr: Call, planner: Planner): Plan {
  const args = (expr.target ? [expr.target, ...expr.args] : expr.args).map((arg) => planner.plan(arg))
  const overloads = applicable(expr, planner)
  const call = expr.name === '_+_' && growsResult(expr) ? grow : implementation(expr.name, overloads)
  if (CONVERSIONS.has(expr.name) && args.length === 1 && args[0].constant) return fold(call, args[0].constant.value)
  if (overloads.length === 1 && overloads[0].id === 'in_list' && args[1].constant) {
    const members = constantMembers(args[1].constant.value as CelList)
    if (members) return planMembership(args[0].run, members)
  }
  const cost = callCost(expr.name, overloads.length === 1 ? overloads[0].id : '')
  const steps = args.map(({ run }) => run)
  const searches = PATTERNS.has(expr.name) && typeof args[1].constant?.value === 'string'
  return { run: searches ? searcher(steps, call, cost, args[1].constant!.value as string) : caller(steps, call, cost) }
}

function applicable({ name, overloads = [] }: Call, { environment }: Planner): Overload[] {
  return environment.functions.get(name)!.filter(({ id }) => overloads.includes(id))
}

function fold(call: Implementation, ...args: Value[]): Plan {
  const value = call(...args)
  if (value instanceof CelError) throw new Error(value.message)
  return constant(value)
}

function implementation(name: string, overloads: readonly Overload[]): Implementation {
  if (overloads[0].unguarded) return overloads[0].call
  return (...args) => {
    for (const { args: types, call } of overloads) {
      if (types.length === args.length && types.every((type, i) => accepts(type, args[i]))) return call(...args)
    }
    return noSuchOverload(name, args)
  }
}

/** Steps of macros add to a list that nobody else has seen yet. */
const growsResult = ({ args: [first] }: Call): boolean => first.kind === 'ident' && first.name === ACCUMULATOR

function grow(list: Value, more: Value): Value {
  if (!(list instanceof CelList) || !(more instanceof CelList)) return add(list, more)
  const items = list.items as Value[]
  for (const item of more.values()) items.push(item)
  return list
}

/** A search for a literal pattern, which is looked at once. */
function searcher([text, ...rest]: Step[], call: Implementation, cost: CallCost, pattern: string): Step {
  const error = patternError(pattern)
  if (error !== undefined) throw new Error(error)
  return (frame) => {
    const args = [text(frame), ...rest.map((step) => step(frame))]
    const failed = args.find((arg) => arg instanceof CelError)
    if (failed) return failed
    const result = typeof args[0] === 'string' ? call(...args) : NO_SUCH_OVERLOAD
    spend(frame, typeof cost === 'number' ? cost : cost(args, result))
    return result
  }
}

function caller(steps: Step[], call: Implementation, cost: CallCost): Step {
  const [first, second] = steps
  const price = (args: Value[], result: Value): number => (typeof cost === 'number' ? cost : cost(args, result))
  if (steps.length === 2) {
    return (frame) => {
      const a = first(frame)
      const b = second(frame)
      const result = a instanceof CelError ? a : b instanceof CelError ? b : call(a, b)
      spend(frame, typeof cost === 'number' ? cost : cost([a, b], result))
      return result
    }
  }
  return (frame) => {
    const args: Value[] = []
    for (const step of steps) {
      const value = step(frame)
      if (value instanceof CelError && steps.length > 2) return value
      args.push(value)
    }
    const failed = args.find((arg) => arg instanceof CelError)
    const result = failed ?? call(...args)
    spend(frame, price(args, result))
    return result
  }
}

/** What a literal list of scalars holds; undefined for other lists. */
function constantMembers(list: CelList): ValueMap | undefined {
  const values = list.values()
  return values.every(isPrimitive) ? new ValueMap(values.map((value) => [value, true])) : undefined
}

/** `x in ['a', 'b']`: looked up, so the list costs nothing. */
function planMembership(item: Step, members: ValueMap): Plan {
  if (members.size === 0) return constant(false)
  return {
    run: (frame) => {
      const value = item(frame)
      return value instanceof CelError ? value : isPrimitive(value) && members.get(value) !== undefined
    },
  }
}
