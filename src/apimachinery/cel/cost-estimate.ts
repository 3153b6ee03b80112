/** What evaluating an expression may cost at most, by what a schema says of sizes. Mirrors cel-go checker/cost.go. */
import { ACCUMULATOR, type Call, type Comprehension, type Expr, type ListExpr, type MapExpr } from './ast.ts'
import { estimateCall, type Sized } from './call-estimate.ts'
import type { Program } from './compile.ts'
import { type Estimate, fixed, ONE, product, sum, UNKNOWN, union, ZERO } from './estimate.ts'
import { LIST_COST, MAP_COST, STRUCT_COST } from './runtime-cost.ts'
import type { CelType } from './types.ts'
import { textSize } from './values.ts'

/** The size of what stands at a path of a variable (`['self', 'items', '@items']`); undefined: nothing is known. */
export type SizeOfPath = (path: readonly string[]) => Estimate | undefined

export const estimateCost = ({ expr }: Program, sizeOfPath: SizeOfPath = () => undefined): Estimate =>
  new Coster(sizeOfPath).cost(expr)

/** Sizes of a list's or map's entries. */
interface EntrySize {
  kind: 'list' | 'map'
  key: Estimate
  value: Estimate
}

interface LocalVariable {
  path: readonly string[]
  size?: Estimate | undefined
  entrySize?: EntrySize | undefined
}

class Coster {
  private readonly sizeOfPath: SizeOfPath
  private readonly paths = new Map<Expr, readonly string[]>()
  private readonly sizes = new Map<Expr, Estimate>()
  private readonly entrySizes = new Map<Expr, EntrySize>()
  private readonly locals = new Map<string, LocalVariable[]>()

  constructor(sizeOfPath: SizeOfPath) {
    this.sizeOfPath = sizeOfPath
  }

  cost(expr: Expr): Estimate {
    switch (expr.kind) {
      case 'literal':
        return ZERO
      case 'ident':
        this.paths.set(expr, this.local(expr)?.path ?? [expr.name])
        return ONE
      case 'select':
        return this.selectCost(expr)
      case 'call':
        return this.callCost(expr)
      case 'list':
        return this.listCost(expr)
      case 'map':
        return this.mapCost(expr)
      case 'struct':
        return sum(fixed(STRUCT_COST), ...expr.fields.map(({ value }) => this.cost(value)))
      case 'comprehension':
        return isBinding(expr) ? this.bindingCost(expr) : this.comprehensionCost(expr)
    }
  }

  private local(expr: Expr): LocalVariable | undefined {
    return expr.kind === 'ident' ? this.locals.get(expr.name)?.at(-1) : undefined
  }

  private push(name: string, variable: LocalVariable): void {
    this.locals.set(name, [...(this.locals.get(name) ?? []), variable])
  }

  private pop(name: string): void {
    this.locals.get(name)!.pop()
  }

  private path(expr: Expr): readonly string[] {
    return this.local(expr)?.path ?? this.paths.get(expr) ?? []
  }

  private selectCost(expr: Extract<Expr, { kind: 'select' }>): Estimate {
    const operand = this.cost(expr.operand)
    if (expr.testOnly) return operand
    const { kind } = expr.operand.type!
    this.paths.set(expr, [...this.path(expr.operand), expr.field])
    return kind === 'map' || kind === 'struct' || kind === 'param' ? sum(operand, ONE) : operand
  }

  private callCost(expr: Call): Estimate {
    const { name, args, target } = expr
    if (name === 'dyn' && !target) {
      const cost = sum(this.cost(args[0]), ONE)
      this.copySizes(expr, args[0])
      return cost
    }
    const argCosts = args.map((arg) => this.cost(arg))
    const sized = args.map((arg) => this.sized(arg))
    const targetCost = target ? this.cost(target) : ZERO
    const sizedTarget = target && this.sized(target)
    let cost: Estimate | undefined
    let size: Estimate | undefined
    for (const overload of expr.overloads ?? []) {
      const estimate = this.overloadCost(expr, overload, sizedTarget, sized, argCosts)
      cost = cost ? union(cost, estimate.cost) : { min: estimate.cost.min, max: estimate.cost.max }
      if (estimate.size) size = size ? union(size, estimate.size) : estimate.size
      if (overload === 'index_list' || overload === 'index_map') size = this.indexed(expr, overload)
      size ??= this.size(expr)
    }
    if (size) this.sizes.set(expr, size)
    return sum(targetCost, cost ?? ZERO)
  }

  private indexed(expr: Call, overload: string): Estimate | undefined {
    this.paths.set(expr, [...this.path(expr.args[0]), overload === 'index_list' ? '@items' : '@values'])
    return this.entrySize(expr.args[0])?.value
  }

  private overloadCost(
    expr: Call,
    overload: string,
    target: Sized | undefined,
    args: Sized[],
    argCosts: Estimate[],
  ): { cost: Estimate; size?: Estimate | undefined } {
    if (overload === 'logical_and' || overload === 'logical_or') {
      return { cost: { min: argCosts[0].min, max: sum(...argCosts).max } }
    }
    if (overload === 'conditional') {
      const [, yes, no] = expr.args
      const [a, b] = [this.entrySize(yes), this.entrySize(no)]
      if (a && b) this.entrySizes.set(expr, joined(a, b))
      const size = union(this.size(yes) ?? UNKNOWN, this.size(no) ?? UNKNOWN)
      return { cost: sum(argCosts[0], union(argCosts[1], argCosts[2])), size }
    }
    if (/^add_(?:string|bytes|list)$/.test(overload)) {
      const [a, b] = expr.args.map((arg) => this.entrySize(arg))
      if (a && b) this.entrySizes.set(expr, joined(a, b))
    }
    const estimate = estimateCall(expr.name, overload, target, args)
    return { cost: sum(estimate?.cost ?? ONE, ...argCosts), size: estimate?.size }
  }

  private sized(expr: Expr): Sized {
    const path = this.path(expr)
    const isResult = path[0] === ACCUMULATOR || path[0] === '__result__'
    return {
      expr,
      type: expr.type!,
      size: this.size(expr),
      itemSize: () => (path.length === 0 || isResult ? undefined : this.sizeOfPath([...path, '@items'])),
    }
  }

  private size(expr: Expr): Estimate | undefined {
    const known = this.sizes.get(expr) ?? literalSize(expr)
    if (known) return known
    const path = this.path(expr)
    const declared = path.length > 0 ? this.sizeOfPath(path) : undefined
    if (declared) {
      this.sizes.set(expr, declared)
      return declared
    }
    return isScalar(expr.type!) ? ONE : this.local(expr)?.size
  }

  private entrySize(expr: Expr): EntrySize | undefined {
    return this.entrySizes.get(expr) ?? this.local(expr)?.entrySize
  }

  private copySizes(to: Expr, from: Expr): void {
    const [size, entrySize] = [this.size(from), this.entrySize(from)]
    if (size) this.sizes.set(to, size)
    if (entrySize) this.entrySizes.set(to, entrySize)
  }

  private anySize(exprs: readonly Expr[]): Estimate {
    if (exprs.length === 0) return ZERO
    return exprs.map((expr) => this.size(expr) ?? UNKNOWN).reduce(union)
  }

  private listCost(expr: ListExpr): Estimate {
    const costs = expr.elements.map((element) => this.cost(element))
    this.entrySizes.set(expr, { kind: 'list', key: ONE, value: this.anySize(expr.elements) })
    return sum(fixed(LIST_COST), ...costs)
  }

  private mapCost(expr: MapExpr): Estimate {
    const costs = expr.entries.flatMap(({ key, value }) => [this.cost(key), this.cost(value)])
    const key = this.anySize(expr.entries.map((entry) => entry.key))
    const value = this.anySize(expr.entries.map((entry) => entry.value))
    this.entrySizes.set(expr, { kind: 'map', key, value })
    return sum(fixed(MAP_COST), ...costs)
  }

  /** `name` is bound to a value while the result is evaluated. */
  private bindingCost(expr: Comprehension): Estimate {
    const costs = [this.cost(expr.range), this.cost(expr.init)]
    this.push(expr.accumulator, this.variable(expr.init))
    costs.push(this.cost(expr.result))
    this.pop(expr.accumulator)
    this.copySizes(expr, expr.result)
    return sum(...costs)
  }

  private variable(expr: Expr): LocalVariable {
    return { path: this.path(expr), size: this.size(expr), entrySize: this.entrySize(expr) }
  }

  private comprehensionCost(expr: Comprehension): Estimate {
    const before = [this.cost(expr.range), this.cost(expr.init)]
    this.push(expr.accumulator, this.variable(expr.init))
    const variables = this.loopVariables(expr)
    for (const [name, variable] of variables) this.push(name, variable)
    const loop = sum(this.cost(expr.condition), this.cost(expr.step))
    const grown = this.entrySize(expr.step)
    for (const [name] of variables) this.pop(name)
    const result = this.cost(expr.result)
    this.pop(expr.accumulator)
    const count = this.size(expr.range) ?? UNKNOWN
    if (expr.init.kind === 'literal') this.sizes.set(expr, ONE)
    else if (expr.init.kind === 'list' || expr.init.kind === 'map') {
      this.sizes.set(expr, count)
      if (grown) this.entrySizes.set(expr, grown)
    }
    return sum(...before, result, product(count, loop))
  }

  private loopVariables({ range, variable, variable2 }: Comprehension): [string, LocalVariable][] {
    const entries = this.entrySize(range)
    const isList = (entries?.kind ?? range.type!.kind) === 'list'
    const path = this.path(range)
    const keys = { path: [...path, isList ? '@indices' : '@keys'], size: entries?.key }
    const values = { path: [...path, isList ? '@items' : '@values'], size: entries?.value }
    if (variable2 !== undefined)
      return [
        [variable, keys],
        [variable2, values],
      ]
    return [[variable, isList ? values : keys]]
  }
}

const joined = (a: EntrySize, b: EntrySize): EntrySize => ({
  kind: a.kind,
  key: union(a.key, b.key),
  value: union(a.value, b.value),
})

function isBinding({ range, condition, accumulator }: Comprehension): boolean {
  const isNothing = range.kind === 'list' && range.elements.length === 0
  return isNothing && condition.kind === 'literal' && condition.value === false && accumulator !== '__result__'
}

function literalSize(expr: Expr): Estimate | undefined {
  switch (expr.kind) {
    case 'literal':
      if (typeof expr.value === 'string') return fixed(textSize(expr.value))
      return fixed(expr.value instanceof Uint8Array ? expr.value.length : 1)
    case 'list':
      return fixed(expr.elements.length)
    case 'map':
      return fixed(expr.entries.length)
    default:
      return undefined
  }
}

const SCALARS = new Set(['bool', 'double', 'duration', 'int', 'timestamp', 'uint'])

const isScalar = ({ kind, name, parameters }: CelType): boolean =>
  SCALARS.has(kind) || (name === 'optional_type' && isScalar(parameters[0]))
