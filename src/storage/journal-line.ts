/**
 * One commit as one line of the journal:
 *   {"revision":7,"type":"update","prefix":"/registry/pods/","name":"default/web","object":{...},"crc":"0a1b2c3d"}
 * `crc` is the CRC-32 of all bytes before `,"crc"`: it tells a torn or damaged line from a whole one.
 */
import { crc32 } from 'node:zlib'
import { objectBytes, passingObjectBytes } from '../apimachinery/object-bytes.ts'
import type { StorageEvent } from './interface.ts'
import type { Change, Restoration } from './picture.ts'

/** A commit as it is read back: what it changed. */
export interface JournalEntry {
  revision: number
  type: StorageEvent['type'] | 'restore'
  changes: Change[]
}

/** `,"crc":"0a1b2c3d"}` */
const SEAL_LENGTH = 18

const SCRATCH_START = 64 * 1024
const SCRATCH_LIMIT = 8 * 1024 * 1024

/**
 * Makes lines in one buffer of its own, again and again: a line is good until the next one is made. (Lines of the shared pool of small
 * buffers would keep it from being freed, as the bytes of objects lie between them and stay.)
 */
export class LineEncoder {
  #buffer = Buffer.allocUnsafeSlow(SCRATCH_START)
  #length = 0

  /** A delete has no object: the last state matters to watchers only, and those do not survive a restart. */
  commit({ revision, type, key, object }: StorageEvent): Buffer {
    // A restore may have needed much more than any commit does.
    if (this.#buffer.length > SCRATCH_LIMIT) this.#buffer = Buffer.allocUnsafeSlow(SCRATCH_START)
    this.#length = 0
    this.#text(`{"revision":${revision},"type":"${type}","prefix":${JSON.stringify(key.prefix)},"name":`)
    this.#text(JSON.stringify(key.name))
    if (type !== 'delete') {
      this.#text(',"object":')
      this.#bytes(objectBytes(object))
    }
    return this.#seal()
  }

  restore({ revision, changes }: Restoration): Buffer {
    this.#length = 0
    this.#text(`{"revision":${revision},"type":"restore","changes":[`)
    changes.forEach(({ key, object }, index) => {
      this.#text(`${index === 0 ? '' : ','}{"key":${JSON.stringify(key)}`)
      if (object !== undefined) {
        this.#text(',"object":')
        this.#bytes(passingObjectBytes(object))
      }
      this.#text('}')
    })
    this.#text(']')
    return this.#seal()
  }

  #text(text: string): void {
    // No UTF-16 unit takes more than three bytes of UTF-8.
    this.#reserve(text.length * 3)
    this.#length += this.#buffer.write(text, this.#length)
  }

  #bytes(bytes: Buffer): void {
    this.#reserve(bytes.length)
    this.#length += bytes.copy(this.#buffer, this.#length)
  }

  #seal(): Buffer {
    this.#text(`${sealOf(crc32(this.#buffer.subarray(0, this.#length)))}\n`)
    return this.#buffer.subarray(0, this.#length)
  }

  #reserve(length: number): void {
    const needed = this.#length + length
    if (needed <= this.#buffer.length) return
    const larger = Buffer.allocUnsafeSlow(needed * 2)
    this.#buffer.copy(larger, 0, 0, this.#length)
    this.#buffer = larger
  }
}

/** Undefined for a line (without its newline) that is not whole. */
export function parseLine(line: Buffer): JournalEntry | undefined {
  const body = line.length - SEAL_LENGTH
  if (body < 0 || line.toString('latin1', body) !== sealOf(crc32(line.subarray(0, body)))) return undefined
  const { revision, type, prefix, name, object, changes } = JSON.parse(line.toString())
  return { revision, type, changes: type === 'restore' ? changes : [{ key: { prefix, name }, object }] }
}

function sealOf(sum: number): string {
  return `,"crc":"${sum.toString(16).padStart(8, '0')}"}`
}
