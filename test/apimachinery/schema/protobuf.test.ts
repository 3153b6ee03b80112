/** Upstream's own golden files: every kind empty and full, as JSON and as protobuf. */
import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { DynamicObject } from '../../../src/apimachinery/meta.ts'
import { loadFacts } from '../../../src/apimachinery/schema/load-facts.ts'
import { parseJson } from '../../../src/apimachinery/schema/parse.ts'
import { decodeProtobuf, encodeProtobuf, readEnvelope } from '../../../src/apimachinery/schema/protobuf.ts'
import { Schemas } from '../../../src/apimachinery/schema/schema.ts'

const dir = new URL('../../golden/codec/', import.meta.url)
const schemas = new Schemas(loadFacts())

interface Golden {
  json: DynamicObject
  pb: string
}
const rows = readdirSync(dir)
  .flatMap((file) => {
    const kinds = JSON.parse(readFileSync(new URL(file, dir), 'utf8')) as Record<string, Record<string, Golden>>
    return Object.entries(kinds).flatMap(([kind, forms]) =>
      Object.entries(forms).map(([form, golden]) => ({
        name: `${file.replace('.json', '')} ${kind} ${form}`,
        form,
        ...golden,
      })),
    )
  })
  // The zero form holds pointers to zero times, which JSON cannot say; a WatchEvent is no object.
  .filter(({ form, json }) => form !== 'zero' && json.apiVersion)

function schemaOf({ apiVersion, kind }: { apiVersion: string; kind: string }) {
  const [version, group] = apiVersion.split('/').reverse()
  return schemas.forKind(group ?? '', version, kind)
}

describe('codecs of every served kind', () => {
  it.each(rows)('$name decodes from JSON to itself, in the same order', ({ json }) => {
    const text = JSON.stringify(json)
    const { object, strict } = schemaOf(json)!.decode(parseJson(Buffer.from(text)))
    expect(JSON.stringify(object)).toBe(text)
    expect(strict.fields).toEqual([])
  })

  it.each(rows.filter(({ pb }) => pb))('$name encodes to upstream bytes and decodes back', ({ json, pb }) => {
    const schema = schemaOf(json)!
    const bytes = Buffer.from(pb, 'base64')
    expect(encodeProtobuf(schema, json).toString('hex')).toBe(bytes.toString('hex'))
    const envelope = readEnvelope(bytes)!
    expect(envelope).toMatchObject({ apiVersion: json.apiVersion, kind: json.kind })
    expect(JSON.stringify(decodeProtobuf(schema, envelope.raw))).toBe(JSON.stringify(json))
  })
})

describe('an envelope', () => {
  it('is not seen in other bytes', () => {
    expect(readEnvelope(Buffer.from('{"kind":"Pod"}'))).toBeUndefined()
    expect(readEnvelope(Buffer.from('k8'))).toBeUndefined()
  })

  it('that ends too early throws', () => {
    const bytes = encodeProtobuf(schemas.forKind('', 'v1', 'ConfigMap')!, {
      kind: 'ConfigMap',
      apiVersion: 'v1',
      metadata: {},
    })
    expect(() => readEnvelope(bytes.subarray(0, 9))).toThrow(RangeError)
  })
})
