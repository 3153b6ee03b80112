/** Clients that speak protobuf: bodies, answers, lists, watches. The frames' shape is a real server's, byte for byte but for what differs per object. */
import { request } from 'node:http'
import protobuf from 'protobufjs/minimal.js'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { DynamicObject } from '../../src/apimachinery/meta.ts'
import { loadFacts } from '../../src/apimachinery/schema/load-facts.ts'
import { decodeProtobuf, encodeEnvelope, encodeProtobuf, readEnvelope } from '../../src/apimachinery/schema/protobuf.ts'
import { Schemas } from '../../src/apimachinery/schema/schema.ts'
import { type Cluster, createCluster } from '../../src/cluster.ts'

const TYPE = 'application/vnd.kubernetes.protobuf'
const MAPS = '/api/v1/namespaces/default/configmaps'
const schemas = new Schemas(loadFacts())
let cluster: Cluster
let url: string

beforeAll(async () => {
  cluster = await createCluster({ controllers: false, nodes: 0 })
  url = await cluster.listen()
})
afterAll(() => cluster.close())

function decoded(bytes: Uint8Array): DynamicObject {
  const { apiVersion, kind, raw } = readEnvelope(bytes)!
  return decodeProtobuf(schemas.forKind('', apiVersion, kind)!, raw)
}

async function send(
  method: string,
  path: string,
  body?: DynamicObject,
): Promise<{ status: number; object: DynamicObject }> {
  const bytes = body && encodeProtobuf(schemas.forKind('', 'v1', body.kind)!, body)
  const response = await fetch(url + path, {
    method,
    headers: { accept: TYPE, ...(bytes ? { 'content-type': TYPE } : {}) },
    body: bytes && new Uint8Array(bytes),
  })
  expect(response.headers.get('content-type')).toBe(TYPE)
  return { status: response.status, object: decoded(new Uint8Array(await response.arrayBuffer())) }
}

const map = (name: string, data: Record<string, string>): DynamicObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name },
  data,
})

/** Frames of a watch: four bytes of length, a WatchEvent with the object's envelope in it. */
function frames(path: string, count: number): Promise<{ type: string; object: DynamicObject; contentType?: string }[]> {
  return new Promise((resolve, reject) => {
    const req = request(url + path, { headers: { accept: `${TYPE};stream=watch` }, agent: false }, (res) => {
      let rest = Buffer.alloc(0)
      const found: { type: string; object: DynamicObject; contentType?: string }[] = []
      res.on('data', (chunk: Buffer) => {
        rest = Buffer.concat([rest, chunk])
        while (rest.length >= 4 && rest.length >= 4 + rest.readUInt32BE()) {
          const end = 4 + rest.readUInt32BE()
          found.push({ ...watchEvent(rest.subarray(4, end)), contentType: res.headers['content-type'] })
          rest = rest.subarray(end)
        }
        if (found.length < count) return
        res.destroy()
        resolve(found)
      })
    })
    req.once('error', reject)
    req.end()
  })
}

function watchEvent(bytes: Uint8Array): { type: string; object: DynamicObject } {
  const reader = protobuf.Reader.create(bytes)
  expect(reader.uint32()).toBe(0x0a)
  const type = reader.string()
  expect(reader.uint32()).toBe(0x12)
  const extension = protobuf.Reader.create(reader.bytes())
  expect(reader.pos).toBe(reader.len)
  expect(extension.uint32()).toBe(0x0a)
  return { type, object: decoded(extension.bytes()) }
}

it('objects, lists and refusals are read and written in protobuf', async () => {
  const created = await send('POST', MAPS, map('a', { k: 'v' }))
  expect([created.status, created.object['data']]).toEqual([201, { k: 'v' }])
  const shown = await send('GET', `${MAPS}/a`)
  expect(shown.object).toEqual(created.object)
  const put = await send('PUT', `${MAPS}/a`, { ...created.object, data: { k: 'w' } })
  expect([put.status, put.object['data']]).toEqual([200, { k: 'w' }])
  const list = await send('GET', `${MAPS}?fieldSelector=metadata.name=a`)
  expect([list.object.kind, list.object['items'].length]).toEqual(['ConfigMapList', 1])
  expect(list.object['items'][0].data).toEqual({ k: 'w' })
  const missing = await send('GET', `${MAPS}/missing`)
  expect([missing.status, missing.object.kind, missing.object['reason']]).toEqual([404, 'Status', 'NotFound'])
  const deleted = await send('DELETE', `${MAPS}/a`)
  expect([deleted.status, deleted.object['status']]).toEqual([200, 'Success'])
})

it('a watch is a stream of frames with their length', async () => {
  const { object } = await send('POST', MAPS, map('b', { k: 'v' }))
  await send('PUT', `${MAPS}/b`, { ...object, data: { k: 'w' } })
  await send('DELETE', `${MAPS}/b`)
  const from = Number(object.metadata.resourceVersion) - 1
  const seen = await frames(`${MAPS}?watch=true&resourceVersion=${from}`, 3)
  expect(seen.map(({ type }) => type)).toEqual(['ADDED', 'MODIFIED', 'DELETED'])
  expect(seen[0]?.object).toEqual(object)
  expect(seen[0]?.contentType).toBe(`${TYPE};stream=watch`)
  const initial = 'sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true'
  const [bookmark] = await frames(`${MAPS}?watch=true&${initial}`, 1)
  expect(bookmark?.type).toBe('BOOKMARK')
  expect(bookmark?.object.metadata.annotations).toEqual({ 'k8s.io/initial-events-end': 'true' })
})

it('errors within a watch are frames too', async () => {
  const other = await createCluster({ controllers: false, nodes: 0 })
  const elsewhere = await other.listen()
  const before = url
  url = elsewhere
  await other.reset()
  const [error] = await frames(`${MAPS}?watch=true&resourceVersion=1`, 1)
  url = before
  await other.close()
  expect([error?.type, error?.object.kind, error?.object['code']]).toEqual(['ERROR', 'Status', 410])
})

it('gives custom resources, which have no protobuf form, in the next type that the client accepts', async () => {
  const names = { plural: 'widgets', singular: 'widget', kind: 'Widget', listKind: 'WidgetList' }
  const schema = { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } }
  const versions = [{ name: 'v1', served: true, storage: true, schema }]
  await cluster.apply({
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'widgets.example.com' },
    spec: { group: 'example.com', scope: 'Namespaced', names, versions },
  } as DynamicObject)
  await cluster.settle()
  const path = '/apis/example.com/v1/namespaces/default/widgets'
  const ask = async (method: string, accept: string): Promise<(number | string | null)[]> => {
    const { status, headers } = await fetch(url + path, { method, headers: { accept } })
    return [status, headers.get('content-type')]
  }
  for (const method of ['GET', 'DELETE']) {
    expect(await ask(method, `${TYPE},application/json`)).toEqual([200, 'application/json'])
    expect(await ask(method, TYPE)).toEqual([406, TYPE])
    expect(await ask(method, `${TYPE};as=PartialObjectMetadataList;g=meta.k8s.io;v=v1`)).toEqual([200, TYPE])
  }
})

it('takes DeleteOptions of the group and version of the resource, as clients of Go send them', async () => {
  const make = (name: string): DynamicObject => ({
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name, namespace: 'default' },
    spec: { template: { spec: { restartPolicy: 'Never', containers: [{ name: 'a', image: 'b' }] } } },
  })
  await cluster.apply([make('one'), make('two')])
  const options = { propagationPolicy: 'Background' }
  for (const [name, apiVersion] of [
    ['one', 'batch/v1'],
    ['two', 'v1'],
  ] as const) {
    const inV1 = encodeProtobuf(schemas.forKind('', 'v1', 'DeleteOptions')!, options as unknown as DynamicObject)
    const bytes = encodeEnvelope({ ...readEnvelope(inV1)!, apiVersion })
    const { status } = await fetch(`${url}/apis/batch/v1/namespaces/default/jobs/${name}`, {
      method: 'DELETE',
      headers: { 'content-type': TYPE },
      body: new Uint8Array(bytes),
    })
    expect(status).toBe(200)
  }
  expect(await cluster.client.list('jobs.batch')).toEqual([])
})
