import { expect, it } from 'vitest'
import { decodePem } from '../../src/apimachinery/pem.ts'

const block = (type: string, content: string, end = type) => `-----BEGIN ${type}-----\n${content}-----END ${end}-----\n`
const found = (text: string) => decodePem(text).map(({ type, hasHeaders, bytes }) => [type, hasHeaders, `${bytes}`])

it.each([
  ['one block', block('A', 'aGk=\n'), [['A', false, 'hi']]],
  ['text around it', `before\n${block('A', 'aGk=\n')}after`, [['A', false, 'hi']]],
  [
    'two blocks',
    block('A', 'aGk=\n') + block('B', 'aG8=\n'),
    [
      ['A', false, 'hi'],
      ['B', false, 'ho'],
    ],
  ],
  ['an empty block', block('A', ''), [['A', false, '']]],
  ['headers', block('A', 'Name: value\n\naGk=\n'), [['A', true, 'hi']]],
  ['another end', block('A', 'aGk=\n', 'B'), []],
  ['no base64', block('A', '!!!\n'), []],
  ['a beginning within a line', `x${block('A', 'aGk=\n')}`, []],
])('finds what is in a text with %s', (_, text, blocks) => {
  expect(found(text)).toEqual(blocks)
})
