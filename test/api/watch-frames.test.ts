import { afterAll, beforeAll, expect, it } from 'vitest'
import { objectBytes } from '../../src/apimachinery/object-bytes.ts'
import { type Cluster, createCluster } from '../../src/cluster.ts'
import { openWatch } from '../support/watch.ts'

let cluster: Cluster
let url: string
beforeAll(async () => {
  cluster = await createCluster({ controllers: false, nodes: 0 })
  url = `${await cluster.listen()}/api/v1/namespaces/default/configmaps`
})
afterAll(() => cluster.close())

it('an object that was watched is answered with the same bytes, which are kept once', async () => {
  const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a', namespace: 'default' } }
  const created = await cluster.client.create('configmaps', { ...object, data: { a: 'é'.repeat(5_000) } } as never)
  const before = Buffer.from(objectBytes(created))
  const watch = await openWatch(`${url}?watch=1&resourceVersion=0&fieldSelector=metadata.name%3Da`)
  await watch.until(1)
  watch.close()
  const kept = objectBytes(created)
  expect(kept.equals(before)).toBe(true)
  expect(kept.buffer.byteLength).toBeGreaterThan(kept.length)
  expect(kept.byteOffset).toBeGreaterThan(0)
  expect(await (await fetch(`${url}/a`)).text()).toBe(`${before}\n`)
})
