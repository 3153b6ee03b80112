/** Parts of planned expressions. Mirrors cel-go interpreter/interpretable.go. */
import type { Expr } from './ast.ts'
import type { Environment } from './environment.ts'
import type { Value } from './values.ts'

/** One evaluation: what variables hold, and what was spent. */
export interface Frame {
  /** undefined: there is no such variable. */
  resolve(name: string): Value | undefined
  /** Variables of comprehensions, by slot. */
  readonly locals: Value[]
  cost: number
  readonly limit: number
}

/** Evaluates. Failures are values; only running out of budget throws. */
export type Step = (frame: Frame) => Value

/** A value found by following names: reading it within another costs less than reading it alone. */
export interface Attribute {
  readonly raw: Step
  /** What reading it alone costs more. */
  readonly base: number
}

export interface Plan {
  readonly run: Step
  readonly constant?: { readonly value: Value }
  readonly attribute?: Attribute
}

export interface Planner {
  readonly environment: Environment
  /** Slots of the variables of the comprehensions around. */
  readonly locals: Map<string, number>
  depth: number
  plan(expr: Expr): Plan
}

/** An expression cost more than it may. */
export class CostExceeded extends Error {
  constructor() {
    super('operation cancelled: actual cost limit exceeded')
  }
}

export function spend(frame: Frame, cost: number): void {
  frame.cost += cost
  if (frame.cost > frame.limit) throw new CostExceeded()
}

export const constant = (value: Value): Plan => ({ run: () => value, constant: { value } })

export function attribute(raw: Step, base = 1): Plan {
  if (base === 0) return { run: raw, attribute: { raw, base } }
  return {
    run: (frame) => {
      const value = raw(frame)
      spend(frame, base)
      return value
    },
    attribute: { raw, base },
  }
}
