import { X509Certificate } from 'node:crypto'
import { expect, test } from 'vitest'
import { realClock } from '../src/apimachinery/clock.ts'
import { integer, objectIdentifier, octetString, time } from '../src/apimachinery/der.ts'
import { seededRandom } from '../src/apimachinery/random.ts'
import { createCertificateAuthority } from '../src/certificate-authority.ts'

const now = Date.parse('2026-11-21T12:00:00Z')

test('the authority is a self-signed certificate for kubernetes that signs certificates, for ten years', () => {
  const certificate = new X509Certificate(
    createCertificateAuthority({ ...realClock(), now: () => now }, seededRandom(1)).pem,
  )
  expect(certificate.subject).toBe('CN=kubernetes')
  expect(certificate.issuer).toBe('CN=kubernetes')
  expect(certificate.ca).toBe(true)
  expect(certificate.subjectAltName).toBe('DNS:kubernetes')
  expect(certificate.verify(certificate.publicKey)).toBe(true)
  expect(certificate.checkIssued(certificate)).toBe(true)
  expect(new Date(certificate.validFrom).toISOString()).toBe('2026-11-21T11:55:00.000Z')
  expect(new Date(certificate.validTo).toISOString()).toBe('2036-11-18T12:00:00.000Z')
})

test('DER: a time after 2049 has four digits of the year', () => {
  expect(time(Date.parse('2049-12-31T23:59:59Z')).toString('latin1')).toBe('\x17\r491231235959Z')
  expect(time(Date.parse('2050-01-01T00:00:00Z')).toString('latin1')).toBe('\x18\x0f20500101000000Z')
})

test('DER: an integer is the shortest, and its first bit is no sign', () => {
  expect(integer(Buffer.from([0, 0, 1]))).toEqual(Buffer.from([2, 1, 1]))
  expect(integer(Buffer.from([0x80]))).toEqual(Buffer.from([2, 2, 0, 0x80]))
  expect(integer(Buffer.from([0, 0]))).toEqual(Buffer.from([2, 1, 0]))
})

test('DER: an object identifier beyond 127 takes several bytes', () => {
  expect(objectIdentifier('1.2.840.113549')).toEqual(Buffer.from('06062a864886f70d', 'hex'))
})

test('DER: a long content has a long length', () => {
  expect(octetString(Buffer.alloc(300)).subarray(0, 4)).toEqual(Buffer.from([4, 0x82, 1, 44]))
})
