/** Two KubEmu processes on one etcd serve one cluster. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Server, startServer } from '../server.ts'
import { type Answer, follow, object, send } from './client.ts'
import { type EtcdServer, startEtcd } from './etcd-server.ts'

const MAPS = '/api/v1/namespaces/default/configmaps'
const LEASE = '/apis/coordination.k8s.io/v1/namespaces/kube-system/leases/kubemu-controllers'
/** Lease duration, retry period with its jitter, and some for a slow machine. */
const TAKE_OVER_MS = 40_000

let etcd: EtcdServer
let one: Server
let two: Server
const server = () => startServer('--storage', 'etcd', '--etcd-endpoints', etcd.endpoint, '--log-level', 'info')

beforeAll(async () => {
  etcd = await startEtcd()
  // Together on an empty etcd: neither may stumble over what the other makes.
  ;[one, two] = await Promise.all([server(), server()])
})
afterAll(async () => {
  await Promise.all([one?.stop(), two?.stop()])
  await etcd.stop()
})

test('what is written through one is read through the other at once', async () => {
  for (let i = 0; i < 20; i++) {
    const [writer, reader] = i % 2 === 0 ? [one, two] : [two, one]
    const created = await send(writer, 'POST', MAPS, object(`seen-${i}`))
    const read = await send(reader, 'GET', `${MAPS}/seen-${i}`)
    expect(read.body).toEqual(created.body)
    const list = await send(reader, 'GET', MAPS)
    expect(list.body.items.map((item: Answer['body']) => item.metadata.name)).toContain(`seen-${i}`)
    expect((await send(reader, 'DELETE', `${MAPS}/seen-${i}`)).status).toBe(200)
    expect((await send(writer, 'GET', `${MAPS}/seen-${i}`)).status).toBe(404)
  }
})

test('watches of both tell all writes of both, in one order', async () => {
  const { resourceVersion } = (await send(one, 'GET', MAPS)).body.metadata
  const followed = await Promise.all(
    [one, two].map((from) => follow(from, `${MAPS}?watch=1&resourceVersion=${resourceVersion}`)),
  )
  const writes = 100
  await Promise.all(
    [one, two].map(async (to, side) => {
      for (let i = 0; i < writes; i++) await send(to, 'POST', MAPS, object(`order-${side}-${i}`))
    }),
  )
  const [seenByOne, seenByTwo] = await Promise.all(
    followed.map((watch) =>
      watch.until((events) => events.filter(({ name }) => name.startsWith('order-')).length === 2 * writes),
    ),
  )
  expect(seenByOne).toEqual(seenByTwo)
  const versions = (seenByOne ?? []).map(({ version }) => Number(version))
  expect(versions).toEqual([...versions].sort((a, b) => a - b))
  for (const watch of followed) watch.close()
})

test('clients that try again after a conflict lose no increment and double none', async () => {
  await send(one, 'POST', MAPS, object('counter', { count: '0' }))
  const increments = 25
  await Promise.all(
    [one, two, one, two].map(async (to) => {
      for (let done = 0; done < increments; ) {
        const { body } = await send(to, 'GET', `${MAPS}/counter`)
        body.data.count = String(Number(body.data.count) + 1)
        const { status } = await send(to, 'PUT', `${MAPS}/counter`, body)
        expect([200, 409]).toContain(status)
        if (status === 200) done++
      }
    }),
  )
  for (const from of [one, two]) {
    expect((await send(from, 'GET', `${MAPS}/counter`)).body.data.count).toBe(String(4 * increments))
  }
})

test('a name is created once, whoever asks', async () => {
  const answers = await Promise.all([one, two, one, two].map((to) => send(to, 'POST', MAPS, object('only-once'))))
  expect(answers.map(({ status }) => status).sort()).toEqual([201, 409, 409, 409])
})

test('a custom resource that is defined through one is served by the other', async () => {
  const definition = {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'gadgets.example.com' },
    spec: {
      group: 'example.com',
      scope: 'Namespaced',
      names: { plural: 'gadgets', singular: 'gadget', kind: 'Gadget', listKind: 'GadgetList' },
      versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } }],
    },
  }
  await send(one, 'POST', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', definition)
  const gadgets = '/apis/example.com/v1/namespaces/default/gadgets'
  await expect.poll(async () => (await send(two, 'GET', gadgets)).status, { timeout: 10_000 }).toBe(200)
  const gadget = { apiVersion: 'example.com/v1', kind: 'Gadget', metadata: { name: 'g' } }
  expect((await send(two, 'POST', gadgets, gadget)).status).toBe(201)
  await expect.poll(async () => (await send(one, 'GET', `${gadgets}/g`)).status, { timeout: 10_000 }).toBe(200)
})

test('a token that one has signed is good for the other', async () => {
  const path = '/api/v1/namespaces/default/serviceaccounts/default/token'
  const { body } = await send(one, 'POST', path, {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenRequest',
    spec: {},
  })
  const review = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', spec: { token: body.status.token } }
  const reviewed = await send(two, 'POST', '/apis/authentication.k8s.io/v1/tokenreviews', review)
  expect(reviewed.body.status).toMatchObject({
    authenticated: true,
    user: { username: 'system:serviceaccount:default:default' },
  })
})

test('each has a Lease that says that it is alive, which goes with it', async () => {
  const leases =
    '/apis/coordination.k8s.io/v1/namespaces/kube-system/leases?labelSelector=apiserver.kubernetes.io/identity'
  const names = async (): Promise<string[]> =>
    (await send(one, 'GET', leases)).body.items.map((item: Answer['body']) => item.metadata.name)
  const before = await names()
  expect(new Set(before).size).toBe(2)
  await two.stop()
  const [left] = await names()
  expect(await names()).toEqual([left])
  two = await server()
  const after = await names()
  expect(after).toHaveLength(2)
  expect(after.filter((name) => before.includes(name))).toEqual([left])
})

test('the controllers run in one of them, and in the other when that is killed', {
  timeout: 2 * TAKE_OVER_MS,
}, async () => {
  const deployments = '/apis/apps/v1/namespaces/default/deployments'
  const labels = { app: 'web' }
  const template = { metadata: { labels }, spec: { containers: [{ name: 'web', image: 'nginx' }] } }
  const deployment = (name: string) => ({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name },
    spec: { replicas: 2, selector: { matchLabels: labels }, template },
  })
  const ready = async (from: Server, name: string) =>
    (await send(from, 'GET', `${deployments}/${name}`)).body.status?.readyReplicas
  await send(one, 'POST', deployments, deployment('before'))
  await expect.poll(() => ready(two, 'before'), { timeout: TAKE_OVER_MS }).toBe(2)
  const { spec } = (await send(one, 'GET', LEASE)).body
  // Who leads has said so.
  const isOne = one.errors().includes(spec.holderIdentity)
  await (isOne ? one : two).kill()
  const left = isOne ? two : one
  await send(left, 'POST', deployments, deployment('after'))
  await expect.poll(() => ready(left, 'after'), { timeout: TAKE_OVER_MS, interval: 250 }).toBe(2)
  const taken = (await send(left, 'GET', LEASE)).body.spec
  expect(taken.holderIdentity).not.toBe(spec.holderIdentity)
  expect(taken.leaseTransitions).toBe(spec.leaseTransitions + 1)
  // The one that was killed comes back as a candidate.
  if (isOne) one = await server()
  else two = await server()
  expect((await send(one, 'GET', LEASE)).body.spec.holderIdentity).toBe(taken.holderIdentity)
})
