import { expect, test } from 'vitest'
import { byteLength, formatAny, marshal, quote } from '../../src/apimachinery/go-text.ts'
import recorded from './recorded/texts.json' with { type: 'json' }

test.each(recorded.quotes as [string, string][])('%j is quoted as Go quotes it', (text, quoted) => {
  expect(quote(text)).toBe(quoted)
})

test('JSON in messages escapes what HTML would read', () => {
  expect(marshal({ a: '<b>&', n: 1 })).toBe('{"a":"\\u003cb\\u003e\\u0026","n":1}')
  expect(marshal(undefined)).toBe('null')
})

test('values print as Go prints decoded JSON', () => {
  expect(formatAny({ b: [1, 'x', null], a: { c: true } })).toBe('map[a:map[c:true] b:[1 x <nil>]]')
})

test('lengths count bytes', () => {
  expect([byteLength('abc'), byteLength('é"'), byteLength('')]).toEqual([3, 3, 0])
})
