/** What Go's text/template with sprig made of the same templates was recorded from it. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { compileTemplate } from '../../src/apimachinery/gotemplate/template.ts'

interface Recorded {
  data: unknown
  cases: { template: string; text?: string; error?: string }[]
}

const file = join(import.meta.dirname, '../golden/gotemplate/templates.json')
const { data, cases } = JSON.parse(readFileSync(file, 'utf8')) as Recorded

/** Go tells where in the template; what is wrong comes last. */
const problemOf = (message: string): string => message.replace(/^.*>: |^template: _:\d+: /, '')

describe('Go templates', () => {
  test.each(cases.filter(({ text }) => text !== undefined))('$template gives what Go gives.', ({ template, text }) => {
    expect(compileTemplate(template).execute(data)).toBe(text)
  })

  test.each(cases.filter(({ error }) => error !== undefined))('$template is refused, as Go does.', ({ template }) => {
    expect(() => compileTemplate(template).execute(data)).toThrow()
  })

  test.each([
    'function "nope" not defined',
    'undefined variable "$y"',
    'unclosed action',
    '{{break}} outside {{range}}',
  ])('The message %j is Go’s.', (problem) => {
    const same = cases.find(({ error }) => error !== undefined && problemOf(error) === problem)
    expect(() => compileTemplate(same!.template).execute(data)).toThrow(problem)
  })

  test('Functions that are announced are called with what they are given.', () => {
    const template = compileTemplate('{{ range Names }}{{ . | Loud }} {{ end }}', ['Names', 'Loud'])
    const functions = { Names: () => ['a', 'b'], Loud: (text: string) => `${text}!` }
    expect(template.execute({}, functions)).toBe('a! b! ')
  })

  test.each(['{{ define "x" }}{{ end }}', '{{ template "x" }}'])('%s is refused with a word.', (template) => {
    expect(() => compileTemplate(template)).toThrow('is not supported')
  })
})
