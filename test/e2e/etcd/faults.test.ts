/** etcd goes away and comes back, forgets, is somebody else's: what clients and watchers are told, and that nothing is acknowledged that is not there. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { type EtcdStorage, openEtcd } from '../../../src/storage/etcd/etcd.ts'
import type { Cursor } from '../../../src/storage/interface.ts'
import { drain, failure, object as pod } from '../../conformance/storage.ts'
import { type Server, startServer } from '../server.ts'
import { follow, object, send } from './client.ts'
import { type EtcdServer, startEtcd } from './etcd-server.ts'
import { type Link, startLink } from './link.ts'

const MAPS = '/api/v1/namespaces/default/configmaps'
const PODS = '/registry/pods/'

let etcd: EtcdServer
beforeAll(async () => {
  etcd = await startEtcd()
})
afterAll(() => etcd.stop())

describe('a server whose etcd is away', () => {
  let server: Server
  beforeAll(async () => {
    server = await startServer('--storage', 'etcd', '--etcd-endpoints', etcd.endpoint, '--no-controllers')
  })
  afterAll(() => server.stop())

  test('serves what may be old, says so, and goes on when etcd is back', async () => {
    await send(server, 'POST', MAPS, object('before'))
    const { resourceVersion } = (await send(server, 'GET', MAPS)).body.metadata
    const watch = await follow(server, `${MAPS}?watch=1&resourceVersion=${resourceVersion}`)
    await etcd.kill()

    expect((await send(server, 'GET', `${MAPS}/before?resourceVersion=0`)).status).toBe(200)
    expect((await send(server, 'GET', `${MAPS}?resourceVersion=0`)).body.items).toHaveLength(1)
    const ready = await send(server, 'GET', '/readyz')
    expect(ready.status).toBe(500)
    expect(ready.body).toContain('[-]etcd failed: reason withheld\n[-]etcd-readiness failed: reason withheld\n')
    expect((await send(server, 'GET', '/livez')).body).toContain('[-]etcd failed: reason withheld\n')
    expect((await send(server, 'GET', '/readyz/etcd')).body).toBe(
      'internal server error: error getting data from etcd: context deadline exceeded\n',
    )

    const created = send(server, 'POST', MAPS, object('while-away'))
    const read = send(server, 'GET', `${MAPS}/before`)
    await etcd.start()
    expect((await created).status).toBe(201)
    expect((await read).status).toBe(200)
    expect((await send(server, 'POST', MAPS, object('after'))).status).toBe(201)
    const seen = await watch.until((events) => events.length === 2)
    expect(seen.map(({ type, name }) => `${type} ${name}`)).toEqual(['ADDED while-away', 'ADDED after'])
    watch.close()
    await expect.poll(async () => (await send(server, 'GET', '/readyz')).body).toBe('ok')
  })

  test('answers 504 within the time that a request has', { timeout: 60_000 }, async () => {
    await etcd.kill()
    const answers = await Promise.all([
      send(server, 'POST', `${MAPS}?timeout=2s`, object('too-late')),
      send(server, 'GET', `${MAPS}?timeout=2s`),
    ]).finally(() => etcd.start())
    for (const { status, body } of answers) {
      expect(status).toBe(504)
      expect(body).toMatchObject({ reason: 'Timeout' })
    }
    await expect.poll(async () => (await send(server, 'GET', '/readyz')).body, { timeout: 20_000 }).toBe('ok')
  })
})

describe('the etcd storage', () => {
  const opened: EtcdStorage[] = []
  let links: Link[] = []
  afterEach(async () => {
    for (const storage of opened.splice(0)) await storage.close()
    for (const link of links) await link.close()
    links = []
  })
  async function open(prefix: string, endpoint = etcd.endpoint): Promise<EtcdStorage> {
    const storage = await openEtcd({ endpoints: [endpoint], prefix, shallow: [PODS], timeoutMs: 2_000 })
    opened.push(storage)
    return storage
  }
  async function openCut(prefix: string): Promise<{ storage: EtcdStorage; link: Link }> {
    const link = await startLink(etcd.endpoint)
    links.push(link)
    return { link, storage: await open(prefix, link.endpoint) }
  }
  const names = (cursor: Cursor) => drain(cursor).map(({ type, key }) => `${type} ${key.name}`)

  test('goes on where its watch was cut, without gap or repeat', async () => {
    const { storage, link } = await openCut('/cut')
    const other = await open('/cut')
    await other.create(PODS, 'a/0', pod('0'))
    await storage.fresh()
    const cursor = storage.watch(PODS, { fromRevision: storage.revision, wake: () => {} })
    link.cut()
    for (let i = 1; i < 5; i++) await other.create(PODS, `a/${i}`, pod(`${i}`))
    await other.delete(PODS, 'a/0', other.get(PODS, 'a/0')!, other.get(PODS, 'a/0')!.metadata.resourceVersion!)
    link.heal()
    await expect.poll(() => storage.revision, { timeout: 10_000 }).toBe(other.revision)
    expect(names(cursor)).toEqual(['create a/1', 'create a/2', 'create a/3', 'create a/4', 'delete a/0'])
    expect(storage.list(PODS).objects).toEqual(other.list(PODS).objects)
  })

  test('reads all anew when etcd has forgotten what came while its watch was cut, and ends its watches', async () => {
    const { storage, link } = await openCut('/forgot')
    const other = await open('/forgot')
    await other.create(PODS, 'a/0', pod('0'))
    await storage.fresh()
    const cursor = storage.watch(PODS, { fromRevision: storage.revision, wake: () => {} })
    let replaced = 0
    storage.onReplaced(() => replaced++)
    link.cut()
    for (let i = 1; i < 5; i++) await other.create(PODS, `a/${i}`, pod(`${i}`))
    other.compact()
    // The answer to a later call says that etcd has compacted: both go over one connection, in order.
    await other.create(PODS, 'a/5', pod('5'))
    link.heal()
    await expect.poll(() => replaced, { timeout: 10_000 }).toBe(1)
    expect(await failure(() => cursor.next())).toMatchObject({ code: 'Expired' })
    await storage.fresh()
    expect(storage.list(PODS).objects).toEqual(other.list(PODS).objects)
    expect((await storage.create(PODS, 'a/6', pod('6'))).metadata.resourceVersion).toBe(String(storage.revision))
  })

  test('acknowledges nothing that got no answer', async () => {
    const { storage, link } = await openCut('/silent')
    await storage.create(PODS, 'a', pod('a'))
    link.cut()
    const { code } = await failure(() => storage.create(PODS, 'b', pod('b')))
    expect(['Failed', 'Timeout']).toContain(code)
    expect(await failure(() => storage.fresh())).toMatchObject({ code: 'Timeout' })
    expect(storage.get(PODS, 'a')).toBeDefined()
    link.heal()
    await expect.poll(() => storage.check(), { timeout: 10_000 }).toBeUndefined()
    expect((await storage.create(PODS, 'b', pod('b'))).metadata.name).toBe('b')
  })

  test('is not held up by keys of others, and leaves them alone', async () => {
    const [storage, other] = [await open('/ours'), await open('/theirs')]
    await other.create(PODS, 'a', pod('a'))
    await storage.fresh()
    expect(storage.revision).toBeGreaterThanOrEqual(other.revision)
    expect(storage.list(PODS).objects).toEqual([])
    await storage.create(PODS, 'b', pod('b'))
    const mark = storage.mark()
    await storage.create(PODS, 'c', pod('c'))
    await storage.restore(mark)
    expect(other.list(PODS).objects).toHaveLength(1)
  })

  test('does not start on values that it cannot read, or without an etcd', async () => {
    const storage = await open('/registry2')
    await storage.create(PODS, 'a', pod('a'))
    const wrong = openEtcd({
      endpoints: [etcd.endpoint.replace('http:', 'https:')],
      shallow: [PODS],
      timeoutMs: 500,
    })
    await expect(wrong).rejects.toThrow(/^etcd at https:.*speak TLS/)
    for (const [endpoints, message] of [
      [['127.0.0.1:2379'], 'is no endpoint; one looks like http://127.0.0.1:2379'],
      [['http://a:1', 'https://b:1'], 'endpoints are all http or all https'],
      [[], 'there has to be an endpoint'],
    ] as const) {
      await expect(openEtcd({ endpoints, shallow: [] })).rejects.toThrow(message)
    }
  })
})
