import { afterAll, beforeAll, expect, it } from 'vitest'
import type { DynamicObject } from '../../src/apimachinery/meta.ts'
import { seededRandom } from '../../src/apimachinery/random.ts'
import { type Cluster, createCluster } from '../../src/cluster.ts'
import { type Frame, openWatch, type WatchReader, watchMessages } from '../support/watch.ts'
import { eventsAfter, Model, type Selection, type Shape, told } from '../support/watch-model.ts'

const WRITES = 3_000
const WATCHERS = 24
/** Enough that a reader who does not read fills its socket. */
const PAYLOAD = 'x'.repeat(4_000)

let cluster: Cluster
let url: string

beforeAll(async () => {
  cluster = await createCluster({ controllers: false, nodes: 0, seed: 7 })
  url = await cluster.listen()
  // Only what the model writes is there.
  await fetch(`${url}/api/v1/namespaces/kube-system/configmaps`, { method: 'DELETE' })
})
afterAll(() => cluster.close())

const shown = ({ type, object: { metadata } }: Frame): string =>
  told(
    type,
    { namespace: metadata.namespace ?? '', name: metadata.name ?? '', labels: {}, field: '' },
    metadata.resourceVersion ?? '',
  )

function configMap({ namespace, name, labels }: Shape): DynamicObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace, name, labels }, data: { PAYLOAD } }
}

async function write(model: Model): Promise<void> {
  const { before, after } = model.next()
  const { client } = cluster
  if (after) {
    const object = configMap(after)
    const written = before ? await client.update('configmaps', object) : await client.create('configmaps', object)
    return model.wrote(before, after, Number(written.metadata.resourceVersion))
  }
  const { namespace, name } = before as Shape
  await client.delete('configmaps', namespace, name)
  // A deletion has a revision of its own: the one after the last.
  model.wrote(before, undefined, await currentRevision())
}

async function currentRevision(): Promise<number> {
  const response = await fetch(`${url}/api/v1/namespaces/kube-public/configmaps?limit=1`)
  return Number(((await response.json()) as DynamicObject).metadata.resourceVersion)
}

interface Watcher {
  reader: WatchReader
  selection: Selection
  initial: string[]
  from: number
  patience: number
}

async function open(model: Model, draw: (below: number) => number, now: number): Promise<Watcher> {
  const selection = model.selection([])
  const { namespace, ...selectors } = selection.query
  const fromState = draw(3) === 0
  const from = fromState ? now : Math.max(Number(model.facts[0]?.revision), now - draw(800))
  const query = new URLSearchParams({
    watch: 'true',
    ...selectors,
    ...(fromState ? {} : { resourceVersion: String(from) }),
  })
  const path = namespace ? `/api/v1/namespaces/${namespace}/configmaps` : '/api/v1/configmaps'
  const initial = fromState ? model.present(selection) : []
  const reader = await openWatch(`${url}${path}?${query}`)
  if (draw(2) === 0) reader.pause()
  return { reader, selection, initial, from, patience: 2 + draw(200) }
}

it('over HTTP, watchers of any start, selector and pace see exactly their events', async () => {
  const random = seededRandom('watchers')
  const draw = (below: number): number => Math.floor(random.next() * below)
  for (const name of ['ns-a', 'ns-ab', 'ns-b']) {
    await cluster.client.create('namespaces', {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name },
    } as DynamicObject)
  }
  const model = new Model(draw, ['ns-a', 'ns-ab', 'ns-b'])
  const watchers: Watcher[] = []
  for (let i = 0; i < WRITES; i++) {
    await write(model)
    if (i % Math.floor(WRITES / WATCHERS) === 0)
      watchers.push(await open(model, draw, Number(model.facts.at(-1)?.revision)))
    for (const { reader, patience } of watchers) {
      const turn = draw(patience)
      if (turn === 0) reader.resume()
      else if (turn === 1) reader.pause()
    }
  }
  expect(watchers.length).toBeGreaterThanOrEqual(20)
  for (const { reader, selection, initial, from } of watchers) {
    const expected = [...initial, ...eventsAfter(model.facts, from, selection)]
    reader.resume()
    await reader.until(expected.length)
    expect(reader.frames.map(shown)).toEqual(expected)
    reader.close()
  }
}, 60_000)

it('a WebSocket gets the events that a chunked watch gets, one message each', async () => {
  const revision = await currentRevision()
  await cluster.client.create(
    'configmaps',
    configMap({ namespace: 'default', name: 'one', labels: { a: 'b' }, field: '' }),
  )
  await cluster.client.delete('configmaps', 'default', 'one')
  const path = `${url}/api/v1/namespaces/default/configmaps?watch=true&resourceVersion=${revision}`
  const { frames, socket } = await watchMessages(path, 2)
  const chunked = await openWatch(path)
  await chunked.until(2)
  expect(frames).toEqual(chunked.frames)
  expect(frames.map(({ type }) => type)).toEqual(['ADDED', 'DELETED'])
  chunked.close()
  socket.close()
})

it('a WebSocket for a bad request is refused with its HTTP status', async () => {
  await expect(watchMessages(`${url}/api/v1/configmaps?watch=true&labelSelector=bad!!`, 1)).rejects.toThrow('400')
  await expect(watchMessages(`${url}/api/v1/bogus?watch=true`, 1)).rejects.toThrow('404')
})

it('a watch ends when the cluster closes', async () => {
  const other = await createCluster({ controllers: false, nodes: 0 })
  const reader = await openWatch(`${await other.listen()}/api/v1/configmaps?watch=true&allowWatchBookmarks=true`)
  await other.close()
  await reader.until(Number.POSITIVE_INFINITY)
  expect(reader.ended).toBe(true)
})
