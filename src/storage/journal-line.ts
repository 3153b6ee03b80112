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

/** A delete has no object: the last state matters to watchers only, and those do not survive a restart. */
export function commitLine({ revision, type, key, object }: StorageEvent): Buffer {
  const head = `{"revision":${revision},"type":"${type}","prefix":${JSON.stringify(key.prefix)},"name":${JSON.stringify(key.name)}`
  return type === 'delete' ? seal([Buffer.from(head)]) : seal([Buffer.from(`${head},"object":`), objectBytes(object)])
}

export function restoreLine({ revision, changes }: Restoration): Buffer {
  const parts: Buffer[] = [Buffer.from(`{"revision":${revision},"type":"restore","changes":[`)]
  changes.forEach(({ key, object }, index) => {
    const head = `${index === 0 ? '' : ','}{"key":${JSON.stringify(key)}`
    if (object === undefined) parts.push(Buffer.from(`${head}}`))
    else parts.push(Buffer.from(`${head},"object":`), passingObjectBytes(object), Buffer.from('}'))
  })
  parts.push(Buffer.from(']'))
  return seal(parts)
}

/** Undefined for a line (without its newline) that is not whole. */
export function parseLine(line: Buffer): JournalEntry | undefined {
  const body = line.length - SEAL_LENGTH
  if (body < 0 || line.toString('latin1', body) !== sealOf(crc32(line.subarray(0, body)))) return undefined
  const { revision, type, prefix, name, object, changes } = JSON.parse(line.toString())
  return { revision, type, changes: type === 'restore' ? changes : [{ key: { prefix, name }, object }] }
}

function seal(parts: Buffer[]): Buffer {
  let sum = 0
  for (const part of parts) sum = crc32(part, sum)
  return Buffer.concat([...parts, Buffer.from(`${sealOf(sum)}\n`)])
}

function sealOf(sum: number): string {
  return `,"crc":"${sum.toString(16).padStart(8, '0')}"}`
}
