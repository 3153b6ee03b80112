/** Field sets: the algebra on FieldsV1, the canonical order, and what is read from clients. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  canonicalSet,
  difference,
  type FieldSet,
  hasPath,
  intersection,
  pathTexts,
  recursiveDifference,
  setOfPath,
  union,
} from '../../../src/apimachinery/managedfields/field-set.ts'
import { compareElements, keyElement, valueElement } from '../../../src/apimachinery/managedfields/path-element.ts'

const element = fc.oneof(
  fc.constantFrom('f:a', 'f:b', 'f:spec', 'i:0', 'i:10', 'i:2'),
  fc.constantFrom('x', 'y', '<&>').map((name) => keyElement([['name', name]])),
  fc.constantFrom(80, 443, 8080).map((port) =>
    keyElement([
      ['port', port],
      ['protocol', 'TCP'],
    ]),
  ),
  fc.constantFrom('x', 'finalizer.io/a', 5, true).map(valueElement),
)
const path = fc.array(element, { minLength: 1, maxLength: 4 })
const paths = fc.array(path, { maxLength: 12 })

const setOf = (all: string[][]): FieldSet | undefined =>
  all.reduce<FieldSet | undefined>((set, one) => union(set, setOfPath(one)), undefined)
const texts = (set: FieldSet | undefined): string[] => pathTexts(set).sort()
const written = (set: FieldSet | undefined): string => JSON.stringify(set ?? {})

/** Every level in order, `.` first, no node without a member. */
function expectCanonical(set: FieldSet | undefined): void {
  const names = Object.keys(set ?? {})
  expect(names).toEqual([...names].sort(compareElements))
  for (const name of names) if (name !== '.') expectCanonical((set as FieldSet)[name])
}

describe('sets', () => {
  test('hold what was put in, in canonical order, whatever the order it came in', () => {
    fc.assert(
      fc.property(paths, fc.func(fc.integer()), (all, order) => {
        const set = setOf(all)
        expectCanonical(set)
        for (const one of all) expect(hasPath(set, one)).toBe(true)
        const shuffled = [...all].sort((a, b) => order(a) - order(b))
        expect(written(setOf(shuffled))).toBe(written(set))
      }),
    )
  })

  test('union, intersection and difference are those of the sets of their paths', () => {
    fc.assert(
      fc.property(paths, paths, (left, right) => {
        const [a, b] = [setOf(left), setOf(right)]
        const [inA, inB] = [new Set(texts(a)), new Set(texts(b))]
        expect(texts(union(a, b))).toEqual([...new Set([...inA, ...inB])].sort())
        expect(texts(intersection(a, b))).toEqual([...inA].filter((one) => inB.has(one)).sort())
        expect(texts(difference(a, b))).toEqual([...inA].filter((one) => !inB.has(one)).sort())
        for (const set of [union(a, b), intersection(a, b), difference(a, b)]) expectCanonical(set)
      }),
    )
  })

  test('a recursive difference takes what is below with it', () => {
    const set = setOf([['f:spec'], ['f:spec', 'f:a'], ['f:spec', 'f:b', 'f:c'], ['f:status']])
    expect(recursiveDifference(set, setOfPath(['f:spec']))).toEqual({ 'f:status': {} })
    expect(difference(set, setOfPath(['f:spec']))).toEqual({
      'f:spec': { 'f:a': {}, 'f:b': { 'f:c': {} } },
      'f:status': {},
    })
    expect(recursiveDifference(set, setOfPath(['f:spec', 'f:b']))).toEqual({
      'f:spec': { '.': {}, 'f:a': {} },
      'f:status': {},
    })
  })

  test('what a client wrote is read back the same once it is canonical', () => {
    fc.assert(
      fc.property(paths, (all) => {
        const set = setOf(all)
        expect(written(canonicalSet(JSON.parse(written(set))))).toBe(written(set))
      }),
    )
  })
})

describe('FieldsV1 of a client', () => {
  test.each([
    ['unsorted members', { 'f:b': {}, 'f:a': { 'f:y': {}, '.': {} } }, '{"f:a":{".":{},"f:y":{}},"f:b":{}}'],
    ['a member that only names itself', { 'f:a': { '.': {} } }, '{"f:a":{}}'],
    ['spaces and order in keys', { 'k:{ "b":1, "a":"x" }': {} }, '{"k:{\\"a\\":\\"x\\",\\"b\\":1}":{}}'],
    ['unknown kinds of elements', { 'q:x': {}, 'f:a': {} }, '{"f:a":{}}'],
    [
      'numbers by value, not by text',
      { 'k:{"port":8080}': {}, 'k:{"port":443}': {} },
      '{"k:{\\"port\\":443}":{},"k:{\\"port\\":8080}":{}}',
    ],
    [
      'fields before keys before values before indexes',
      { 'i:1': {}, 'v:"a"': {}, 'k:{"a":1}': {}, 'f:z': {} },
      '{"f:z":{},"k:{\\"a\\":1}":{},"v:\\"a\\"":{},"i:1":{}}',
    ],
  ])('%s', (_, given, expected) => {
    expect(JSON.stringify(canonicalSet(given))).toBe(expected)
  })

  test.each([
    ['no colon', { bad: {} }],
    ['no JSON', { 'v:': {} }],
    ['no index', { 'i:x': {} }],
    ['no object', { 'f:a': [] }],
    ['keys that are none', { 'k:[1]': {} }],
  ])('%s is refused', (_, given) => {
    expect(() => canonicalSet(given)).toThrow()
  })
})

test('paths are printed as conflicts name them, the members of a level first', () => {
  const set = setOf([
    ['f:spec', 'f:containers', keyElement([['name', 'a']]), 'f:image'],
    [
      'f:spec',
      'f:ports',
      keyElement([
        ['port', 80],
        ['protocol', 'TCP'],
      ]),
    ],
    ['f:metadata', 'f:finalizers', valueElement('x.io/y')],
    ['f:zz'],
  ])
  expect(pathTexts(set)).toEqual([
    '.zz',
    '.metadata.finalizers[="x.io/y"]',
    '.spec.containers[name="a"].image',
    '.spec.ports[port=80,protocol="TCP"]',
  ])
})
