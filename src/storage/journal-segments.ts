/**
 * The journal's files: `<data file>.journal`, `.journal.2`, `.journal.3` and so on, each the commits that follow those of the one before.
 * A process begins one of its own, and another one with each snapshot; it never writes in one that it found.
 */
import { readdir } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import { refusal } from './file-system.ts'
import { type JournalEntry, parseLine } from './journal-line.ts'
import { readLines } from './lines.ts'

const FORMAT = 'kubemu.dev/journal'
export const JOURNAL_VERSION = 1
export const HEADER = Buffer.from(`{"format":"${FORMAT}","formatVersion":${JOURNAL_VERSION}}\n`)

const REMEDY =
  'Restore it from a copy, or move it away, and those with higher numbers, to go on without the commits that they hold.'

export function segmentPath(path: string, number: number): string {
  return number === 1 ? `${path}.journal` : `${path}.journal.${number}`
}

/** Numbers of the segments that are there, in order. */
export async function listSegments(path: string): Promise<number[]> {
  const own = `${basename(path)}.journal`
  const numbers = (await readdir(dirname(path))).flatMap((name) => {
    if (name === own) return [1]
    const number = name.startsWith(`${own}.`) ? name.slice(own.length + 1) : ''
    return /^[1-9]\d*$/.test(number) ? [Number(number)] : []
  })
  return numbers.sort((a, b) => a - b)
}

export interface Segment {
  path: string
  bytes: number
  commits: number
  /** Bytes behind the last whole line: a write that was cut off, and so was never acknowledged. */
  torn: number
}

/**
 * Tells `take` of each commit, and answers what was read. Throws when a line is damaged. A last line without its end is no damage: a
 * process that dies leaves the beginning of a line, and a disk that is full, too.
 */
export async function readSegment(path: string, take: (entry: JournalEntry) => void): Promise<Segment> {
  const segment = { path, bytes: 0, commits: 0, torn: 0 }
  let number = 0
  const takeLine = (line: Buffer) => {
    number++
    segment.bytes += line.length + 1
    if (number === 1) return requireHeader(path, line)
    const entry = parseLine(line)
    if (entry === undefined) throw refusal(path, `line ${number} of the journal is damaged`, REMEDY)
    segment.commits++
    take(entry)
  }
  for await (const { lines, tail } of readLines(path)) {
    for (const line of lines) takeLine(line)
    if (tail === undefined || tail.length === 0) continue
    if (number === 0 ? HEADER.indexOf(tail) === 0 : isTorn(tail)) segment.torn = tail.length
    else takeLine(tail)
  }
  return segment
}

/** Whether this is the beginning of a line. A whole one that lacks its newline is taken; one whose newline became something else is damaged. */
function isTorn(tail: Buffer): boolean {
  return parseLine(tail) === undefined && parseLine(tail.subarray(0, -1)) === undefined
}

function requireHeader(path: string, line: Buffer): void {
  if (line.equals(HEADER.subarray(0, -1))) return
  const first = line.toString('utf8', 0, 200)
  const version = first.startsWith(`{"format":"${FORMAT}",`) ? /"formatVersion":(\d+)\}$/.exec(first)?.[1] : undefined
  if (version !== undefined && Number(version) > JOURNAL_VERSION) {
    throw refusal(path, `journal format ${version} is newer than ${JOURNAL_VERSION}`, 'Open it with a newer KubEmu.')
  }
  throw refusal(path, 'this is not a KubEmu journal, or its first line is damaged', REMEDY)
}
