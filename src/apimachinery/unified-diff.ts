/**
 * The unified difference of two texts, as messages about immutable specs end in. Mirrors apimachinery/pkg/util/diff and the SequenceMatcher of
 * pmezard/go-difflib, whose choice of what matches what shows in the text.
 */
import { marshal } from './go-text.ts'

const CONTEXT = 3
/** Lines that are frequent in a text of this many are not where a match begins. */
const MANY_LINES = 200

type Block = [a: number, b: number, size: number]
interface OpCode {
  tag: 'replace' | 'delete' | 'insert' | 'equal'
  i1: number
  i2: number
  j1: number
  j2: number
}

/** The difference of two values printed as indented JSON; '' when they print alike. */
export function diffValues(a: unknown, b: unknown): string {
  return unifiedDiff(pretty(a), pretty(b))
}

const pretty = (value: unknown): string => marshal(value, 1)

/** Hunks with three lines around each change; '' for equal texts. */
export function unifiedDiff(before: string, after: string): string {
  const [a, b] = [before.split('\n'), after.split('\n')]
  let text = ''
  for (const group of groups(opCodes(a, b))) {
    const [first, last] = [group[0], group[group.length - 1]]
    text += `@@ -${range(first.i1, last.i2)} +${range(first.j1, last.j2)} @@\n`
    for (const { tag, i1, i2, j1, j2 } of group) {
      if (tag === 'equal') text += lines(' ', a, i1, i2)
      if (tag === 'replace' || tag === 'delete') text += lines('-', a, i1, i2)
      if (tag === 'replace' || tag === 'insert') text += lines('+', b, j1, j2)
    }
  }
  return text
}

function lines(lead: string, of: string[], from: number, to: number): string {
  let text = ''
  for (let i = from; i < to; i++) text += `${lead}${of[i]}\n`
  return text
}

function range(start: number, stop: number): string {
  const length = stop - start
  if (length === 1) return String(start + 1)
  return `${length === 0 ? start : start + 1},${length}`
}

/** Where each line of b is; lines that are everywhere are left out of long texts. */
function positions(b: string[]): Map<string, number[]> {
  const found = new Map<string, number[]>()
  b.forEach((line, j) => {
    const known = found.get(line)
    if (known) known.push(j)
    else found.set(line, [j])
  })
  if (b.length < MANY_LINES) return found
  const most = Math.floor(b.length / 100) + 1
  for (const [line, at] of found) if (at.length > most) found.delete(line)
  return found
}

function longestMatch(
  a: string[],
  b: string[],
  where: Map<string, number[]>,
  [alo, ahi, blo, bhi]: [number, number, number, number],
): Block {
  let [besti, bestj, size] = [alo, blo, 0]
  let lengths = new Map<number, number>()
  for (let i = alo; i < ahi; i++) {
    const next = new Map<number, number>()
    for (const j of where.get(a[i]) ?? []) {
      if (j < blo) continue
      if (j >= bhi) break
      const k = (lengths.get(j - 1) ?? 0) + 1
      next.set(j, k)
      if (k > size) [besti, bestj, size] = [i - k + 1, j - k + 1, k]
    }
    lengths = next
  }
  while (besti > alo && bestj > blo && a[besti - 1] === b[bestj - 1]) {
    besti--
    bestj--
    size++
  }
  while (besti + size < ahi && bestj + size < bhi && a[besti + size] === b[bestj + size]) size++
  return [besti, bestj, size]
}

/** Ascending, adjacent ones joined, with an empty one at the end. */
function matchingBlocks(a: string[], b: string[]): Block[] {
  const where = positions(b)
  const blocks: Block[] = []
  const walk = (alo: number, ahi: number, blo: number, bhi: number): void => {
    const [i, j, size] = longestMatch(a, b, where, [alo, ahi, blo, bhi])
    if (size === 0) return
    if (alo < i && blo < j) walk(alo, i, blo, j)
    blocks.push([i, j, size])
    if (i + size < ahi && j + size < bhi) walk(i + size, ahi, j + size, bhi)
  }
  walk(0, a.length, 0, b.length)
  const joined: Block[] = []
  for (const [i, j, size] of blocks) {
    const last = joined.at(-1)
    if (last && last[0] + last[2] === i && last[1] + last[2] === j) last[2] += size
    else joined.push([i, j, size])
  }
  return [...joined, [a.length, b.length, 0]]
}

function opCodes(a: string[], b: string[]): OpCode[] {
  const codes: OpCode[] = []
  let [i, j] = [0, 0]
  for (const [ai, bj, size] of matchingBlocks(a, b)) {
    const tag = i < ai && j < bj ? 'replace' : i < ai ? 'delete' : j < bj ? 'insert' : undefined
    if (tag) codes.push({ tag, i1: i, i2: ai, j1: j, j2: bj })
    ;[i, j] = [ai + size, bj + size]
    if (size > 0) codes.push({ tag: 'equal', i1: ai, i2: i, j1: bj, j2: j })
  }
  return codes
}

/** Changes with what is around them; far apart ones in groups of their own. */
function groups(codes: OpCode[]): OpCode[][] {
  const first = codes[0]
  if (first?.tag === 'equal')
    codes[0] = { ...first, i1: Math.max(first.i1, first.i2 - CONTEXT), j1: Math.max(first.j1, first.j2 - CONTEXT) }
  const last = codes.at(-1)
  if (last?.tag === 'equal') {
    const end = { ...last, i2: Math.min(last.i2, last.i1 + CONTEXT), j2: Math.min(last.j2, last.j1 + CONTEXT) }
    codes[codes.length - 1] = end
  }
  const all: OpCode[][] = []
  let group: OpCode[] = []
  for (const code of codes) {
    let { i1, j1 } = code
    const { tag, i2, j2 } = code
    if (tag === 'equal' && i2 - i1 > 2 * CONTEXT) {
      group.push({ tag, i1, i2: Math.min(i2, i1 + CONTEXT), j1, j2: Math.min(j2, j1 + CONTEXT) })
      all.push(group)
      group = []
      i1 = Math.max(i1, i2 - CONTEXT)
      j1 = Math.max(j1, j2 - CONTEXT)
    }
    group.push({ tag, i1, i2, j1, j2 })
  }
  if (group.length > 0 && !(group.length === 1 && group[0].tag === 'equal')) all.push(group)
  return all
}
