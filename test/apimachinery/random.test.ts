import { describe, expect, test } from 'vitest'
import { generateName, type Random, safeEncode, seededRandom, systemRandom } from '../../src/apimachinery/random.ts'

const draw = (random: Random) => [random.next(), random.uuid(), random.suffix(5), random.uuid()]

describe.each<[string, () => Random]>([
  ['the system random', systemRandom],
  ['a seeded random', () => seededRandom(1)],
])('%s', (_, make) => {
  test('makes version 4 uuids, safe suffixes and numbers below one', () => {
    const random = make()
    const uuids = new Set<string>()
    for (let i = 0; i < 300; i++) {
      const uuid = random.uuid()
      uuids.add(uuid)
      expect(uuid).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
      expect(random.suffix(5)).toMatch(/^[bcdfghjklmnpqrstvwxz2456789]{5}$/)
      const number = random.next()
      expect(number >= 0 && number < 1).toBe(true)
    }
    expect(uuids.size).toBe(300)
  })
})

test('the same seed gives the same sequence, another seed another', () => {
  expect(draw(seededRandom('a'))).toEqual(draw(seededRandom('a')))
  expect(draw(seededRandom('a'))).not.toEqual(draw(seededRandom('b')))
  expect(draw(seededRandom(7))).toEqual(draw(seededRandom('7')))
})

test('a seeded random spreads evenly', () => {
  const random = seededRandom(42)
  const buckets = Array<number>(10).fill(0)
  for (let i = 0; i < 10_000; i++) buckets[Math.floor(random.next() * 10)]++
  expect(Math.min(...buckets)).toBeGreaterThan(850)
  expect(Math.max(...buckets)).toBeLessThan(1150)
})

test('a generated name is cut to 63 characters', () => {
  expect(generateName(seededRandom(1), 'web-')).toMatch(/^web-.{5}$/)
  expect(generateName(seededRandom(1), 'x'.repeat(80))).toHaveLength(63)
})

test('the digits of a hash are spelt as upstream spells them', () => {
  expect(['0123456789', '5b9c6f'].map(safeEncode)).toEqual(['456789bcdf', '9wfxb4'])
})

test('branches draw by their name alone, and take nothing of what others draw', () => {
  const [one, two] = [seededRandom(1), seededRandom(1)]
  const early = one.branch('a').uuid()
  one.next()
  two.next()
  expect(two.branch('a').uuid()).toBe(early)
  expect(two.branch('b').uuid()).not.toBe(early)
  expect(one.uuid()).toBe(two.uuid())
  expect(seededRandom(2).branch('a').uuid()).not.toBe(early)
  expect(systemRandom().branch('a').uuid()).not.toBe(systemRandom().branch('a').uuid())
})
