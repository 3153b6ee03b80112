/** Checked trees as closures that evaluate them and count what they cost. Mirrors cel-go interpreter/{planner,attributes}.go. */
import type { Call, Expr, ListExpr, MapExpr, Select, StructExpr } from './ast.ts'
import { planCall } from './calls.ts'
import { planComprehension } from './comprehension.ts'
import type { Environment } from './environment.ts'
import { goType } from './go-types.ts'
import { formatDouble } from './library/conversions.ts'
import { attribute, constant, type Frame, type Plan, type Planner, type Step, spend } from './plan.ts'
import { LIST_COST, MAP_COST, STRUCT_COST } from './runtime-cost.ts'
import {
  CelError,
  CelList,
  CelMap,
  NO_SUCH_OVERLOAD,
  Optional,
  typeOfValue,
  Uint,
  type Value,
  ValueMap,
} from './values.ts'

/** Plans the tree. Throws an Error when a call of constants fails. */
export function plan(expr: Expr, environment: Environment): Step {
  const planner: Planner = { environment, locals: new Map(), depth: 0, plan: (one) => planExpr(one, planner) }
  return planner.plan(expr).run
}

function planExpr(expr: Expr, planner: Planner): Plan {
  switch (expr.kind) {
    case 'literal':
      return constant(expr.value)
    case 'ident':
      return expr.constant === undefined ? planIdent(expr.name, planner) : constant(expr.constant)
    case 'select':
      return expr.testOnly ? planPresence(expr, planner) : planSelect(expr, planner)
    case 'call':
      return planOperator(expr, planner) ?? planCall(expr, planner)
    case 'list':
      return planList(expr, planner)
    case 'map':
      return planMap(expr, planner)
    case 'struct':
      return planStruct(expr, planner)
    case 'comprehension':
      return planComprehension(expr, planner)
  }
}

function planIdent(name: string, { locals }: Planner): Plan {
  const slot = locals.get(name)
  if (slot !== undefined) return attribute((frame) => frame.locals[slot])
  return attribute((frame) => {
    const value = frame.resolve(name)
    return value === undefined ? new CelError(`no such attribute(s): ${name}`) : value
  })
}

/** What reads a plan's value where the base of an attribute costs nothing. */
const rawOf = ({ run, attribute }: Plan): Step => attribute?.raw ?? run

function planSelect({ operand, field }: Select, planner: Planner): Plan {
  return qualified(planner.plan(operand), () => field, false)
}

/** The value with one qualifier more; an optional is looked into and gives an optional. */
function qualified(operand: Plan, key: Step, optional: boolean): Plan {
  const read = rawOf(operand)
  const raw: Step = (frame) => {
    const value = read(frame)
    if (value instanceof CelError || value === Optional.NONE) return value
    const index = key(frame)
    if (index instanceof CelError) return index
    const wrong = unqualified(index)
    if (wrong) {
      spend(frame, 1)
      return wrong
    }
    return value instanceof Optional
      ? qualifyPresent(value.value!, index, frame)
      : optional
        ? qualifyPresent(value, index, frame)
        : qualify(value, index, frame)
  }
  const base = operand.attribute?.base ?? 1
  return attribute(raw, base)
}

function qualify(value: Value, index: Value, frame: Frame): Value {
  spend(frame, 1)
  const found = lookUp(value, index)
  return found === undefined ? missing(value, index) : found
}

function qualifyPresent(value: Value, index: Value, frame: Frame): Value {
  const found = lookUp(value, index)
  if (found === undefined) return Optional.NONE
  spend(frame, 1)
  return found instanceof CelError ? found : new Optional(found)
}

/** What stands at the key or index; undefined when nothing does. */
function lookUp(value: Value, index: Value): Value | undefined {
  if (value instanceof CelMap) return value.get(index)
  if (!(value instanceof CelList)) return undefined
  const at = index instanceof Uint ? index.value : index
  if (typeof at === 'bigint' || (typeof at === 'number' && Number.isInteger(at))) {
    return at >= 0 && at < value.size ? value.at(Number(at)) : undefined
  }
  const what = typeof at === 'number' ? `value ${formatDouble(at)}` : `type '${typeOfValue(index).name}'`
  return new CelError(`unsupported index ${what} in list`)
}

/** Only scalars qualify; undefined when this one may. Lists and maps are called what they are where JSON is read. */
function unqualified(index: Value): CelError | undefined {
  if (typeof index !== 'object' || index instanceof Uint) return undefined
  if (index === null) return new CelError('invalid qualifier type: <nil>')
  if (index instanceof CelList) return new CelError('invalid qualifier type: []interface {}')
  return new CelError(`invalid qualifier type: ${index instanceof CelMap ? 'map[string]interface {}' : goType(index)}`)
}

const missing = (value: Value, index: Value): CelError =>
  new CelError(
    `${value instanceof CelList ? 'index out of bounds' : 'no such key'}: ${index instanceof Uint ? index.value : String(index)}`,
  )

/** `has(a.b)`. */
function planPresence({ operand, field }: Select, planner: Planner): Plan {
  const read = rawOf(planner.plan(operand))
  return {
    run: (frame) => {
      const value = read(frame)
      if (value instanceof CelError) return value
      if (value === Optional.NONE) return false
      spend(frame, 1)
      const found = lookUp(value instanceof Optional ? value.value! : value, field)
      return found instanceof CelError ? found : found !== undefined
    },
  }
}

/** Operators that do not evaluate all of their operands, or read into one. */
function planOperator(expr: Call, planner: Planner): Plan | undefined {
  switch (expr.name) {
    case '_&&_':
      return planLogical(expr, planner, false)
    case '_||_':
      return planLogical(expr, planner, true)
    case '_?_:_':
      return planConditional(expr, planner)
    case '_[_]':
      return planIndex(expr, planner, false)
    case '_[?_]':
    case '_?._':
      return planIndex(expr, planner, true)
    case '@not_strictly_false':
      return planNotFalse(expr, planner)
    case 'or':
    case 'orValue':
      return planOptionalOr(expr, planner)
    default:
      return undefined
  }
}

/** `decisive` on either side decides, even when the other side fails. */
function planLogical({ args }: Call, planner: Planner, decisive: boolean): Plan {
  const [left, right] = args.map((arg) => planner.plan(arg).run)
  return {
    run: (frame) => {
      const a = left(frame)
      if (a === decisive) return a
      const b = right(frame)
      if (b === decisive) return b
      const failed = typeof a === 'boolean' ? b : a
      return typeof failed === 'boolean' || failed instanceof CelError ? failed : NO_SUCH_OVERLOAD
    },
  }
}

function planConditional({ args }: Call, planner: Planner): Plan {
  const [condition, yes, no] = args.map((arg) => planner.plan(arg))
  const [test, onTrue, onFalse] = [condition.run, rawOf(yes), rawOf(no)]
  const raw: Step = (frame) => {
    const value = test(frame)
    if (value === true) return onTrue(frame)
    if (value === false) return onFalse(frame)
    return value instanceof CelError ? value : NO_SUCH_OVERLOAD
  }
  return attribute(raw, 0)
}

function planIndex({ args }: Call, planner: Planner, optional: boolean): Plan {
  const [operand, index] = args.map((arg) => planner.plan(arg))
  return qualified(operand, rawOf(index), optional)
}

function planNotFalse({ args: [arg] }: Call, planner: Planner): Plan {
  const { run } = planner.plan(arg)
  return {
    run: (frame) => {
      const value = run(frame)
      spend(frame, 1)
      return value !== false
    },
  }
}

function planOptionalOr({ name, target, args }: Call, planner: Planner): Plan {
  const optional = planner.plan(target!).run
  const other = planner.plan(args[0]).run
  const unwraps = name === 'orValue'
  return {
    run: (frame) => {
      const value = optional(frame)
      if (value instanceof CelError) return value
      if (!(value instanceof Optional)) return NO_SUCH_OVERLOAD
      if (value.value === undefined) return other(frame)
      return unwraps ? value.value : value
    },
  }
}

/** What `?entry` adds: the value, NONE for nothing, or an error. */
function held(value: Value, what: string): Value {
  if (value instanceof CelError) return value
  if (!(value instanceof Optional)) {
    return new CelError(`cannot initialize optional ${what} from non-optional value ${String(value)}`)
  }
  return value.value === undefined ? Optional.NONE : value.value
}

function planList({ elements, optional }: ListExpr, planner: Planner): Plan {
  const plans = elements.map((element) => planner.plan(element))
  if (optional.size === 0 && plans.every((one) => one.constant)) {
    return constant(new CelList(plans.map((one) => one.constant!.value)))
  }
  const steps = plans.map(({ run }) => run)
  return {
    run: (frame) => {
      spend(frame, LIST_COST)
      const values: Value[] = []
      for (let i = 0; i < steps.length; i++) {
        const value = optional.has(i) ? held(steps[i](frame), 'list element') : steps[i](frame)
        if (value instanceof CelError) return value
        if (value !== Optional.NONE || !optional.has(i)) values.push(value)
      }
      return new CelList(values)
    },
  }
}

function planMap({ entries }: MapExpr, planner: Planner): Plan {
  const plans = entries.map(({ key, value, optional }) => ({
    key: planner.plan(key),
    value: planner.plan(value),
    optional,
  }))
  if (plans.every(({ key, value, optional }) => key.constant && value.constant && !optional)) {
    return constant(new ValueMap(plans.map(({ key, value }) => [key.constant!.value, value.constant!.value])))
  }
  return {
    run: (frame) => {
      spend(frame, MAP_COST)
      const made: [Value, Value][] = []
      for (const { key, value, optional } of plans) {
        const name = key.run(frame)
        if (name instanceof CelError) return name
        const entry = optional ? held(value.run(frame), `entry '${String(name)}'`) : value.run(frame)
        if (entry instanceof CelError) return entry
        if (entry !== Optional.NONE || !optional) made.push([name, entry])
      }
      return new ValueMap(made)
    },
  }
}

function planStruct({ name, fields }: StructExpr, planner: Planner): Plan {
  const struct = planner.environment.struct(name)
  if (!struct?.construct) throw new Error(`unknown type: ${name}`)
  const plans = fields.map((field) => ({ ...field, run: planner.plan(field.value).run }))
  return {
    run: (frame) => {
      spend(frame, STRUCT_COST)
      const values = new Map<string, Value>()
      for (const { name: field, optional, run } of plans) {
        const value = optional ? held(run(frame), `entry '${field}'`) : run(frame)
        if (value instanceof CelError) return value
        if (value !== Optional.NONE || !optional) values.set(field, value)
      }
      return struct.construct!(values)
    },
  }
}
