/** Folds over lists and maps, which is what macros become. Mirrors cel-go interpreter/interpretable.go (evalFold). */
import type { Comprehension } from './ast.ts'
import { goType } from './go-types.ts'
import type { Frame, Plan, Planner, Step } from './plan.ts'
import { CelError, CelList, CelMap, type Value } from './values.ts'

export function planComprehension(expr: Comprehension, planner: Planner): Plan {
  const range = planner.plan(expr.range).run
  const init = startingValue(expr, planner)
  const accumulator = planner.depth
  const [key, entry] = [accumulator + 1, accumulator + 2]
  planner.depth += 3
  const leave = enter(planner, [
    [expr.accumulator, accumulator],
    [expr.variable, expr.variable2 === undefined ? entry : key],
    [expr.variable2, entry],
  ])
  const condition = planner.plan(expr.condition).run
  const step = planner.plan(expr.step).run
  leave()
  const leaveResult = enter(planner, [[expr.accumulator, accumulator]])
  const result = planner.plan(expr.result).run
  leaveResult()
  planner.depth -= 3
  const isKeyed = expr.variable2 !== undefined
  return {
    run: (frame) => {
      const over = range(frame)
      if (over instanceof CelError) return over
      frame.locals[accumulator] = init(frame)
      if (over instanceof CelList) overList(over, isKeyed)
      else if (over instanceof CelMap) overMap(over, isKeyed)
      else return notIterable(over, isKeyed)
      return result(frame)

      function overList(list: CelList, indexed: boolean): void {
        for (let i = 0; i < list.size; i++) {
          if (indexed) frame.locals[key] = BigInt(i)
          frame.locals[entry] = list.at(i)
          if (!advance(frame)) return
        }
      }
      function overMap(map: CelMap, withValues: boolean): void {
        for (const name of map.keys()) {
          frame.locals[withValues ? key : entry] = name
          if (withValues) frame.locals[entry] = map.get(name)!
          if (!advance(frame)) return
        }
      }
    },
  }

  function advance(frame: Frame): boolean {
    if (condition(frame) === false) return false
    frame.locals[accumulator] = step(frame)
    return true
  }
}

const notIterable = (value: Value, isKeyed: boolean): CelError =>
  new CelError(
    isKeyed
      ? `unsupported comprehension range type: ${goType(value)}`
      : `got '${goType(value)}', expected iterable type`,
  )

/** The accumulator's first value; lists that macros grow are new every time. */
function startingValue({ init }: Comprehension, planner: Planner): Step {
  const { run } = planner.plan(init)
  if (init.kind !== 'list' || init.elements.length > 0) return run
  return () => new CelList([])
}

/** Puts variables in scope; the function it answers restores what they hid. */
function enter({ locals }: Planner, variables: [name: string | undefined, slot: number][]): () => void {
  const hidden = variables.map(([name]): [string | undefined, number | undefined] => [name, locals.get(name ?? '')])
  for (const [name, slot] of variables) if (name !== undefined) locals.set(name, slot)
  return () => {
    for (const [name, slot] of hidden.reverse()) {
      if (name === undefined) continue
      if (slot === undefined) locals.delete(name)
      else locals.set(name, slot)
    }
  }
}
