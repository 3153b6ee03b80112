/** An HTTPS server on loopback for tests: a webhook or an extension API server. Answers by path and keeps what it was asked. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { ServerCertificate } from './tls-authority.ts'

export interface BackendRequest {
  method: string
  /** With the query. */
  url: string
  headers: IncomingMessage['headers']
  // biome-ignore lint/suspicious/noExplicitAny: tests look into it
  body: any
}

/** Answers by itself, or gives a value that is sent as JSON with 200. */
export type Answer = (request: BackendRequest, res: ServerResponse) => unknown

export interface HttpsBackend {
  port: number
  server: Server
  requests: BackendRequest[]
  /** By path without the query. */
  routes: Map<string, Answer>
  close(): Promise<void>
}

export async function startHttpsBackend(
  { cert, key }: ServerCertificate,
  routes: Record<string, Answer> = {},
): Promise<HttpsBackend> {
  const requests: BackendRequest[] = []
  const table = new Map(Object.entries(routes))
  const server = createServer({ cert, key }, (req, res) => {
    const chunks: Buffer[] = []
    req.on('data', (chunk: Buffer) => chunks.push(chunk))
    req.on('end', async () => {
      const text = Buffer.concat(chunks).toString()
      const { method = '', url = '', headers } = req
      const request: BackendRequest = { method, url, headers, body: text.startsWith('{') ? JSON.parse(text) : text }
      requests.push(request)
      const answer = table.get(url.split('?')[0] as string) ?? table.get('*')
      if (!answer) {
        res.writeHead(404, { 'content-type': 'text/plain; charset=utf-8' }).end('404 page not found\n')
        return
      }
      const value = await answer(request, res)
      if (value === undefined) return
      res.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    server,
    requests,
    routes: table,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
