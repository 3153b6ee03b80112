/** The list of what is known to differ from the recorded answers: one case a line, `area<TAB>case<TAB>slug of its reason`. Written by --accept only. */
import { readFileSync, writeFileSync } from 'node:fs'
import type { Comparison, Difference } from './main.ts'
import { reasonOf } from './reasons.ts'

const FILE = new URL('known-differences.txt', import.meta.url)

export interface Known {
  area: string
  id: string
  slug: string
}

export const keyOf = ({ area, id }: { area: string; id: string }): string => `${area}\t${id}`

export function readKnown(): Known[] {
  const lines = readFileSync(FILE, 'utf8').split('\n').filter(Boolean)
  return lines.map((line) => {
    const [area, id = '', slug = ''] = line.split('\t')
    return { area, id, slug }
  })
}

/** Differences that are not on the list. */
export function unknownAmong(differences: Difference[]): Difference[] {
  const known = new Set(readKnown().map(keyOf))
  return differences.filter((one) => !known.has(keyOf(one)))
}

/**
 * Rewrites the list for the areas that were compared, in their order; other areas keep their lines. What was not known is taken in only
 * when asked to accept it. Answers the differences that were not taken: not accepted, or without a reason.
 */
export function updateKnown({ differences, total }: Comparison, accept: boolean): Difference[] {
  const before = readKnown()
  const known = new Set(before.map(keyOf))
  const left: Difference[] = []
  const compared = differences.flatMap((one) => {
    const slug = reasonOf(one)
    if (slug !== undefined && (accept || known.has(keyOf(one)))) return [{ ...one, slug }]
    left.push(one)
    return []
  })
  const lines = [...before.filter(({ area }) => !total.has(area)), ...compared]
  lines.sort((a, b) => (a.area < b.area ? -1 : a.area > b.area ? 1 : 0))
  writeFileSync(FILE, lines.map(({ area, id, slug }) => `${area}\t${id}\t${slug}\n`).join(''))
  return left
}
