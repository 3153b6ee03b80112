/**
 * Decoding of custom resources: fields that the schema does not know are pruned, nulls that it does not allow are dropped, metadata is typed.
 * Values of a wrong type stay: validation speaks of them. Mirrors apiextensions-apiserver/pkg/apiserver/schema/{pruning,objectmeta,defaulting}.
 */

import { marshal, quote } from '../../go-text.ts'
import { anyOfOwn, countKeys, type Decode, SCALARS, type Walk, WRONG_TYPE } from '../decode-scalars.ts'
import { Aborted, type Diagnosis, diagnose, refuseUnsafe } from '../diagnose.ts'
import { isPlainObject, type JsonNode, jsonValueOf } from '../go-json.ts'
import type { StructNode } from '../nodes.ts'
import { sortKeys } from './defaults.ts'
import { META_FIELDS, type StructuralNode } from './structural.ts'

/** How ObjectMeta is read, at the root and in embedded resources. */
export interface MetadataReader {
  node: StructNode
  decode: Decode
}

type Fields = Record<string, unknown>

/** `null` as node: any value is there and all its fields are unknown. */
type Known = StructuralNode | null

/** The decoder of a root. */
export function customDecoder(root: StructuralNode, metadata: MetadataReader): Decode {
  const walker = new Pruner(metadata, anyOfOwn)
  return (value, walk) => {
    if (!isPlainObject(value)) throw WRONG_TYPE
    const object = walker.fields(value, root, walk, root.preserves, true)
    return object['metadata'] === undefined ? sortKeys({ ...object, metadata: {} }) : object
  }
}

/** As a stored object is read: pruned by the present schema; its metadata was typed when it was written. */
export function pruneStored<T extends object>(object: T, root: StructuralNode): T {
  return new Pruner(undefined, SCALARS.any).fields(
    object as Fields,
    root,
    { keys: 0, unknown: 0 },
    root.preserves,
    true,
  ) as T
}

/** A part of an object, pruned. */
export function pruneValue(value: unknown, node: StructuralNode): unknown {
  return new Pruner(undefined, SCALARS.any).value(value, node, { keys: 0, unknown: 0 }, false)
}

class Pruner {
  readonly #metadata: MetadataReader | undefined
  /** How a value is read of which the schema knows nothing, and that stays. */
  readonly #unknown: Decode

  constructor(metadata: MetadataReader | undefined, unknown: Decode) {
    this.#metadata = metadata
    this.#unknown = unknown
  }

  fields(value: Fields, node: Known, walk: Walk, keep: boolean, isRoot: boolean): Fields {
    const entries: [string, unknown][] = []
    for (const name of Object.keys(value).sort()) {
      walk.keys++
      const given = value[name]
      if (node?.embedded && META_FIELDS.has(name)) {
        entries.push([name, this.#meta(name, given, walk)])
        continue
      }
      const below = node?.properties.get(name) ?? node?.additional
      if (below === undefined && !keep) {
        if (!isRoot || !META_FIELDS.has(name)) walk.unknown++
        countKeys(given, walk)
      } else if (given !== null || walk.keepsNulls || !below || below.nullable || below.hasDefault) {
        entries.push([name, below === undefined ? this.#unknown(given, walk) : this.value(given, below, walk, false)])
      }
    }
    return Object.fromEntries(entries)
  }

  value(value: unknown, node: Known, walk: Walk, keep: boolean): unknown {
    const keeps = keep || node?.preserves === true
    if (Array.isArray(value)) {
      const items = node?.items ?? null
      return value.map((item) =>
        items === null && keeps ? this.#unknown(item, walk) : this.value(item, items, walk, keeps),
      )
    }
    return isPlainObject(value) ? this.fields(value, node, walk, keeps, false) : value
  }

  #meta(name: string, given: unknown, walk: Walk): unknown {
    if (!this.#metadata) return given
    if (name !== 'metadata') {
      if (typeof given !== 'string') throw WRONG_TYPE
      return given
    }
    return sortKeys(this.#metadata.decode(given ?? {}, walk) as Fields)
  }
}

/** What is wrong with a document, in upstream's order: duplicates, then unknown fields of metadata, then all others. */
export function diagnoseCustom(document: JsonNode, root: StructuralNode, metadata: StructNode): Diagnosis {
  const reader = new Reader(metadata)
  try {
    reader.duplicates(document, '')
    reader.read(document, root, '', root.preserves, true)
  } catch (error) {
    if (!(error instanceof Aborted)) throw error
    return { strict: [], error: error.message }
  }
  if (reader.error !== undefined) return { strict: [], error: reader.error }
  const unknown = [...reader.inMetadata, ...reader.unknown.sort()].map((path) => `unknown field ${quote(path)}`)
  return { strict: [...new Set([...reader.twice, ...unknown])] }
}

class Reader {
  readonly twice: string[] = []
  readonly unknown: string[] = []
  readonly inMetadata: string[] = []
  error: string | undefined
  readonly #metadata: StructNode

  constructor(metadata: StructNode) {
    this.#metadata = metadata
  }

  duplicates(json: JsonNode, path: string): void {
    if (json.type === 'number') refuseUnsafe(json.literal)
    if (json.type === 'array') for (const [i, item] of json.items.entries()) this.duplicates(item, `${path}[${i}]`)
    if (json.type !== 'object') return
    const seen = new Set<string>()
    for (const [key, value] of json.entries) {
      const at = child(path, key)
      if (seen.has(key)) this.twice.push(`duplicate field ${quote(at)}`)
      seen.add(key)
      this.duplicates(value, at)
    }
  }

  read(json: JsonNode, node: Known, path: string, keep: boolean, isRoot: boolean): void {
    const keeps = keep || node?.preserves === true
    if (json.type === 'array') {
      const items = node?.items ?? null
      if (items === null && keeps) return
      for (const [i, item] of json.items.entries()) this.read(item, items, `${path}[${i}]`, keeps, false)
    }
    if (json.type !== 'object') return
    for (const [key, value] of new Map(json.entries)) {
      const at = child(path, key)
      const below = node?.properties.get(key) ?? node?.additional
      if (node?.embedded && META_FIELDS.has(key)) this.#meta(key, value, at)
      else if (below !== undefined) this.read(value, below, at, false, false)
      else if (!keeps && !(isRoot && META_FIELDS.has(key))) this.unknown.push(at)
    }
  }

  #meta(key: string, json: JsonNode, path: string): void {
    const fail = (why: string): void => {
      const isRoot = !path.includes('.')
      this.error ??= isRoot ? why : `${path}: Invalid value: ${marshal(jsonValueOf(json))}: ${why}`
    }
    if (key !== 'metadata') {
      if (json.type !== 'string') fail('must be a string')
      return
    }
    const { strict, error } = diagnose(json, this.#metadata)
    if (error !== undefined) fail(error)
    for (const text of strict) {
      const unknown = /^unknown field "(.*)"$/.exec(text)?.[1]
      if (unknown !== undefined) this.inMetadata.push(`${path}.${unknown}`)
    }
  }
}

const child = (path: string, key: string): string => (path === '' ? key : `${path}.${key}`)
