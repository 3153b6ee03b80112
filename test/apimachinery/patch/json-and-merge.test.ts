import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { semanticEqual } from '../../../src/apimachinery/equality.ts'
import { type Status, StatusError } from '../../../src/apimachinery/errors.ts'
import { applyJsonPatch, unknownJsonPatchFields } from '../../../src/apimachinery/patch/json.ts'
import { applyMergePatch } from '../../../src/apimachinery/patch/merge.ts'
import type { JsonMap, JsonValue } from '../../../src/apimachinery/patch/values.ts'
import recorded from './json-and-merge.json' with { type: 'json' }

interface Recorded {
  name: string
  patch: unknown
  result?: JsonMap
  code?: number
  status?: Status
}

const object = frozen(recorded.object) as JsonMap

function frozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null) Object.values(value).forEach(frozen)
  return Object.freeze(value)
}

function outcome(run: () => JsonValue): JsonValue | StatusError {
  try {
    return run()
  } catch (error) {
    if (error instanceof StatusError) return error
    throw error
  }
}

function compare(answer: JsonValue | StatusError, { result, status }: Recorded): void {
  if (result) {
    if (answer instanceof StatusError) throw answer
    // The server drops what is empty, and null strings become empty ones.
    const text = JSON.stringify(answer).replace(/(?<=data":\{[^}]*):null/g, ':""')
    expect(semanticEqual(JSON.parse(text), result) || answer).toBe(true)
  } else if (answer instanceof StatusError) expect(answer.status).toEqual(status)
  // Patched, then refused by decoding or validation: not this module's part.
  else expect(status!.message).toMatch(/is invalid|undeterminable/)
}

test.each(recorded.json as Recorded[])('a JSON patch that $name is answered as by a real server', (row) => {
  compare(
    outcome(() => applyJsonPatch(object, frozen(row.patch))),
    row,
  )
})

test.each(recorded.merge as Recorded[])('a merge patch that $name is answered as by a real server', (row) => {
  compare(
    outcome(() => applyMergePatch(object, frozen(row.patch))),
    row,
  )
})

test('a JSON patch of more than 10,000 operations is refused', () => {
  const patch = Array(10_001).fill({ op: 'test', path: '/data/a', value: '1' })
  expect((outcome(() => applyJsonPatch(object, patch)) as StatusError).status).toEqual(recorded.tooMany)
})

test('unknown members of operations are named', () => {
  expect(unknownJsonPatchFields([{ op: 'add', foo: 1 }, { op: 'add' }, null])).toEqual([
    'json patch unknown field "[0].foo"',
  ])
})

describe('a patch', () => {
  test('shares what it does not touch', () => {
    const patched = applyJsonPatch(object, [{ op: 'add', path: '/data/z', value: '1' }]) as JsonMap
    expect(patched.metadata).toBe(object.metadata)
    expect(applyMergePatch(object, { data: { z: '1' } }).metadata).toBe(object.metadata)
  })

  test('can name members as Object.prototype does, without reaching it', () => {
    const patched = applyJsonPatch({}, [{ op: 'add', path: '/__proto__', value: { polluted: 1 } }])
    expect(Object.keys(patched as JsonMap)).toEqual(['__proto__'])
    expect(({} as JsonMap).polluted).toBeUndefined()
    const merged = applyMergePatch({}, JSON.parse('{"__proto__":{"polluted":1}}'))
    expect(JSON.stringify(merged)).toBe('{"__proto__":{"polluted":1}}')
  })
})

const leaf = fc.oneof(fc.constant('x'), fc.integer(), fc.boolean())
const { json } = fc.letrec<{ json: JsonValue; map: JsonMap }>((tie) => ({
  json: fc.oneof({ maxDepth: 3 }, leaf, fc.array(tie('json'), { maxLength: 3 }), tie('map')),
  map: fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd/e', '~'), tie('json'), { maxKeys: 4 }),
}))
const maps = fc.dictionary(fc.constantFrom('a', 'b', 'c'), json, { maxKeys: 3 })

test('merging a patch twice is merging it once', () => {
  fc.assert(
    fc.property(maps, maps, (document, patch) => {
      const once = applyMergePatch(document, patch)
      expect(applyMergePatch(once, patch)).toEqual(once)
    }),
  )
})

test('what a JSON patch adds can be tested, and removing it restores the document', () => {
  fc.assert(
    fc.property(maps, fc.constantFrom('new', 'x/y', 'm~n'), json, (document, name, value) => {
      const path = `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`
      const added = applyJsonPatch(document, [
        { op: 'add', path, value },
        { op: 'test', path, value },
      ])
      expect(added).toEqual({ ...document, [name]: value })
      expect(applyJsonPatch(added, [{ op: 'remove', path }])).toEqual(document)
    }),
  )
})
