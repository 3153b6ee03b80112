/** TLS connections that were verified before anything is sent on them, kept for the next call to the same peer. Mirrors client-go/transport. */
import { Agent, type AgentOptions } from 'node:https'
import { isIP } from 'node:net'
import type { Duplex } from 'node:stream'
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls'
import type { Clock } from '../apimachinery/clock.ts'
import { certificateProblem } from './certificate.ts'

const IDLE_CONNECTIONS = 25
const ALIVE_MS = 30_000

/** Verification failed: the message is Go's. */
export class CertificateError extends Error {}

type Created = (error: Error | null, socket: Duplex) => void

/** Verifies by the cluster's clock: OpenSSL is asked for the chain only. */
export class VerifyingAgent extends Agent {
  readonly #clock: Clock

  constructor(clock: Clock, options: AgentOptions = {}) {
    super({ keepAlive: true, keepAliveMsecs: ALIVE_MS, maxFreeSockets: IDLE_CONNECTIONS, ...options })
    this.#clock = clock
  }

  override createConnection(options: ConnectionOptions & { verify?: boolean }, created?: Created): Duplex | undefined {
    const name = options.servername || String(options.host)
    const socket: TLSSocket = connect({
      ...options,
      // Go takes a certificate that is itself among the roots.
      ...({ allowPartialTrustChain: true } as object),
      servername: isIP(name) ? '' : name,
      rejectUnauthorized: false,
    })
    const fail = (error: Error): void => {
      socket.destroy()
      created?.(error, socket)
    }
    socket.once('error', fail)
    socket.once('close', () => fail(Object.assign(new Error('closed'), { code: 'ECONNRESET' })))
    socket.once('secureConnect', () => {
      socket.removeAllListeners('close').off('error', fail)
      const problem = options.verify === false ? undefined : certificateProblem(socket, name, this.#clock.now())
      if (problem) fail(new CertificateError(problem))
      else created?.(null, socket)
    })
    return undefined
  }

  /** Connections with other trust are not shared. */
  override getName(options?: Parameters<Agent['getName']>[0] & { verify?: boolean }): string {
    return `${super.getName(options)}:${options?.verify === false ? 'unverified' : ''}`
  }
}
