/** Connections that break when a test wants it, and a log that a test can wait on. */
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

export interface TcpProxy {
  /** As the target's URL, through the proxy. */
  url: string
  /** Breaks every connection there is; new ones work. */
  cut(): void
  close(): Promise<void>
}

/** Passes bytes on to `target`. */
export function tcpProxy(target: URL): Promise<TcpProxy> {
  const sockets = new Set<Socket>()
  const cut = (): void => {
    for (const socket of sockets) socket.destroy()
  }
  const server = createServer((incoming) => {
    const outgoing = connect(Number(target.port), target.hostname)
    for (const [socket, other] of [
      [incoming, outgoing],
      [outgoing, incoming],
    ] as const) {
      sockets.add(socket)
      socket.pipe(other)
      socket.on('error', () => other.destroy())
      socket.on('close', () => {
        sockets.delete(socket)
        other.destroy()
      })
    }
  })
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo
      const close = (): Promise<void> => {
        cut()
        return new Promise((closed) => server.close(() => closed()))
      }
      resolve({ url: `${target.protocol}//127.0.0.1:${port}`, cut, close })
    })
  })
}

export interface Log {
  readonly entries: readonly string[]
  add(entry: string): void
  /** Resolves when the entry is there. */
  has(entry: string): Promise<void>
  /** Resolves when there are that many entries. */
  length(count: number): Promise<void>
}

/** Waiting on it ends with the test's own time limit. */
export function createLog(): Log {
  const entries: string[] = []
  const waiting = new Set<() => void>()
  const until = (holds: () => boolean): Promise<void> =>
    new Promise((resolve) => {
      const look = (): void => {
        if (!holds()) return
        waiting.delete(look)
        resolve()
      }
      waiting.add(look)
      look()
    })
  return {
    entries,
    add(entry) {
      entries.push(entry)
      for (const look of [...waiting]) look()
    },
    has: (entry) => until(() => entries.includes(entry)),
    length: (count) => until(() => entries.length >= count),
  }
}
