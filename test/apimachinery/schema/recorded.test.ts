/** What a real kube-apiserver 1.37 answered to these bodies, recorded. */
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { decodeBody } from '../../../src/apimachinery/schema/body.ts'
import { loadFacts } from '../../../src/apimachinery/schema/load-facts.ts'
import { parsedValue, parseJson } from '../../../src/apimachinery/schema/parse.ts'
import { type Decoded, hasIssues, Schemas, strictWarnings } from '../../../src/apimachinery/schema/schema.ts'

interface Recorded {
  kind: [group: string, version: string, kind: string]
  body: string
  yaml?: true
  message: string
  warning?: string
}
const golden = (name: string) =>
  JSON.parse(readFileSync(new URL(`../../golden/decode/${name}.json`, import.meta.url), 'utf8'))

const schemas = new Schemas(loadFacts())
const clock = {
  now: () => Date.parse('2026-01-01T00:00:00Z'),
  after: () => ({ cancel() {} }),
  nextTimer: () => undefined,
}

function read({ kind, body, yaml }: Recorded): Decoded {
  return decodeBody(schemas, schemas.forKind(...kind)!, Buffer.from(body), yaml ? 'yaml' : 'json', clock)
}

function messageOf(row: Recorded): string {
  try {
    read(row)
    return 'accepted'
  } catch (error) {
    return (error as Error).message
  }
}

describe('bodies that cannot be decoded', () => {
  it.each(golden('malformed') as Recorded[])('$kind.2 $body is refused with the text of the real server', (row) => {
    expect(messageOf(row)).toBe(row.message)
  })
})

describe('bodies with unknown and duplicate fields', () => {
  it.each(golden('strict') as Recorded[])('$kind.2 $body is refused when strict and warned about when not', (row) => {
    const { strict } = read(row)
    expect(hasIssues(strict)).toBe(row.message !== undefined)
    const [group, version, kind] = row.kind
    if (hasIssues(strict)) expect(schemas.forKind(group, version, kind)!.strictError(strict).message).toBe(row.message)
    const header = strictWarnings(strict).map((text) => `299 - ${JSON.stringify(text)}`)
    expect(header.join(', ')).toBe(row.warning ?? '')
  })
})

describe('defaults and canonical form', () => {
  const objects = golden('objects') as { kind: string; input: Record<string, unknown>; expected: unknown }[]
  it.each(objects.map((row, i) => ({ ...row, i })))(
    '$kind #$i is stored as the real server stores it',
    ({ kind, input, expected }) => {
      const [group, version, name] = kind.split('/').length === 3 ? kind.split('/') : ['', ...kind.split('/')]
      const schema = schemas.forKind(group, version, name)!
      const object = schema.decodeWithDefaults(parseJson(Buffer.from(JSON.stringify(input))), clock).object
      const { namespace: _, generation: __, ...metadata } = object.metadata
      expect({ ...object, metadata }).toEqual(expected)
      const again = schema.decodeWithDefaults(parsedValue(object), clock).object
      expect(JSON.stringify(again)).toBe(JSON.stringify(object))
      expect(JSON.stringify(schema.decodeValue(object).object)).toBe(JSON.stringify(object))
    },
  )
})
