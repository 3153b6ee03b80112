import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { compileExpression } from '../../../src/apimachinery/cel/compile.ts'
import { estimateCost } from '../../../src/apimachinery/cel/cost-estimate.ts'
import { makeEnvironment } from '../../../src/apimachinery/cel/environment.ts'
import { fromJson } from '../../../src/apimachinery/cel/json-values.ts'
import { formatDouble } from '../../../src/apimachinery/cel/library/conversions.ts'
import { formatInstant, formatSpan } from '../../../src/apimachinery/cel/times.ts'
import { DYN, typeText } from '../../../src/apimachinery/cel/types.ts'
import {
  CelList,
  CelMap,
  Duration,
  Optional,
  Timestamp,
  TypeValue,
  typeOfValue,
  Uint,
  type Value,
} from '../../../src/apimachinery/cel/values.ts'

interface Answer {
  expr: string
  problem?: string
  program?: string
  type?: string
  max?: string
  value?: string
  error?: string
  cost: number
}

const golden: { variables: Record<string, unknown>; answers: Answer[] } = JSON.parse(
  readFileSync(new URL('../../golden/cel/expressions.json', import.meta.url), 'utf8'),
)
const variables = Object.entries(golden.variables)
const environment = makeEnvironment(Object.fromEntries(variables.map(([name]) => [name, DYN])))

function show(value: Value): string {
  if (typeof value === 'string') return JSON.stringify(value)
  if (value instanceof Optional) return value.value === undefined ? 'none' : `optional(${show(value.value)})`
  if (value instanceof CelList) return `[${value.values().map(show).join(',')}]`
  if (value instanceof CelMap) {
    const pairs = value.keys().map((key) => `${show(key)}:${show(value.get(key)!)}`)
    return `{${pairs.sort().join(',')}}`
  }
  if (value instanceof Timestamp) return `ts(${formatInstant(value)})`
  if (value instanceof Duration) return `dur(${formatSpan(value)})`
  if (value instanceof TypeValue) return `type(${value.type.name})`
  if (value instanceof Uint8Array) return `b${JSON.stringify(Buffer.from(value).toString())}`
  if (value instanceof Uint) return `${value.value}u`
  if (typeof value === 'number') return formatDouble(value)
  return value === null || typeof value !== 'object' ? String(value) : typeOfValue(value).name
}

function answer(expr: string): Answer {
  const compiled = compileExpression(environment, expr)
  if (!compiled.program) {
    const failed = compiled.stage === 'compilation' ? { problem: compiled.problem } : { program: compiled.problem }
    return { expr, ...failed, cost: 0 }
  }
  const { value, error, cost } = compiled.program.evaluate((name) => fromJson(golden.variables[name]))
  return {
    expr,
    type: typeText(compiled.program.type),
    ...(error === undefined ? { value: show(value!) } : { error }),
    cost,
  }
}

describe('expressions are answered as by cel-go in the environment of Kubernetes', () => {
  for (const { max, ...recorded } of golden.answers) {
    it(JSON.stringify(recorded.expr), () => {
      const { type, ...expected } = recorded
      expect(answer(recorded.expr)).toEqual(recorded.program ? expected : recorded)
      const { program } = compileExpression(environment, recorded.expr)
      // Beyond 2^53 what is the same is as good as equal.
      if (program && max !== undefined) expect((estimateCost(program).max + 1) / (Number(max) + 1)).toBeCloseTo(1, 12)
    })
  }
})
