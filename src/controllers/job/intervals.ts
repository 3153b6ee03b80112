/** Sets of completion indexes as ordered intervals, in and out of their text `1,3-5`. Mirrors orderedIntervals of pkg/controller/job/indexed_job_utils.go. */

interface Interval {
  first: number
  last: number
}

/** Ascending, without overlaps and without neighbours that touch. Immutable. */
export type Indexes = readonly Interval[]

export const NO_INDEXES: Indexes = []

/** What is at or above `completions` is dropped; parts that are no numbers are passed over. */
export function parseIndexes(text: string | undefined, completions: number): Indexes {
  const found: Interval[] = []
  if (!text) return found
  for (const part of text.split(',')) {
    const [firstText = '', lastText] = part.split('-')
    const first = parseInteger(firstText)
    const last = lastText === undefined ? first : parseInteger(lastText)
    if (first === undefined || last === undefined) continue
    if (first >= completions) break
    const interval = { first, last: Math.min(last, completions - 1) }
    const previous = found.at(-1)
    if (previous?.last === first - 1) previous.last = interval.last
    else found.push(interval)
  }
  return found
}

function parseInteger(text: string): number | undefined {
  return /^[+-]?\d+$/.test(text) ? Number(text) : undefined
}

export function formatIndexes(indexes: Indexes): string {
  return indexes
    .map(({ first, last }) => {
      if (last === first) return String(first)
      return `${first}${last === first + 1 ? ',' : '-'}${last}`
    })
    .join(',')
}

export function countIndexes(indexes: Indexes): number {
  return indexes.reduce((sum, { first, last }) => sum + last - first + 1, 0)
}

export function hasIndex(indexes: Indexes, index: number): boolean {
  let low = 0
  let high = indexes.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (indexes[middle].last >= index) high = middle
    else low = middle + 1
  }
  return high < indexes.length && indexes[high].first <= index
}

/** `more` in any order. */
export function withIndexes(indexes: Indexes, more: Iterable<number>): Indexes {
  const sorted = [...more].sort((a, b) => a - b)
  return merge(
    indexes,
    sorted.map((index) => ({ first: index, last: index })),
  )
}

export function merge(a: Indexes, b: Indexes): Indexes {
  const all = [...a, ...b].sort((x, y) => x.first - y.first)
  const merged: Interval[] = []
  for (const { first, last } of all) {
    const previous = merged.at(-1)
    if (!previous || first > previous.last + 1) merged.push({ first, last })
    else previous.last = Math.max(previous.last, last)
  }
  return merged
}

/** How many indexes both have. */
export function countCommon(a: Indexes, b: Indexes): number {
  let common = 0
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    const overlap = Math.min(a[i].last, b[j].last) - Math.max(a[i].first, b[j].first) + 1
    if (overlap > 0) common += overlap
    if (a[i].last <= b[j].last) i++
    else j++
  }
  return common
}

/** The lowest `count` of 0 .. completions - 1 that `taken` lacks. */
export function firstMissing(taken: Indexes, count: number, completions: number): number[] {
  const found: number[] = []
  let candidate = 0
  for (const { first, last } of taken) {
    while (candidate < Math.min(first, completions) && found.length < count) found.push(candidate++)
    candidate = Math.max(candidate, last + 1)
  }
  while (candidate < completions && found.length < count) found.push(candidate++)
  return found
}
