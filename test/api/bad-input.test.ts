/** What is too large or broken is refused with a Status, changes nothing, and says nothing of the inside. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { DynamicObject } from '../../src/apimachinery/meta.ts'
import { type Cluster, createCluster } from '../../src/cluster.ts'

let cluster: Cluster
let url: string

beforeAll(async () => {
  cluster = await createCluster({ controllers: false, nodes: 0 })
  url = await cluster.listen()
})
afterAll(() => cluster.close())

const MAPS = '/api/v1/namespaces/default/configmaps'
const JSON_TYPE = { 'content-type': 'application/json' }
const large = (bytes: number): string => JSON.stringify({ metadata: { name: 'large' }, data: { k: 'x'.repeat(bytes) } })

async function revision(): Promise<string | undefined> {
  const list = (await (await fetch(`${url}${MAPS}?limit=1`)).json()) as DynamicObject
  return list.metadata.resourceVersion
}

it.each<
  [
    title: string,
    method: string,
    path: string,
    body: string | Buffer,
    headers: Record<string, string>,
    code: number,
    reason: string,
  ]
>([
  ['a body over the limit', 'POST', MAPS, large(3 * 1024 * 1024), JSON_TYPE, 413, 'RequestEntityTooLarge'],
  ['data over a mebibyte', 'POST', MAPS, large(1024 * 1024 + 1), JSON_TYPE, 422, 'Invalid'],
  ['a large array', 'POST', MAPS, `[${'1,'.repeat(100_000)}1]`, JSON_TYPE, 400, 'BadRequest'],
  ['deep nesting', 'POST', MAPS, '['.repeat(50_000), JSON_TYPE, 400, 'BadRequest'],
  ['deep nesting of objects', 'POST', MAPS, '{"a":'.repeat(50_000), JSON_TYPE, 400, 'BadRequest'],
  ['bytes that are no UTF-8', 'POST', MAPS, Buffer.from([0xff, 0xfe, 0x00]), JSON_TYPE, 400, 'BadRequest'],
  ['a prototype', 'POST', MAPS, '{"__proto__":{"metadata":{"name":"x"}}}', JSON_TYPE, 422, 'Invalid'],
  ['a YAML alias bomb', 'POST', MAPS, bomb(), { 'content-type': 'application/yaml' }, 400, 'BadRequest'],
  ['nesting nearly as deep as Go reads', 'POST', MAPS, nested(9_000), JSON_TYPE, 400, 'BadRequest'],
  ['broken nesting of that depth', 'POST', MAPS, nested(9_000).slice(0, -5_000), JSON_TYPE, 400, 'BadRequest'],
  ['deep YAML', 'POST', MAPS, '['.repeat(11_000), { 'content-type': 'application/yaml' }, 400, 'BadRequest'],
  [
    'deep YAML of a legal depth',
    'POST',
    MAPS,
    nested(9_000),
    { 'content-type': 'application/yaml' },
    400,
    'BadRequest',
  ],
  [
    'a protobuf cut short',
    'POST',
    MAPS,
    Buffer.from('k8s\0\x0a\xff'),
    { 'content-type': 'application/vnd.kubernetes.protobuf' },
    400,
    'BadRequest',
  ],
  [
    'a patch that is text',
    'PATCH',
    `${MAPS}/none`,
    'x',
    { 'content-type': 'application/merge-patch+json' },
    400,
    'BadRequest',
  ],
  ['options of a deletion that are an array', 'DELETE', `${MAPS}/none`, '[]', JSON_TYPE, 400, 'BadRequest'],
])('%s is refused', async (_, method, path, body, headers, code, reason) => {
  const before = await revision()
  const response = await fetch(url + path, {
    method,
    headers,
    body: typeof body === 'string' ? body : new Uint8Array(body),
  })
  const text = await response.text()
  const status = JSON.parse(text) as DynamicObject
  expect([response.status, status.kind, status['code'], status['reason']]).toEqual([code, 'Status', code, reason])
  expect(text).not.toMatch(/node_modules|\.ts:\d+|at async /)
  expect(await revision()).toBe(before)
})

function nested(depth: number): string {
  return `{"metadata":{"name":"Deep"},"a":${'['.repeat(depth)}${']'.repeat(depth)}}`
}

function bomb(): string {
  const lines = ['a0: &a0 [x, x, x, x, x, x, x, x, x, x]']
  for (let i = 1; i < 12; i++) lines.push(`a${i}: &a${i} [${`*a${i - 1}, `.repeat(10)}]`)
  return lines.join('\n')
}
