import { expect, test } from 'vitest'
import { deepCopy, deepEqual, equalBeside, equalRenamed, semanticEqual } from '../../src/apimachinery/equality.ts'

test.each<[unknown, unknown, boolean, boolean]>([
  [1, 1, true, true],
  ['1', 1, false, false],
  [{ a: 1, b: 2 }, { b: 2, a: 1 }, true, true],
  [{ a: 1 }, { a: 1, b: undefined }, true, true],
  [{ a: 1, b: undefined }, { a: 1 }, true, true],
  [{ a: 1 }, { b: 1 }, false, false],
  [{ a: 1 }, { a: 1, b: null }, false, true],
  [{ a: [] }, {}, false, true],
  [{}, { a: {} }, false, true],
  [{ a: { b: undefined } }, {}, false, true],
  [{ a: '' }, {}, false, false],
  [{ a: 0 }, {}, false, false],
  [[1, 2], [2, 1], false, false],
  [[1], [1, 2], false, false],
  [[], {}, false, true],
  [null, undefined, false, true],
  [null, {}, false, true],
  [[null], [[]], false, true],
  [{ constructor: 1 }, {}, false, false],
  [{}, { toString: 1 }, false, false],
  [{ a: [{ b: { c: [1] } }] }, { a: [{ b: { c: [1] } }] }, true, true],
])('%j and %j: equal %s, equal in meaning %s', (a, b, equal, semantic) => {
  expect([deepEqual(a, b), deepEqual(b, a)]).toEqual([equal, equal])
  expect([semanticEqual(a, b), semanticEqual(b, a)]).toEqual([semantic, semantic])
})

test.each<[object, object, boolean]>([
  [{ a: 1, b: 2 }, { a: 3, b: 2 }, true],
  [{ b: 2 }, { a: 3, b: 2 }, true],
  [{ a: 1, b: 2 }, { b: 2 }, true],
  [{ a: 1, b: 2 }, { a: 1, b: 3 }, false],
  [{ a: 1 }, { a: 1, b: 2 }, false],
  [{ b: { a: 1 } }, { b: { a: 2 } }, false],
])('%j and %j: equal beside a %s', (a, b, equal) => {
  expect([equalBeside('a', a, b), equalBeside('a', b, a)]).toEqual([equal, equal])
})

test('a copy shares no container with its original, whatever its members are called', () => {
  const original = JSON.parse('{"a": [{"b": null}], "__proto__": {"c": 1}, "d": {}}')
  const copy = deepCopy(original)
  expect(JSON.stringify(copy)).toBe(JSON.stringify(original))
  expect(Object.getPrototypeOf(copy)).toBe(Object.prototype)
  copy.a[0].b = 2
  copy.d.e = 3
  expect(original).toMatchObject({ a: [{ b: null }], d: {} })
})

test.each<[unknown, unknown, boolean]>([
  [['x', 'a'], ['y', 'a'], true],
  [{ a: [{ b: 'x' }, { b: 'x' }] }, { a: [{ b: 'y' }, { b: 'y' }] }, true],
  [['x', 'x'], ['y', 'x'], false],
  [['x', 'a'], ['y', 'y'], false],
  [['a'], ['y'], false],
  [{ x: 1 }, { y: 1 }, false],
  [['x'], { 0: 'y' }, false],
  [[1], [2], false],
])('%j and %j where x is called y: equal %s', (a, b, equal) => {
  expect(equalRenamed(a, b, 'x', 'y')).toBe(equal)
})

test('a value equals itself under another name when it does not have the name', () => {
  const [without, having] = [{ a: 'a' }, { a: 'x' }]
  expect([equalRenamed(without, without, 'x', 'y'), equalRenamed(having, having, 'x', 'y')]).toEqual([true, false])
  expect(equalRenamed(having, { a: 'x' }, 'x', 'x')).toBe(true)
})
