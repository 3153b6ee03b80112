/** Whether a server's certificate is good for a name, in the order and with the texts of Go's verification. Mirrors crypto/x509 (Verify, VerifyHostname). */
import { isIP } from 'node:net'
import { checkServerIdentity, type PeerCertificate, type TLSSocket } from 'node:tls'
import { formatTime } from '../apimachinery/clock.ts'

const PREFIX = 'tls: failed to verify certificate: x509: '

/** Undefined when the peer is who it has to be. `now` in milliseconds. */
export function certificateProblem(socket: TLSSocket, host: string, now: number): string | undefined {
  const certificate = socket.getPeerCertificate()
  const why = periodProblem(certificate, now) ?? nameProblem(certificate, host) ?? chainProblem(socket)
  return why && PREFIX + why
}

function periodProblem({ valid_from, valid_to }: PeerCertificate, now: number): string | undefined {
  const from = Date.parse(valid_from)
  const to = Date.parse(valid_to)
  const expired = 'certificate has expired or is not yet valid: current time'
  if (now < from) return `${expired} ${formatTime(now)} is before ${formatTime(from)}`
  if (now > to) return `${expired} ${formatTime(now)} is after ${formatTime(to)}`
  return undefined
}

function nameProblem(certificate: PeerCertificate, host: string): string | undefined {
  const names = (certificate.subjectaltname ?? '').split(', ').filter((name) => name !== '')
  const valuesOf = (type: string): string[] =>
    names.filter((name) => name.startsWith(`${type}:`)).map((name) => name.slice(type.length + 1))
  if (isIP(host)) {
    const addresses = valuesOf('IP Address')
    if (addresses.length === 0) return `cannot validate certificate for ${host} because it doesn't contain any IP SANs`
    return checkServerIdentity(host, certificate) && `certificate is valid for ${addresses.join(', ')}, not ${host}`
  }
  const hosts = valuesOf('DNS')
  if (names.length === 0) return 'certificate relies on legacy Common Name field, use SANs instead'
  if (hosts.length === 0) return `certificate is not valid for any names, but wanted to match ${host}`
  return checkServerIdentity(host, certificate) && `certificate is valid for ${hosts.join(', ')}, not ${host}`
}

/** The period was looked at before, by the cluster's own clock. */
const PERIOD = new Set(['CERT_HAS_EXPIRED', 'CERT_NOT_YET_VALID'])

function chainProblem(socket: TLSSocket): string | undefined {
  const error = socket.authorizationError as unknown
  if (!error) return undefined
  const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : String(error)
  return PERIOD.has(code ?? '') ? undefined : 'certificate signed by unknown authority'
}
