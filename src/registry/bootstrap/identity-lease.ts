/** The Lease by which an API server is known to others. Mirrors pkg/controlplane/apiserver/server.go (labelAPIServerHeartbeatFunc). */
import { createHash } from 'node:crypto'
import { formatMicroTime } from '../../apimachinery/clock.ts'
import { joinHostPort } from '../../apimachinery/ip.ts'
import type { Lease } from '../../types/coordination-v1.ts'

export const IDENTITY_NAMESPACE = 'kube-system'
export const IDENTITY_LABELS = { 'apiserver.kubernetes.io/identity': 'kube-apiserver' }
const NAME_PREFIX = 'apiserver-'
const DURATION_SECONDS = 3600

export interface ServerFacts {
  /** `apiserver-` and a hash. */
  name: string
  hostname: string
  /** Where other servers would reach it. */
  address: string
  port: number
}

/** `text`: what no other server has, such as the name of its host. */
export const identityName = (text: string): string => NAME_PREFIX + identityHash(text)

/** Whether a key (`kube-system/apiserver-…`) may be that of a server's Lease. */
export const isIdentityKey = (key: string): boolean => key.startsWith(`${IDENTITY_NAMESPACE}/${NAME_PREFIX}`)

/** `now`: when it is renewed, in milliseconds since the epoch. */
export function identityLease(
  { name, hostname, address, port }: ServerFacts,
  holderIdentity: string,
  now: number,
): Lease {
  return {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: {
      name,
      namespace: IDENTITY_NAMESPACE,
      labels: { ...IDENTITY_LABELS, 'kubernetes.io/hostname': hostname },
      annotations: { 'kubernetes.io/peer-advertise-address': joinHostPort(address, port) },
    },
    spec: {
      holderIdentity,
      leaseDurationSeconds: DURATION_SECONDS,
      renewTime: formatMicroTime(now),
    },
  }
}

/** Upstream's form: 16 bytes of a SHA-256 over the host's name and the server's kind, each behind its length, in lower-case base32. */
function identityHash(text: string): string {
  const alphabet = 'abcdefghijklmnopqrstuvwxyz234567'
  const hashed = createHash('sha256')
  for (const part of [text, 'kube-apiserver'].map((each) => Buffer.from(each))) {
    hashed.update(Uint8Array.of(part.length >> 8, part.length & 0xff)).update(part)
  }
  let bits = ''
  for (const byte of hashed.digest().subarray(0, 16)) bits += byte.toString(2).padStart(8, '0')
  let hash = ''
  for (let i = 0; i < bits.length; i += 5) hash += alphabet[Number.parseInt(bits.slice(i, i + 5).padEnd(5, '0'), 2)]
  return hash
}
