import { expect, test } from 'vitest'
import { fieldErrorMessage } from '../../src/apimachinery/field-error.ts'
import {
  cidrContains,
  formatCidr,
  formatIp,
  parseCidr,
  parseIp,
  validateCidr,
  validateIp,
  validateLegacyCidr,
  validateLegacyIp,
} from '../../src/apimachinery/ip.ts'
import recorded from './recorded/texts.json' with { type: 'json' }

type Row = [value: string, strictest: string[] | null, legacyStrict: string[] | null, legacy: string[] | null]

test.each(recorded.ips as Row[])('the address %j is judged as apimachinery does', (value, ...expected) => {
  const answers = [validateIp('f', value), validateLegacyIp('f', value), validateLegacyIp('f', value, false)]
  expect(answers.map((errors) => errors.map((error) => fieldErrorMessage(error)))).toEqual(
    expected.map((list) => list ?? []),
  )
})

test.each(recorded.cidrs as Row[])('the CIDR %j is judged as apimachinery does', (value, ...expected) => {
  const answers = [validateCidr('f', value), validateLegacyCidr('f', value), validateLegacyCidr('f', value, false)]
  expect(answers.map((errors) => errors.map((error) => fieldErrorMessage(error)))).toEqual(
    expected.map((list) => list ?? []),
  )
})

test.each([
  ['2001:DB8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
  ['0:0:0:0:0:0:0:0', '::'],
  ['1:0:0:2:0:0:0:3', '1:0:0:2::3'],
  ['::ffff:1.2.3.4', '1.2.3.4'],
  ['10:0:0:0:0:0:0:100', '10::100'],
])('%s prints as %s', (value, text) => {
  expect(formatIp(parseIp(value)!)).toBe(text)
})

test('a CIDR contains the addresses of its family below its prefix', () => {
  const cidr = parseCidr('10.0.0.0/24')!
  expect(['10.0.0.9', '10.0.1.0', '::1'].map((ip) => cidrContains(cidr, parseIp(ip)!))).toEqual([true, false, false])
  expect(cidrContains(parseCidr('fd00::/8')!, parseIp('fd12::1')!)).toBe(true)
  expect(formatCidr(parseCidr('10.0.0.77/24')!)).toBe('10.0.0.0/24')
})
