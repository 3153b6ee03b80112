/** Sets along prefixes: what begins alike is shared, equal sets are one object, and all are printed as JSON prints them. */
import { expect, test } from 'vitest'
import { setOfPath, union } from '../../../src/apimachinery/managedfields/field-set.ts'
import {
  LEAF,
  noMembers,
  setOfPrefix,
  setText,
  withMember,
} from '../../../src/apimachinery/managedfields/set-prefix.ts'

const setOf = (...names: string[]) =>
  setOfPrefix(names.reduce((prefix, name) => withMember(prefix, name, LEAF), noMembers()))

test('no members are no set', () => {
  expect(setOfPrefix(noMembers())).toBeUndefined()
})

test('sets with the same members are one object, whatever was made in between', () => {
  const first = setOf('f:a', 'f:b')
  expect(setOf('f:a', 'f:c')).toEqual({ 'f:a': {}, 'f:c': {} })
  expect(setOf('f:b')).toEqual({ 'f:b': {} })
  expect(setOf('f:a')).toEqual({ 'f:a': {} })
  expect(setOf('f:a', 'f:b')).toBe(first)
  expect(first).toEqual({ 'f:a': {}, 'f:b': {} })
})

test('sets that differ below a member are two objects', () => {
  const parentOf = (child: string) => setOfPrefix(withMember(noMembers(), 'f:spec', setOf(child)!))
  const first = parentOf('f:a')
  expect(parentOf('f:b')).toEqual({ 'f:spec': { 'f:b': {} } })
  expect(parentOf('f:a')).toBe(first)
})

test('what union makes of two sets is the set that has their members', () => {
  expect(union(setOfPath(['f:a']), setOfPath(['f:b']))).toBe(setOf('f:a', 'f:b'))
})

test('sets stay what they are when their prefixes are forgotten for being too many', () => {
  const first = setOf('f:a', 'f:b')
  for (let i = 0; i < 60_000; i++) setOf(`f:${i}`)
  const second = setOf('f:a', 'f:b')
  expect(second).not.toBe(first)
  expect(second).toEqual(first)
})

test.each([
  { of: 'a set along prefixes', set: setOf('f:a', 'k:{"name":"é"}')! },
  { of: 'a set that was read', set: { 'f:a': { '.': {}, 'f:b': {} } } },
  { of: 'a set without members', set: LEAF },
])('the text of $of is its JSON, each time', ({ set }) => {
  expect(setText(set)).toBe(JSON.stringify(set))
  expect(setText(set)).toBe(JSON.stringify(set))
})
