/**
 * The layout of the data file, and how it is read in it: line by line, an object each. In any other layout, which a person may have given it, it
 * is read as a whole by snapshot-file.ts.
 *   {
 *   "format": "kubemu.dev/cluster",
 *   "formatVersion": 1,
 *   "crc": "0a1b2c3d",
 *   "revision": 7,
 *   "objects": {
 *   "/registry/pods/": {
 *   "default/web": {...}
 *   }
 *   }
 *   }
 * `crc` is the CRC-32 of the whole file with zeros for the sum itself. It stands on a line of its own, so that whoever edits the file can
 * take it out.
 */
import { crc32 } from 'node:zlib'
import { shareParts } from '../apimachinery/shared-parts.ts'
import { readLines } from './lines.ts'

export const FORMAT = 'kubemu.dev/cluster'
export const FORMAT_VERSION = 1

const NO_SUM = '00000000'
const BEFORE_SUM = `{\n"format": "${FORMAT}",\n"formatVersion": ${FORMAT_VERSION},\n"crc": "`
/** Where in the file the eight digits of the sum stand. */
export const SUM_OFFSET = Buffer.byteLength(BEFORE_SUM)
const SUM_LINE = /^"crc": "[0-9a-f]{8}",$/
const NEWLINE = Buffer.from('\n')

/** What comes before the first prefix, with a sum that is to be put in. */
export function headOf(revision: number): Buffer {
  return Buffer.from(`${BEFORE_SUM}${NO_SUM}",\n"revision": ${revision},\n"objects": {`)
}

export function sumText(sum: number): string {
  return sum.toString(16).padStart(NO_SUM.length, '0')
}

/** The members of the document besides `objects`, and these, by prefix and name. Nothing is checked yet. */
export interface SnapshotDocument {
  head: Record<string, unknown>
  objects: Map<string, [name: string, object: unknown][]>
}

/** As far as the file is in the layout: the document, or the line where it is not, from 1. `sum`: of what was read. */
export type SnapshotRead = { document: SnapshotDocument; sum: number } | { line: number }

type Place = 'start' | 'head' | 'objects' | 'prefix' | 'foot' | 'end'

/** Never throws for what is in the file, only for what the disk says. */
export async function readSnapshotLines(path: string): Promise<SnapshotRead> {
  const parser = new LineParser()
  let line = 0
  for await (const { lines, tail } of readLines(path)) {
    for (const bytes of lines) {
      line++
      if (!parser.take(bytes)) return { line }
    }
    if (tail !== undefined && tail.length > 0) return { line: line + 1 }
  }
  return parser.ended ? { document: parser.document, sum: parser.sum } : { line: line + 1 }
}

/** start --{--> head --"objects": {--> objects <--"prefix": { and }--> prefix; objects --}--> foot --}--> end */
class LineParser {
  readonly document: SnapshotDocument = { head: {}, objects: new Map() }
  sum = 0
  #place: Place = 'start'
  #named: [string, unknown][] = []

  get ended(): boolean {
    return this.#place === 'end'
  }

  /** False when the line does not belong here. */
  take(line: Buffer): boolean {
    let text = line.toString()
    const isSum = this.#place === 'head' && SUM_LINE.test(text)
    this.sum = crc32(isSum ? Buffer.from(text.replace(/[0-9a-f]{8}"/, `${NO_SUM}"`)) : line, this.sum)
    this.sum = crc32(NEWLINE, this.sum)
    if (text.endsWith(',')) text = text.slice(0, -1)
    try {
      const next = this.#step(text)
      if (next === undefined) return false
      this.#place = next
      return true
    } catch {
      // Not JSON: the reader hears which line it was.
      return false
    }
  }

  #step(text: string): Place | undefined {
    switch (this.#place) {
      case 'start':
        return text === '{' ? 'head' : undefined
      case 'head':
        if (text === '"objects": {') return 'objects'
        Object.assign(this.document.head, JSON.parse(`{${text}}`))
        return 'head'
      case 'objects': {
        if (text === '}') return 'foot'
        if (!text.endsWith('": {')) return undefined
        this.#named = []
        this.document.objects.set(JSON.parse(text.slice(0, -': {'.length)), this.#named)
        return 'prefix'
      }
      case 'prefix': {
        if (text === '}') return 'objects'
        const entries = Object.entries(JSON.parse(`{${text}}`))
        for (const [, object] of entries) if (isObject(object)) shareParts(object)
        this.#named.push(...entries)
        return 'prefix'
      }
      case 'foot':
        return text === '}' ? 'end' : undefined
      case 'end':
        return undefined
    }
  }
}

function isObject(value: unknown): value is { kind: string } {
  return typeof value === 'object' && value !== null
}
