import { request } from 'node:http'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Cluster, createCluster } from '../../src/cluster.ts'

const MAPS = '/api/v1/namespaces/default/configmaps'
let cluster: Cluster
let url: string

beforeAll(async () => {
  cluster = await createCluster({ controllers: false, nodes: 0 })
  url = await cluster.listen()
})
afterAll(() => cluster.close())

/** Names and values of the answer, as they came. */
function headersOf(path: string, options: { method?: string; headers?: Record<string, string> } = {}, body = '') {
  return new Promise<[string, string][]>((resolve, reject) => {
    const sent = request(url + path, options, (answer) => {
      const { rawHeaders: raw } = answer.resume()
      resolve(raw.flatMap((name, i) => (i % 2 === 0 ? [[name.toLowerCase(), raw[i + 1] as string]] : [])))
    })
    sent.on('error', reject)
    sent.end(body)
  })
}

it.each([
  ['an object', '/api/v1/namespaces/default', 'application/json', 'no-cache, private'],
  ['a list', MAPS, 'application/json', 'no-cache, private'],
  ['an error', `${MAPS}/none`, 'application/json', 'no-cache, private'],
  ['a document that may be kept', '/api', 'application/json', 'public'],
  ['a page', '/healthz', 'text/plain; charset=utf-8', 'no-cache, private'],
])('%s has each header once', async (_, path, type, cache) => {
  const headers = await headersOf(path, {
    headers: { accept: 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,*/*' },
  })
  const names = headers.map(([name]) => name)
  expect(names).toEqual([...new Set(names)])
  expect(Object.fromEntries(headers)).toMatchObject({
    'audit-id': expect.stringMatching(/^[0-9a-f-]{36}$/),
    'cache-control': cache,
    'content-type': expect.stringContaining(type),
  })
})

it('an answer to HEAD has the length of the body that it lacks', async () => {
  const length = async (method: string) => Object.fromEntries(await headersOf('/healthz', { method }))['content-length']
  expect(await length('HEAD')).toBe(await length('GET'))
})

it('warnings are told once each, in UTF-8', async () => {
  const options = { method: 'POST', headers: { 'content-type': 'application/json' } }
  const body = JSON.stringify({ metadata: { name: 'a' }, '\u65e5\u672c': 1, 'a"b': 2 })
  const headers = await headersOf(MAPS, options, body)
  const warnings = headers
    .filter(([name]) => name === 'warning')
    .map(([, text]) => Buffer.from(text, 'latin1').toString())
  expect(warnings).toEqual(['299 - "unknown field \\"\u65e5\u672c\\""', String.raw`299 - "unknown field \"a\\\"b\""`])
})
