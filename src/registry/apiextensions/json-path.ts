/** The JSONPath of printer columns and selectable fields: fields, indexes, slices of all, filters. Mirrors what client-go/util/jsonpath does with them. */
import { formatAny } from '../../apimachinery/go-text.ts'

type Step = (value: unknown) => unknown[]

const FIELD = /^\.((?:[^.[\]\\'"]|\\.)+)/
const QUOTED = /^\[\s*(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)")\s*\]/
const INDEX = /^\[\s*(-?\d+)\s*\]/
const ALL = /^(?:\[\s*\*\s*\]|\.\*)/
const FILTER = /^\[\s*\?\(\s*@((?:[^=!<>)]|\\.)*?)\s*(?:(==|!=|<=|>=|<|>)\s*([^)]*?)\s*)?\)\s*\]/

/** Answers all that is found. Throws a SyntaxError for what it does not read. */
export function compileJsonPath(path: string): (value: unknown) => unknown[] {
  const steps: Step[] = []
  let rest = path === '.' ? '' : path.replace(/^\$/, '')
  while (rest !== '') {
    const [length, step] = readStep(rest)
    steps.push(step)
    rest = rest.slice(length)
  }
  return (value) => steps.reduce<unknown[]>((found, step) => found.flatMap(step), [value])
}

function readStep(text: string): [length: number, step: Step] {
  const all = ALL.exec(text)
  if (all) return [all[0].length, members]
  const field = FIELD.exec(text)
  if (field) return [field[0].length, fieldStep(field[1]!.replace(/\\(.)/g, '$1'))]
  const quoted = QUOTED.exec(text)
  if (quoted) return [quoted[0].length, fieldStep((quoted[1] ?? quoted[2] ?? '').replace(/\\(.)/g, '$1'))]
  const index = INDEX.exec(text)
  if (index) return [index[0].length, indexStep(Number(index[1]))]
  const filter = FILTER.exec(text)
  if (filter) return [filter[0].length, filterStep(filter[1]!, filter[2], filter[3])]
  throw new SyntaxError(`unrecognized JSONPath at ${JSON.stringify(text)}`)
}

function members(value: unknown): unknown[] {
  return typeof value === 'object' && value !== null ? Object.values(value) : []
}

const fieldStep =
  (name: string): Step =>
  (value) =>
    typeof value === 'object' && value !== null && !Array.isArray(value) && Object.hasOwn(value, name)
      ? [(value as Record<string, unknown>)[name]]
      : []

const indexStep =
  (index: number): Step =>
  (value) => {
    const item = Array.isArray(value) ? value.at(index) : undefined
    return item === undefined ? [] : [item]
  }

function filterStep(path: string, operator: string | undefined, text: string | undefined): Step {
  const left = compileJsonPath(path)
  const right = text?.startsWith('@') ? compileJsonPath(text.slice(1)) : () => [literal(text ?? '')]
  return (value) =>
    members(value).filter((item) => {
      const found = left(item)[0]
      if (operator === undefined) return found !== undefined
      return found !== undefined && compare(found, right(item)[0], operator)
    })
}

function literal(text: string): unknown {
  const quoted = /^(['"])(.*)\1$/.exec(text)
  if (quoted) return quoted[2]
  if (text === 'true' || text === 'false') return text === 'true'
  const number = Number(text)
  return text !== '' && !Number.isNaN(number) ? number : text
}

function compare(a: unknown, b: unknown, operator: string): boolean {
  if (typeof a !== typeof b) return operator === '!='
  const [left, right] = [a as number, b as number]
  switch (operator) {
    case '==':
      return left === right
    case '!=':
      return left !== right
    case '<':
      return left < right
    case '<=':
      return left <= right
    case '>':
      return left > right
    default:
      return left >= right
  }
}

/** As it is printed: compound values as JSON, nothing as ''. */
export function valueText(value: unknown): string {
  if (value === undefined || value === null) return ''
  return typeof value === 'object' ? JSON.stringify(value) : formatAny(value)
}
