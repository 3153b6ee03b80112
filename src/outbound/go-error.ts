/** What Go's HTTP client would have said of an error of Node's. Mirrors the texts of net, net/http and crypto/tls. */

/** `authority`: host and port that were dialled. */
export function goText(error: unknown, authority: string): string {
  const {
    code = '',
    message,
    syscall,
    address,
    port,
  } = error as NodeJS.ErrnoException & {
    address?: string
    port?: number
  }
  const dialled = address === undefined ? authority : `${address.includes(':') ? `[${address}]` : address}:${port}`
  switch (code) {
    case 'ECONNREFUSED':
      return `dial tcp ${dialled}: connect: connection refused`
    case 'EHOSTUNREACH':
      return `dial tcp ${dialled}: connect: no route to host`
    case 'ENETUNREACH':
      return `dial tcp ${dialled}: connect: network is unreachable`
    case 'ETIMEDOUT':
      return `dial tcp ${dialled}: ${syscall === 'connect' ? 'connect: connection timed out' : 'i/o timeout'}`
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `dial tcp: lookup ${authority.replace(/:\d+$/, '')}: no such host`
    case 'ERR_SSL_WRONG_VERSION_NUMBER':
    case 'ERR_SSL_PACKET_LENGTH_TOO_LONG':
      return 'http: server gave HTTP response to HTTPS client'
    case 'EPROTO':
      return /wrong version number|packet length too long/.test(message)
        ? 'http: server gave HTTP response to HTTPS client'
        : `remote error: tls: ${message}`
    case 'ECONNRESET':
    case 'EPIPE':
    case 'HPE_INVALID_EOF_STATE':
      return 'EOF'
    default:
      if (code.startsWith('ERR_SSL_TLSV1_ALERT') || code.startsWith('ERR_SSL_SSLV3_ALERT')) {
        return `remote error: tls: ${code
          .replace(/^ERR_SSL_(TLSV1|SSLV3)_ALERT_/, '')
          .toLowerCase()
          .replaceAll('_', ' ')}`
      }
      return code.startsWith('HPE_') ? `net/http: HTTP/1.x transport connection broken: ${message}` : message
  }
}
