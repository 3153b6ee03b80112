import { expect, it } from 'vitest'
import { readKnown } from './known.ts'
import { reasons } from './reasons.ts'

it('has a reason for every known difference', () => {
  const slugs = new Set(reasons.map(({ slug }) => slug))
  expect(readKnown().filter(({ slug }) => !slugs.has(slug))).toEqual([])
})

it('has a known difference for every reason', () => {
  const used = new Set(readKnown().map(({ slug }) => slug))
  expect(reasons.filter(({ slug }) => !used.has(slug))).toEqual([])
})

it('lists each difference once', () => {
  const lines = readKnown().map(({ area, id }) => `${area}\t${id}`)
  expect(new Set(lines).size).toBe(lines.length)
})
