/** An extension API server of one resource, for tests: it answers by the path's shape, whatever the group. */
import type { Answer } from '../support/https-backend.ts'

const list = (groupVersion: string): object => ({
  kind: 'APIResourceList',
  apiVersion: 'v1',
  groupVersion,
  resources: [
    {
      name: 'flunders',
      singularName: 'flunder',
      namespaced: true,
      kind: 'Flunder',
      verbs: ['get', 'list', 'watch', 'create'],
    },
    { name: 'flunders/status', singularName: '', namespaced: true, kind: 'Flunder', verbs: ['get'] },
  ],
})

const answer: Answer = ({ method, url, body }, res) => {
  const [path = '', query = ''] = url.split('?')
  const [, root, group = '', version = '', ...rest] = path.split('/')
  if (root !== 'apis' || version === '') {
    res.writeHead(404, { 'content-type': 'text/plain; charset=utf-8' }).end('404 page not found\n')
    return undefined
  }
  const apiVersion = `${group}/${version}`
  const flunder = (name: string) => ({ kind: 'Flunder', apiVersion, metadata: { name } })
  if (rest.length === 0) return list(apiVersion)
  if (rest.at(-1) === 'reset') res.socket?.destroy()
  else if (rest.at(-1) === 'refused') {
    res.writeHead(422, { 'content-type': 'application/json', 'x-own': 'kept' })
    res.end(
      JSON.stringify({ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message: 'no', code: 422 }),
    )
  } else if (query.includes('watch=true')) {
    res.writeHead(200, { 'content-type': 'application/json' })
    for (const name of ['a', 'b']) res.write(`${JSON.stringify({ type: 'ADDED', object: flunder(name) })}\n`)
    // Left open: a watch goes on.
  } else if (method === 'POST') {
    res.writeHead(201, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  } else return { kind: 'FlunderList', apiVersion, metadata: {}, items: [flunder('a')] }
  return undefined
}

export const aggregationRoutes: Record<string, Answer> = { '*': answer }
