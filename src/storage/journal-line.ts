/**
 * One commit as one line of the journal:
 *   {"revision":7,"type":"update","prefix":"/registry/pods/","name":"default/web","object":{...},"crc":"0a1b2c3d"}
 * `crc` is the CRC-32 of all bytes before `,"crc"`: it tells a torn or damaged line from a whole one.
 */
import { crc32 } from 'node:zlib'
import { objectBytes } from '../apimachinery/object-bytes.ts'
import { shareParts } from '../apimachinery/shared-parts.ts'
import { ByteWriter } from './byte-writer.ts'
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
 * Makes lines in one buffer: a line is good until the next one is made. (Lines of the shared pool of small buffers would keep it from
 * being freed, as the bytes of objects lie between them and stay.)
 */
export class LineEncoder {
  readonly #line = new ByteWriter(SCRATCH_START)

  /** A delete has no object: the last state matters to watchers only, and those do not survive a restart. */
  commit({ revision, type, key, object }: StorageEvent): Buffer {
    // A restore may have needed much more than any commit does.
    this.#line.clear(SCRATCH_LIMIT)
    this.#line.text(`{"revision":${revision},"type":"${type}","prefix":${JSON.stringify(key.prefix)},"name":`)
    this.#line.text(JSON.stringify(key.name))
    if (type !== 'delete') {
      this.#line.text(',"object":')
      this.#line.bytes(objectBytes(object))
    }
    return this.#seal()
  }

  restore({ revision, changes }: Restoration): Buffer {
    this.#line.clear()
    this.#line.text(`{"revision":${revision},"type":"restore","changes":[`)
    changes.forEach(({ key, object }, index) => {
      this.#line.text(`${index === 0 ? '' : ','}{"key":${JSON.stringify(key)}`)
      if (object !== undefined) {
        this.#line.text(',"object":')
        this.#line.object(object)
      }
      this.#line.text('}')
    })
    this.#line.text(']')
    return this.#seal()
  }

  #seal(): Buffer {
    this.#line.text(`${sealOf(crc32(this.#line.written))}\n`)
    return this.#line.written
  }
}

/** Undefined for a line (without its newline) that is not whole. */
export function parseLine(line: Buffer): JournalEntry | undefined {
  const body = line.length - SEAL_LENGTH
  if (body < 0 || line.toString('latin1', body) !== sealOf(crc32(line.subarray(0, body)))) return undefined
  const { revision, type, prefix, name, object, changes } = JSON.parse(line.toString())
  const entry: JournalEntry = {
    revision,
    type,
    changes: type === 'restore' ? changes : [{ key: { prefix, name }, object }],
  }
  for (const change of entry.changes) if (change.object !== undefined) shareParts(change.object)
  return entry
}

function sealOf(sum: number): string {
  return `,"crc":"${sum.toString(16).padStart(8, '0')}"}`
}
