import { afterEach, expect, it } from 'vitest'
import { realClock } from '../../src/apimachinery/clock.ts'
import type { DynamicObject } from '../../src/apimachinery/meta.ts'
import { seededRandom } from '../../src/apimachinery/random.ts'
import { loadFacts } from '../../src/apimachinery/schema/load-facts.ts'
import { Schemas } from '../../src/apimachinery/schema/schema.ts'
import { Registry } from '../../src/registry/registry.ts'
import { resources } from '../../src/registry/resources.ts'
import type { Store } from '../../src/registry/store.ts'
import type { WatchStream } from '../../src/registry/watch.ts'
import { MemoryStorage } from '../../src/storage/memory.ts'
import { eventsAfter, Model, type Selection, type Shape, told } from '../support/watch-model.ts'

const WRITES = 20_000
const WATCHERS = 60
const ADMIN = { username: 'admin', groups: ['system:masters'] }

interface Watcher {
  stream: WatchStream
  selection: Selection
  /** What it must see before the events after `from`. */
  initial: string[]
  from: number
  got: string[]
  woken: boolean
  /** Events it reads a turn, and in one of how many turns it reads at all. */
  appetite: number
  patience: number
}

let registry: Registry | undefined
afterEach(() => registry?.close())

function newRegistry(seed: number): Registry {
  const facts = loadFacts()
  return new Registry({
    facts,
    schemas: new Schemas(facts),
    rows: resources,
    storage: new MemoryStorage({ history: { limit: WRITES * 2 } }),
    clock: realClock(),
    random: seededRandom(seed),
    settings: { serviceCidr: '10.96.0.0/16', nodePortRange: { from: 30000, to: 32767 } },
    admission: { disable: ['NamespaceLifecycle'] },
  })
}

function objectOf(store: Store, { namespace, name, labels, field }: Shape): DynamicObject {
  const metadata = { name, ...(namespace ? { namespace } : {}), labels }
  if (store.definition.kind === 'ConfigMap') return store.decode({ metadata })
  return store.decode({ metadata, spec: field === 'true' ? { unschedulable: true } : {} })
}

async function write(store: Store, model: Model): Promise<void> {
  const { before, after } = model.next()
  const request = { namespace: (after ?? before)?.namespace ?? '', user: ADMIN }
  const name = (after ?? before)?.name ?? ''
  if (!after) await store.delete(name, {}, request)
  else if (!before) await store.create(objectOf(store, after), request)
  else await store.update(name, () => objectOf(store, after), request)
  model.wrote(before, after, store.environment.storage.revision)
}

function open(store: Store, model: Model, draw: (below: number) => number, fields: readonly string[]): Watcher {
  const selection = model.selection(fields)
  const { namespace = '', ...selectors } = selection.query
  const fromState = draw(3) === 0
  const now = store.environment.storage.revision
  const from = fromState ? now : Math.max(1, now - draw(5_000))
  const watcher: Watcher = {
    selection,
    from,
    initial: fromState ? model.present(selection) : [],
    got: [],
    woken: true,
    appetite: 1 + draw(30),
    patience: 1 + draw(20),
    stream: store.watch({
      namespace,
      ...selectors,
      ...(fromState ? {} : { resourceVersion: String(from) }),
      wake: () => {
        watcher.woken = true
      },
    }),
  }
  return watcher
}

function read(watcher: Watcher, limit: number): void {
  for (let i = 0; i < limit && watcher.woken; i++) {
    const event = watcher.stream.next()
    if (!event) {
      watcher.woken = false
      return
    }
    const { name = '', namespace = '', resourceVersion = '' } = (event.object as DynamicObject).metadata
    watcher.got.push(told(event.type, { name, namespace, labels: {}, field: '' }, resourceVersion))
  }
}

it.each([
  ['configmaps', ['ns-a', 'ns-ab', 'ns-b'], [], 3],
  ['nodes', [''], ['spec.unschedulable'], 20_260_101],
] as const)(
  '%s: every watcher sees exactly its events, whatever its start, selector and pace',
  async (resource, namespaces, fields, seed) => {
    registry = newRegistry(seed)
    const random = seededRandom(seed)
    const draw = (below: number): number => Math.floor(random.next() * below)
    const store = registry.store(resource) as Store
    const model = new Model(draw, namespaces)
    const watchers: Watcher[] = []
    for (let i = 0; i < WRITES / 2; i++) {
      await write(store, model)
      if (i % Math.floor(WRITES / 2 / WATCHERS) === 0) watchers.push(open(store, model, draw, fields))
      for (const watcher of watchers) if (draw(watcher.patience) === 0) read(watcher, watcher.appetite)
    }
    expect(watchers.length).toBeGreaterThanOrEqual(50)
    let seen = 0
    for (const watcher of watchers) {
      // Woken once it must read to the end, and it is woken whenever there is something.
      read(watcher, Number.POSITIVE_INFINITY)
      expect(watcher.got).toEqual([...watcher.initial, ...eventsAfter(model.facts, watcher.from, watcher.selection)])
      seen += watcher.got.length
    }
    expect(seen).toBeGreaterThan(WRITES)
    for (const { stream } of watchers) stream.close()
  },
)
