/** What jq 1.6 made of the same input was recorded from it. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { compileQuery } from '../../src/apimachinery/jq/query.ts'

interface Recorded {
  input: unknown
  cases: { query: string; answers?: unknown[]; error?: string }[]
}

const file = join(import.meta.dirname, '../golden/jq/queries.json')
const { input, cases } = JSON.parse(readFileSync(file, 'utf8')) as Recorded

describe('jq expressions', () => {
  test.each(cases.filter(({ answers }) => answers !== undefined))(
    '$query gives what jq gives.',
    ({ query, answers }) => {
      expect(compileQuery(query)(input)).toEqual(answers)
    },
  )

  test.each(cases.filter(({ error }) => error !== undefined))('$query fails, as in jq.', ({ query }) => {
    expect(() => compileQuery(query)(input)).toThrow()
  })

  test('A dot before a bracket is one path, as newer versions read it.', () => {
    const query = compileQuery('.status.conditions.[] | select( .type == "Ready" ) | .status')
    expect(query(input)).toEqual(['True'])
    expect(compileQuery('.metadata.labels.["app"]')(input)).toEqual(['web'])
  })

  test.each(['def f: 1; f', '. as $x | $x', '.a = 1', 'limit(1; .a)'])(
    '%s is beyond what is supported, and says so.',
    (query) => {
      expect(() => compileQuery(query)).toThrow(/jq/)
    },
  )
})
