/** Reads the whole body, up to the limit. Mirrors the limit of endpoints/handlers/rest.go (limitedReadBody). */
import type { RequestHandler } from 'express'
import { newRequestEntityTooLarge } from '../../apimachinery/errors.ts'
import { exchangeOf } from './with-exchange.ts'

const LIMIT_BYTES = 3 * 1024 * 1024
const METHODS_WITH_BODY = new Set(['POST', 'PUT', 'PATCH', 'DELETE'])

export function withBody(): RequestHandler {
  return (req, res, next) => {
    if (!METHODS_WITH_BODY.has(req.method)) return next()
    if (Number(req.headers['content-length'] ?? 0) > LIMIT_BYTES) return refuse()
    const chunks: Buffer[] = []
    let size = 0
    req.on('data', (chunk: Buffer) => {
      size += chunk.length
      if (size <= LIMIT_BYTES) chunks.push(chunk)
      else if (chunks.length > 0) {
        chunks.length = 0
        refuse()
      }
    })
    req.on('end', () => {
      if (size > LIMIT_BYTES) return
      exchangeOf(req).body = chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks)
      next()
    })
    // The client went away in the middle: there is nobody to answer.
    req.on('error', ignore)

    function refuse(): void {
      // What still comes is not read to the end: the connection closes after the answer.
      exchangeOf(req).headers.push('Connection', 'close')
      res.statusMessage = 'Request Entity Too Large'
      next(newRequestEntityTooLarge(`limit is ${LIMIT_BYTES}`))
    }
  }
}

function ignore(): void {}
