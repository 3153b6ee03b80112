import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { shareParts } from '../../src/apimachinery/shared-parts.ts'

// biome-ignore lint/suspicious/noExplicitAny: parts of any shape
type Any = any

const pod = (name: string, more: object = {}): Any => ({
  kind: 'OwnPod',
  metadata: { name, labels: { app: 'web' } },
  spec: { containers: [{ name: 'web', args: ['a', 'b'] }], tolerations: [{ key: 'x' }, { key: 'y' }] },
  ...more,
})

function shared<T extends object>(...objects: (T & { kind: string })[]): T[] {
  for (const object of objects) shareParts(object)
  return objects
}

describe('shareParts', () => {
  it('gives objects that say the same one part for it', () => {
    const [a, b] = shared(pod('a'), pod('b'))
    expect(b).toEqual(pod('b'))
    expect(b.spec).toBe(a.spec)
    expect(b.metadata.labels).toBe(a.metadata.labels)
    expect(b.metadata).not.toBe(a.metadata)
  })

  it('gives objects that were read from a file one set of managed fields', () => {
    const read = (ip: string): Any => ({
      kind: 'OwnPod',
      metadata: {
        managedFields: [
          { fieldsV1: { 'f:status': { 'f:podIPs': { [`k:{"ip":"${ip}"}`]: { '.': {}, 'f:ip': {} } } } } },
        ],
      },
    })
    const [a, b, other] = shared(read('10.0.0.1'), read('10.0.0.1'), read('10.0.0.2'))
    expect(other).toEqual(read('10.0.0.2'))
    const fieldsOf = ({ metadata }: Any): Any => metadata.managedFields[0].fieldsV1
    expect(fieldsOf(b)).toBe(fieldsOf(a))
    const status = (object: Any): Any => fieldsOf(object)['f:status']['f:podIPs']
    expect(status(other)['k:{"ip":"10.0.0.2"}']).toBe(status(a)['k:{"ip":"10.0.0.1"}'])
  })

  it.each([
    { spec: { fieldsV1: { type: 'object' } } },
    { spec: { fieldsV1: [1, 'ab', null] } },
    { spec: { managedFields: [{ fieldsV1: { size: 1 } }] } },
    { metadata: { fieldsV1: { size: 1 } } },
  ])('leaves what only has the name of a set as it is: %j', (more) => {
    const text = JSON.stringify(more)
    const [{ kind: _, ...after }] = shared<Any>({ kind: 'Named', ...more })
    expect(JSON.stringify(after)).toBe(text)
  })

  it('shares elements of lists wherever they stand', () => {
    const [a, b] = shared(
      pod('a', { spec: { tolerations: [{ key: 'x' }, { key: 'y' }] } }),
      pod('b', { spec: { tolerations: [{ key: 'y' }] } }),
    )
    expect(b.spec.tolerations[0]).toBe(a.spec.tolerations[1])
  })

  it.each([
    ['fields in another order', { a: 1, b: 2 }, { b: 2, a: 1 }],
    ['one field more', { a: 1 }, { a: 1, b: undefined }],
    ['another value of a field deep inside', { a: { b: [{ c: 1 }] } }, { a: { b: [{ c: 2 }] } }],
    ['a list and an object with the same members', { a: ['x'] }, { a: { 0: 'x' } }],
    ['an empty list and an empty object', { a: [] }, { a: {} }],
    ['a number and its text', { a: 1 }, { a: '1' }],
  ])('keeps apart %s', (_, one, other) => {
    const [a, b] = shared<Any>({ kind: 'Apart', part: one }, { kind: 'Apart', part: other })
    expect(b.part).not.toBe(a.part)
    expect(JSON.stringify(b.part)).toBe(JSON.stringify(other))
  })

  it('does not look into what the predecessor has, too', () => {
    const spec = Object.freeze({ containers: Object.freeze([{ name: 'own' }]) })
    const old: Any = { kind: 'Predecessor', spec }
    const next: Any = { kind: 'Predecessor', spec }
    shareParts({ kind: 'Predecessor', spec: { containers: [{ name: 'own' }] } } as Any)
    shareParts(next, old)
    expect(next.spec).toBe(spec)
  })

  it('remembers a few parts of each place, and forgets the oldest', () => {
    const first: Any = { kind: 'Few', part: { n: 0 } }
    shareParts(first)
    const again = (): Any => shared<Any>({ kind: 'Few', part: { n: 0 } })[0].part
    for (let n = 1; n <= 19; n++) shareParts({ kind: 'Few', part: { n } } as Any)
    expect(again()).toBe(first.part)
    shareParts({ kind: 'Few', part: { n: 20 } } as Any)
    expect(again()).not.toBe(first.part)
  })

  it('passes by a place where nothing is alike, and finds out when that changes', () => {
    const at = (n: number): Any => shared<Any>({ kind: 'Barren', part: { n, labels: { app: 'web' } } })[0].part
    const first = at(0)
    for (let n = 1; n < 100; n++) expect(at(n).labels).toBe(first.labels)
    expect(at(-1)).not.toBe(at(-1))
    for (let i = 0; i < 1000; i++) at(-1)
    expect(at(-1)).toBe(at(-1))
  })

  it('never changes what an object says, however many places there are', () => {
    const part = fc.object({ maxDepth: 3, maxKeys: 4, values: [fc.constantFrom('a', 'b', 0, 1, null, true)] })
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 20 }), (parts) => {
        const before = parts.map((each) => JSON.stringify(each))
        const objects = shared<Any>(...parts.map((each) => ({ kind: 'Any', part: each })))
        expect(objects.map((each) => JSON.stringify(each.part))).toEqual(before)
      }),
    )
  })

  it('goes on when so many places are known that all are forgotten', () => {
    const many = Object.fromEntries(Array.from({ length: 10_001 }, (_, i) => [`f${i}`, { i }]))
    shared<Any>({ kind: 'Many', many })
    const [a, b] = shared(pod('a'), pod('b'))
    expect(b.spec).toBe(a.spec)
  })
})
