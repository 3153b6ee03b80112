/** Lists of indexes such as `1,3-5,7`. Mirrors validateIndexesFormat of pkg/apis/batch/validation. */
import { quote } from '../../apimachinery/go-text.ts'

export interface IndexesProblem {
  problem: string
}

/** How many indexes the text names, all below `completions`, or what is wrong with it. */
export function parseIndexes(text: string, completions: number): number | IndexesProblem {
  if (text === '') return 0
  let total = 0
  let last = -1
  for (const interval of text.split(',')) {
    const parsed = parseInterval(interval, completions)
    if ('problem' in parsed) return parsed
    const { from, to } = parsed
    if (last >= from) return { problem: `non-increasing order, previous: ${last}, current: ${from}` }
    total += to - from + 1
    last = to
  }
  return total
}

function parseInterval(text: string, completions: number): { from: number; to: number } | IndexesProblem {
  const limits = text.split('-')
  if (limits.length > 2) {
    return {
      problem: `the fragment ${quote(text)} violates the requirement that an index interval can have at most two parts separated by '-'`,
    }
  }
  const numbers: number[] = []
  for (const limit of limits) {
    if (!/^\+?\d+$/.test(limit)) return { problem: `cannot convert string to integer for index: ${quote(limit)}` }
    if (Number(limit) >= completions) return { problem: `too large index: ${quote(limit)}` }
    numbers.push(Number(limit))
  }
  const [from = 0, to = from] = numbers
  if (limits.length > 1 && from >= to) return { problem: `non-increasing order, previous: ${from}, current: ${to}` }
  return { from, to }
}
