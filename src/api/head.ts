/** The head of an answer. Gathered as one list, which node writes as it is: headers that are set one by one become an object first. */
import type { OutgoingHttpHeader } from 'node:http'
import type { Exchange } from './exchange.ts'

/** In place of what was said under this name, in whatever case. */
export function setHeader({ headers }: Exchange, name: string, value: OutgoingHttpHeader): void {
  const wanted = name.toLowerCase()
  for (let i = 0; i < headers.length; i += 2) {
    if ((headers[i] as string).toLowerCase() !== wanted) continue
    headers[i] = name
    headers[i + 1] = value
    return
  }
  headers.push(name, value)
}

/** Status line and headers of any answer, and nothing more can be said. They leave with the first bytes of the body. */
export function writeHead({ res, headers }: Exchange, code: number): void {
  res.writeHead(code, headers)
}

/** A whole answer in the form of Go's http.Error: clients read the code and the headers. */
export function refuse(exchange: Exchange, code: number, text: string): void {
  exchange.headers.push('Content-Type', 'text/plain; charset=utf-8', 'X-Content-Type-Options', 'nosniff')
  exchange.headers.push('Content-Length', Buffer.byteLength(text))
  writeHead(exchange, code)
  exchange.res.end(text)
}
