/** Who a TLS client is by its certificate: the common name is the user, organizations are the groups. Mirrors apiserver/pkg/authentication/request/x509. */
import type { Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import type { UserInfo } from '../registry/user.ts'

/** `refused`: it showed one that is not of the authority, or is over. `none`: it showed none, or one without a name. */
export type CertificateUser = UserInfo | 'refused' | 'none'

/** Read once a connection: its requests all have the same. */
const known = new WeakMap<Socket, CertificateUser>()

export function certificateUser(socket: Socket): CertificateUser {
  if (!('encrypted' in socket)) return 'none'
  let user = known.get(socket)
  if (!user) {
    user = userOf(socket as TLSSocket)
    known.set(socket, user)
  }
  return user
}

function userOf(socket: TLSSocket): CertificateUser {
  const { subject, fingerprint256 } = socket.getPeerCertificate()
  if (!fingerprint256) return 'none'
  if (!socket.authorized) return 'refused'
  if (!subject.CN) return 'none'
  const groups = [subject.O ?? []].flat()
  const id = `X509SHA256=${fingerprint256.replaceAll(':', '').toLowerCase()}`
  return {
    username: [subject.CN].flat()[0] as string,
    groups: [...groups, 'system:authenticated'],
    extra: { 'authentication.kubernetes.io/credential-id': [id] },
  }
}
