/** A test that fakes timers, as many do for the code under test, with a cluster beside it. */
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { realClock } from '../src/apimachinery/clock.ts'
import { createCluster } from '../src/index.ts'
import type { Pod } from '../src/types/core-v1.ts'

type Faked = NonNullable<Parameters<typeof vi.useFakeTimers>[0]>

const POD = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'web', namespace: 'default' },
  spec: { containers: [{ name: 'c', image: 'nginx' }] },
}

beforeEach(() => {
  vi.useFakeTimers({ now: 0 })
})
afterEach(() => {
  vi.useRealTimers()
})

it.each<[string, Faked]>([
  ['the timers that vitest fakes by default', {}],
  ['microtasks, too', { toFake: ['setTimeout', 'clearTimeout', 'setImmediate', 'queueMicrotask', 'Date'] }],
])('a cluster starts, works and ends beside a test that fakes %s', async (_, faked) => {
  vi.useFakeTimers({ now: 0, ...faked })
  await using cluster = await createCluster()
  await cluster.apply(POD)
  await cluster.settle()
  expect((await cluster.client.get<Pod>('pods', 'default', 'web')).status?.phase).toBe('Running')
  await cluster.reset()
  expect(await cluster.client.list('pods')).toEqual([])
})

it('it answers over HTTP, with lists and watches', async () => {
  await using cluster = await createCluster({ controllers: false })
  const maps = `${await cluster.listen()}/api/v1/namespaces/default/configmaps`
  const { body } = await fetch(`${maps}?watch=1&timeoutSeconds=30`)
  const events = body!.pipeThrough(new TextDecoderStream()).getReader()
  await cluster.apply({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a', namespace: 'default' } })
  expect(JSON.parse((await events.read()).value as string)).toMatchObject({
    type: 'ADDED',
    object: { kind: 'ConfigMap' },
  })
  await events.cancel()
  expect(await (await fetch(maps)).json()).toMatchObject({ items: [{ metadata: { name: 'a' } }] })
})

it("its clock is the machine's, and its timers fire", async () => {
  const clock = realClock()
  expect(clock.now()).toBeGreaterThan(Date.now())
  await new Promise<void>((resolve) => clock.after(1, resolve))
})

/** Another instance of a module, loaded now: the one that all tests of this process share stays as it is. */
const loadedNow = (module: string): Promise<unknown> => import(/* @vite-ignore */ `../src/apimachinery/${module}?now`)

it('timers that were fake before it was loaded do not stop it either', async () => {
  const { inNextTurn } = (await loadedNow('event-loop.ts')) as typeof import('../src/apimachinery/event-loop.ts')
  const clock = (await loadedNow('clock.ts')) as typeof import('../src/apimachinery/clock.ts')
  expect(clock.realClock).not.toBe(realClock)
  await new Promise<void>((resolve) => inNextTurn(resolve))
  await new Promise<void>((resolve) => clock.realClock().after(1, resolve))
})
