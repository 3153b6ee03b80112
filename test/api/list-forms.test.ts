import { afterAll, beforeAll, expect, it } from 'vitest'
import { partialItems, partialObject } from '../../src/api/metadata-only.ts'
import type { DynamicObject } from '../../src/apimachinery/meta.ts'
import { type Cluster, createCluster } from '../../src/cluster.ts'

const type = { kind: 'Widget', apiVersion: 'a.io/v1' }
const field = {
  manager: 'm',
  operation: 'Update',
  fieldsV1: { 'f:spec': { '.': {}, 'f:a': {} } },
  subresource: 'status',
}
const tricky = { name: 'a', annotations: { spec: '},"spec":{"a":"é"}', status: '"' }, managedFields: [field] }

it.each([
  ['a spec', { ...type, metadata: tricky, spec: { metadata: { name: 'b' }, spec: {} }, status: {} }],
  ['a spec that is not set', { ...type, metadata: tricky, spec: undefined, status: { a: { b: 1 }, spec: 2 } }],
  ['nothing else', { ...type, metadata: tricky }],
  ['names of its own type first', { apiVersion: 'a.io/v1', kind: 'Widget', metadata: { name: 'a' }, data: {} }],
  ['a field of a name that metadata has', { ...type, metadata: { labels: { a: 'b' }, name: 'a' }, name: 'c' }],
  ['a field of a name that field sets have', { ...type, metadata: tricky, 'f:a': 1 }],
  ['a field before metadata', { ...type, data: {}, metadata: { name: 'a' } }],
  ['metadata first', { metadata: { name: 'a' }, ...type }],
])('the metadata of an object with %s is cut out of its bytes', (_, object) => {
  const { before, bytes, from, to, after } = partialItems()(object as unknown as DynamicObject)
  const expected = partialObject(object as unknown as DynamicObject)
  expect(before + bytes.subarray(from, to).toString() + after).toBe(JSON.stringify(expected))
})

const META = 'g=meta.k8s.io;v=v1'
const MAPS = '/api/v1/namespaces/default/configmaps'
let cluster: Cluster
let url: string

beforeAll(async () => {
  cluster = await createCluster({ controllers: false, nodes: 0 })
  url = await cluster.listen()
  for (let i = 0; i < 300; i++) {
    const metadata = { name: `map-${i}`, annotations: { note: 'é'.repeat(1_000) } }
    const map = { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { a: 'b' } }
    await cluster.apply(map)
  }
})
afterAll(() => cluster.close())

/** The same list, as it is streamed and as it is printed from a value. */
it.each([
  ['a Table', `application/json;as=Table;${META}`, ''],
  ['a Table with objects', `application/json;as=Table;${META}`, 'includeObject=Object'],
  ['a Table without objects', `application/json;as=Table;${META}`, 'includeObject=None'],
  ['an empty Table', `application/json;as=Table;${META}`, 'labelSelector=none'],
  ['metadata', `application/json;as=PartialObjectMetadataList;${META}`, ''],
  ['no metadata', `application/json;as=PartialObjectMetadataList;${META}`, 'labelSelector=none'],
])('%s that is streamed says what one does that is not', async (_, accept, query) => {
  const streamed = await (await fetch(`${url}${MAPS}?${query}`, { headers: { accept } })).text()
  const indented = await (await fetch(`${url}${MAPS}?${query}&pretty=true`, { headers: { accept } })).text()
  const without = (text: string): string => text.replaceAll(/"\d+m?s"/g, '"age"')
  expect(without(streamed)).toBe(`${without(JSON.stringify(JSON.parse(indented)))}\n`)
})
