// The yardstick for reads: node:http that sends the same bytes, and knows nothing else. Argument: a folder with the bodies of /get and /list.
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'

const [folder] = process.argv.slice(2)
const bodies = ['/get', '/list'].map((path) => [path, readFileSync(`${folder}${path}`)])
const byPath = new Map(bodies)
const server = createServer({ keepAliveTimeout: 90_000, noDelay: true }, (req, res) => {
  const body = byPath.get(req.url)
  res.statusCode = 200
  res.setHeader('Content-Type', 'application/json')
  res.setHeader('Content-Length', body.length)
  res.end(body)
})
server.listen(0, '127.0.0.1', () => process.stdout.write(`${JSON.stringify({ port: server.address().port })}\n`))
