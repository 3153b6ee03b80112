import { expect, test } from 'vitest'
import { itemsOf, listPieces } from '../../src/api/list-bytes.ts'
import type { DynamicObject } from '../../src/apimachinery/meta.ts'
import type { ResourceDefinition } from '../../src/registry/definition.ts'

const pods = { kind: 'Pod', apiVersion: 'v1' } as ResourceDefinition
const custom = {
  kind: 'Widget',
  apiVersion: 'example.com/v1',
  custom: { listKind: 'WidgetList' },
} as ResourceDefinition
const HEAD = '{"kind":"PodList","apiVersion":"v1","metadata":{"resourceVersion":"7"},"items":['

const pod = (name: string, size = 0): DynamicObject =>
  ({ kind: 'Pod', apiVersion: 'v1', metadata: { name }, spec: { note: 'é'.repeat(size) } }) as never

const text = (objects: DynamicObject[], definition = pods, head = HEAD): string =>
  Array.from(listPieces(head, objects, itemsOf(definition)), (piece) => piece.toString()).join('')

test('an empty list has empty items', () => {
  expect(text([])).toBe(`${HEAD}]}\n`)
})

test('items of a typed list have no kind and apiVersion', () => {
  expect(text([pod('a'), pod('b')])).toBe(
    `${HEAD}{"metadata":{"name":"a"},"spec":{"note":""}},{"metadata":{"name":"b"},"spec":{"note":""}}]}\n`,
  )
})

test('items of a list of custom resources keep them', () => {
  const widget = { apiVersion: 'example.com/v1', kind: 'Widget', metadata: { name: 'a' } } as DynamicObject
  expect(text([widget], custom)).toBe(`${HEAD}${JSON.stringify(widget)}]}\n`)
})

test.each([
  ['kind and apiVersion the other way round', { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'a' } }],
  ['kind and apiVersion last', { metadata: { name: 'a' }, kind: 'Pod', apiVersion: 'v1' }],
  ['another version', { kind: 'Pod', apiVersion: 'v2beta1', metadata: { name: 'a' } }],
])('an object with %s is cut all the same', (_what, object) => {
  expect(text([object as never])).toBe(`${HEAD}{"metadata":{"name":"a"}}]}\n`)
})

test('a long list comes in several pieces, of any sizes, that are one document', () => {
  const objects = Array.from({ length: 400 }, (_, i) => pod(`pod-${i}`, i === 200 ? 500_000 : i * 17))
  const pieces = Array.from(listPieces(HEAD, objects, itemsOf(pods)), (piece) => Buffer.from(piece))
  expect(pieces.length).toBeGreaterThan(5)
  const { items } = JSON.parse(Buffer.concat(pieces).toString())
  expect(items).toEqual(objects.map(({ metadata, spec }) => ({ metadata, spec })))
})

test('a piece is whole until the next but one is asked for, and the memory of two does for them all', () => {
  const objects = Array.from({ length: 400 }, (_, i) => pod(`pod-${i}`, 5_000))
  let previous: { piece: Buffer; copy: Buffer } | undefined
  const memory = new Set<ArrayBufferLike>()
  for (const piece of listPieces(HEAD, objects, itemsOf(pods))) {
    if (previous) expect(previous.piece.equals(previous.copy)).toBe(true)
    previous = { piece, copy: Buffer.from(piece) }
    memory.add(piece.buffer)
  }
  expect(memory.size).toBe(2)
})

test('a head that is longer in bytes than in characters fits', () => {
  const head = `{"metadata":{"continue":"${'é'.repeat(100)}"},"items":[`
  expect(text([], pods, head)).toBe(`${head}]}\n`)
})
