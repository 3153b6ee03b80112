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
import { type Ip, parseIp } from './apimachinery/ip.ts'
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
const EXTENDED_KEY_USAGE = objectIdentifier('2.5.29.37')
const SERVER_AUTH = objectIdentifier('1.3.6.1.5.5.7.3.1')
/** digitalSignature (bit 0), keyEncipherment (2). */
const SERVER_USAGES = bitString(Buffer.from([0b10100000]), 5)
const DNS_NAME = 0x82
const IP_ADDRESS = 0x87
const VERSION_3 = Buffer.from([2])

export interface CertificateAuthority {
  /** Its certificate. */
  pem: string
  /** What a request (PEM) asks for. Rejects when it is none. */
  read(request: string): Promise<CertificateRequest>
  /** A certificate for the request, as PEM. Rejects on a usage that is not known. */
  sign(request: string, usages: readonly string[], durationMs: number): Promise<string>
  /** A certificate for a server of these names and addresses, and its key, both as PEM. */
  forServer(hosts: readonly string[]): { cert: string; key: string }
}

/** Its certificate as PEM, and the key that signs. */
export interface Authority {
  pem: string
  privateKey: KeyObject
}

/** A self-signed ECDSA authority called `kubernetes`, as kubeadm makes one. `now`: since when there is one, in ms since the epoch. */
export function newAuthority(now: number, random: Random): Authority {
  keys ??= makeKeys()
  const { privateKey, publicKey: key } = keys
  const pem = certificate({
    subject: NAME,
    serialNumber: random.uuid().replaceAll('-', ''),
    from: now - EARLIER_MS,
    to: now + TEN_YEARS_MS,
    key,
    signedWith: privateKey,
    extensions: [
      extension(KEY_USAGE, true, CA_USAGES),
      extension(BASIC_CONSTRAINTS, true, sequence(boolean(true))),
      extension(SUBJECT_KEY_IDENTIFIER, false, octetString(createHash('sha1').update(key).digest())),
      extension(SUBJECT_ALTERNATIVE_NAME, false, sequence(element(DNS_NAME, Buffer.from(NAME)))),
    ],
  })
  return { pem, privateKey }
}

/** What an authority can do. Default: one that is made for it. */
export function createCertificateAuthority(
  clock: Clock,
  random: Random,
  { pem, privateKey }: Authority = newAuthority(clock.now(), random),
): CertificateAuthority {
  const serialNumber = (): string => random.uuid().replaceAll('-', '')
  return {
    pem,
    async read(request) {
      const { readRequest } = await import('./certificate-signing.ts')
      return readRequest(request)
    },
    async sign(request, usages, durationMs) {
      const { signRequest } = await import('./certificate-signing.ts')
      const asked = { usages, durationMs, now: clock.now(), serialNumber: serialNumber() }
      return signRequest(request, { pem, key: privateKey }, asked)
    },
    forServer(hosts) {
      const own = makeKeys()
      const cert = certificate({
        subject: 'kube-apiserver',
        serialNumber: serialNumber(),
        from: clock.now() - EARLIER_MS,
        to: clock.now() + TEN_YEARS_MS - EARLIER_MS,
        key: own.publicKey,
        signedWith: privateKey,
        extensions: [
          extension(KEY_USAGE, true, SERVER_USAGES),
          extension(EXTENDED_KEY_USAGE, false, sequence(SERVER_AUTH)),
          extension(BASIC_CONSTRAINTS, true, sequence()),
          extension(SUBJECT_ALTERNATIVE_NAME, false, sequence(...hosts.map(hostName))),
        ],
      })
      return { cert, key: String(own.privateKey.export({ type: 'pkcs8', format: 'pem' })) }
    },
  }
}

interface CertificateContent {
  subject: string
  /** Hexadecimal. */
  serialNumber: string
  /** Milliseconds since the epoch. */
  from: number
  to: number
  key: Buffer
  signedWith: KeyObject
  extensions: Buffer[]
}

/** Signed by the authority, as PEM. */
function certificate({ subject, serialNumber, from, to, key, signedWith, extensions }: CertificateContent): string {
  const content = sequence(
    explicit(0, integer(VERSION_3)),
    integer(Buffer.from(serialNumber, 'hex')),
    ECDSA_WITH_SHA256,
    commonName(NAME),
    sequence(time(from), time(to)),
    commonName(subject),
    key,
    explicit(3, sequence(...extensions)),
  )
  const signed = sequence(content, ECDSA_WITH_SHA256, bitString(sign('sha256', content, signedWith)))
  const lines = signed.toString('base64').match(/.{1,64}/g) ?? []
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`
}

const commonName = (name: string): Buffer => sequence(set(sequence(COMMON_NAME, utf8String(name))))

/** An address or a name, as a certificate says for whom it is. */
function hostName(host: string): Buffer {
  const ip = parseIp(host)
  return ip ? element(IP_ADDRESS, ipBytes(ip)) : element(DNS_NAME, Buffer.from(host))
}

function ipBytes({ bits, v4 }: Ip): Buffer {
  const all = Buffer.from(bits.toString(16).padStart(32, '0'), 'hex')
  return v4 ? all.subarray(-4) : all
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
