/**
 * The cluster's own certificate authority: what kube-root-ca.crt holds. Written with node:crypto and a few DER elements: every start needs
 * one, and a certificate library takes a tenth of the start-up time to load.
 */
import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import type { Clock } from './apimachinery/clock.ts'
import {
  bitString,
  boolean,
  element,
  explicit,
  integer,
  objectIdentifier,
  octetString,
  sequence,
  set,
  time,
  utf8String,
} from './apimachinery/der.ts'
import type { Random } from './apimachinery/random.ts'
import type { CertificateRequest } from './certificate-signing.ts'

const TEN_YEARS_MS = 10 * 365 * 24 * 3600 * 1000
/** Clients' clocks may be a little behind. */
const EARLIER_MS = 5 * 60 * 1000
const NAME = 'kubernetes'

const ECDSA_WITH_SHA256 = sequence(objectIdentifier('1.2.840.10045.4.3.2'))
const COMMON_NAME = objectIdentifier('2.5.4.3')
const SUBJECT_KEY_IDENTIFIER = objectIdentifier('2.5.29.14')
const KEY_USAGE = objectIdentifier('2.5.29.15')
const SUBJECT_ALTERNATIVE_NAME = objectIdentifier('2.5.29.17')
const BASIC_CONSTRAINTS = objectIdentifier('2.5.29.19')
/** digitalSignature (bit 0), keyEncipherment (2), keyCertSign (5): the last two bits of the byte are unused. */
const CA_USAGES = bitString(Buffer.from([0b10100100]), 2)
const DNS_NAME = 0x82
const VERSION_3 = Buffer.from([2])

export interface CertificateAuthority {
  /** Its certificate. */
  pem: string
  /** What a request (PEM) asks for. Rejects when it is none. */
  read(request: string): Promise<CertificateRequest>
  /** A certificate for the request, as PEM. Rejects on a usage that is not known. */
  sign(request: string, usages: readonly string[], durationMs: number): Promise<string>
}

/** A self-signed ECDSA authority called `kubernetes`, as kubeadm makes one. */
export function createCertificateAuthority(clock: Clock, random: Random): CertificateAuthority {
  keys ??= makeKeys()
  const { privateKey, publicKey: key } = keys
  const name = sequence(set(sequence(COMMON_NAME, utf8String(NAME))))
  const now = clock.now()
  const content = sequence(
    explicit(0, integer(VERSION_3)),
    integer(Buffer.from(random.uuid().replaceAll('-', ''), 'hex')),
    ECDSA_WITH_SHA256,
    name,
    sequence(time(now - EARLIER_MS), time(now + TEN_YEARS_MS)),
    name,
    key,
    explicit(
      3,
      sequence(
        extension(KEY_USAGE, true, CA_USAGES),
        extension(BASIC_CONSTRAINTS, true, sequence(boolean(true))),
        extension(SUBJECT_KEY_IDENTIFIER, false, octetString(createHash('sha1').update(key).digest())),
        extension(SUBJECT_ALTERNATIVE_NAME, false, sequence(element(DNS_NAME, Buffer.from(NAME)))),
      ),
    ),
  )
  const certificate = sequence(content, ECDSA_WITH_SHA256, bitString(sign('sha256', content, privateKey)))
  const lines = certificate.toString('base64').match(/.{1,64}/g) ?? []
  const pem = `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`
  return {
    pem,
    async read(request) {
      const { readRequest } = await import('./certificate-signing.ts')
      return readRequest(request)
    },
    async sign(request, usages, durationMs) {
      const { signRequest } = await import('./certificate-signing.ts')
      const serialNumber = random.uuid().replaceAll('-', '')
      return signRequest(request, { pem, key: privateKey }, { usages, durationMs, now: clock.now(), serialNumber })
    },
  }
}

interface Keys {
  privateKey: KeyObject
  /** SubjectPublicKeyInfo. */
  publicKey: Buffer
}

/** Of all clusters of the process: making them takes as long as half a cluster. */
let keys: Keys | undefined

function makeKeys(): Keys {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return { privateKey, publicKey: publicKey.export({ type: 'spki', format: 'der' }) }
}

function extension(type: Buffer, critical: boolean, value: Buffer): Buffer {
  return sequence(type, ...(critical ? [boolean(true)] : []), octetString(value))
}
