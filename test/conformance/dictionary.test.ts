import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { packValues, unpackValues } from './dictionary.ts'

it('gives back what was packed', () => {
  const long = fc.constantFrom('x'.repeat(70), { spec: { a: 'y'.repeat(70), b: [1, 2] } })
  const tree = fc.letrec((tie) => ({
    node: fc.oneof(
      long,
      fc.integer(),
      fc.array(tie('node'), { maxLength: 3 }),
      fc.dictionary(fc.string(), tie('node')),
    ),
  })).node
  fc.assert(
    fc.property(fc.array(tree), (values) => {
      const packed = JSON.parse(JSON.stringify(packValues(values)))
      expect(unpackValues(packed)).toEqual(JSON.parse(JSON.stringify(values)))
    }),
  )
})

it('keeps a repeated value once', () => {
  const value = { text: 'x'.repeat(70) }
  expect(packValues([value, [value], value])).toEqual({ entries: [value], values: ['~0', ['~0'], '~0'] })
})
