import { describe, expect, test } from 'vitest'
import type { KubeObject } from '../../src/apimachinery/meta.ts'
import type { InformerEvent, WatchSource } from '../../src/controllers/client.ts'
import { Informer } from '../../src/controllers/informer.ts'
import { Informers } from '../../src/controllers/informers.ts'

/** A source whose events the test writes. */
function fakeSource(resources: string[] = ['pods']) {
  const queues = new Map<string, InformerEvent[]>()
  /** Reads that fail. */
  const forgotten = new Map<string, number>()
  const wakes = new Map<string, () => void>()
  const closed: string[] = []
  let changed = (): void => {}
  const held = new Set<string>()
  let whenHeld = (_: string): void => {}
  const source: WatchSource = {
    watch(resource, wake) {
      wakes.set(resource, wake)
      return {
        read() {
          const failures = forgotten.get(resource) ?? 0
          forgotten.set(resource, failures - 1)
          return failures > 0 ? undefined : (queues.get(resource)?.splice(0) ?? [])
        },
        close: () => closed.push(resource),
      }
    },
    held: () => held,
    onHeld(callback) {
      whenHeld = callback
      return () => {}
    },
    resources: () =>
      resources.map((name) => ({
        name,
        group: '',
        version: 'v1',
        kind: name,
        namespaced: true,
        verbs: ['list', 'watch'],
      })),
    onResourcesChanged(callback) {
      changed = callback
      return () => {}
    },
  }
  return {
    source,
    closed,
    opened: () => [...wakes.keys()],
    push(resource: string, ...events: InformerEvent[]) {
      queues.set(resource, [...(queues.get(resource) ?? []), ...events])
      if (!held.has(resource)) whenHeld(resource)
      held.add(resource)
      wakes.get(resource)?.()
    },
    /** History is gone: whoever watches anew is told these. */
    forget(resource: string, ...present: InformerEvent[]) {
      queues.set(resource, present)
      forgotten.set(resource, 1)
      wakes.get(resource)?.()
    },
    /** So many reads fail from now on. */
    fail(resource: string, times: number) {
      forgotten.set(resource, times)
    },
    serve(...names: string[]) {
      resources.splice(0, resources.length, ...names)
      changed()
    },
  }
}

function pod(name: string, more: Partial<KubeObject['metadata']> = {}): KubeObject {
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace: 'default', uid: `uid-${name}`, ...more } }
}

/** A started informer of pods with the index `colour`, which counts how often that is computed. */
function countingIndex() {
  const { source, push } = fakeSource()
  const informer = new Informer('pods', () => {})
  let computed = 0
  informer.addIndex('colour', ({ metadata }) => {
    computed++
    return [metadata.labels?.colour ?? '']
  })
  informer.start(source)
  return { informer, push, computed: () => computed }
}

const owned = (uid: string) => ({
  ownerReferences: [{ apiVersion: 'v1', kind: 'X', name: 'x', uid, controller: true }],
})
const names = (objects: readonly KubeObject[]) => objects.map(({ metadata }) => metadata.name)

/** Knows pods a and b; `told`: what it tells, in order. */
function informerOfTwo() {
  const fake = fakeSource()
  const informer = new Informer('pods', () => {})
  const told: string[] = []
  informer.onEvent(({ type, object }) => told.push(`${type} ${object.metadata.name}`))
  informer.start(fake.source)
  fake.push('pods', { type: 'added', object: pod('a') }, { type: 'added', object: pod('b') })
  informer.drain()
  return { ...fake, informer, told }
}

describe('Informer', () => {
  test('lists anew when history was forgotten before it was read, and tells what went meanwhile', () => {
    const { informer, told, push, forget, closed } = informerOfTwo()
    forget('pods', { type: 'added', object: pod('b') }, { type: 'added', object: pod('c') })
    informer.drain()
    expect(told).toEqual(['added a', 'added b', 'updated b', 'added c', 'deleted a'])
    expect(names(informer.list())).toEqual(['b', 'c'])
    expect(closed).toEqual(['pods'])
    push('pods', { type: 'deleted', object: pod('c') })
    informer.drain()
    expect(names(informer.list())).toEqual(['b'])
  })

  test('keeps what it knows when the new watch fails, too, and lists anew later', () => {
    const { informer, told, forget, fail } = informerOfTwo()
    forget('pods', { type: 'added', object: pod('b') })
    fail('pods', 3)
    informer.drain()
    expect(names(informer.list())).toEqual(['a', 'b'])
    expect(informer.pending).toBe(true)
    informer.drain()
    expect(names(informer.list())).toEqual(['a', 'b'])
    informer.drain()
    expect(told).toEqual(['added a', 'added b', 'updated b', 'deleted a'])
    expect(informer.pending).toBe(false)
  })

  test('holds what the watch told after a drain, not before', () => {
    const { source, push } = fakeSource()
    let woken = 0
    const informer = new Informer('pods', () => woken++)
    informer.start(source)
    informer.drain()
    push('pods', { type: 'added', object: pod('a') })
    expect(woken).toBeGreaterThan(0)
    expect(informer.pending).toBe(true)
    expect(informer.get('default', 'a')).toBeUndefined()
    informer.drain()
    expect(informer.pending).toBe(false)
    expect(informer.get('default', 'a')).toEqual(pod('a'))
  })

  test('indexes by namespace, controller and value follow every change', () => {
    const { source, push } = fakeSource()
    const informer = new Informer('pods', () => {})
    informer.addIndex('colour', ({ metadata }) => (metadata.labels?.colour ?? '').split(',').filter(Boolean))
    informer.start(source)
    const red = pod('a', { ...owned('1'), labels: { colour: 'red,blue' } })
    push('pods', { type: 'added', object: red }, { type: 'added', object: pod('b', { namespace: 'other' }) })
    informer.drain()
    expect(names(informer.list('default'))).toEqual(['a'])
    expect(names(informer.list())).toEqual(['a', 'b'])
    expect(names(informer.ownedBy('1'))).toEqual(['a'])
    expect(names(informer.byIndex('colour', 'blue'))).toEqual(['a'])

    const green = pod('a', { ...owned('2'), labels: { colour: 'blue,green' } })
    push('pods', { type: 'updated', object: green })
    informer.drain()
    expect(informer.ownedBy('1')).toEqual([])
    expect(informer.ownedBy('2')).toEqual([green])
    expect(informer.byIndex('colour', 'red')).toEqual([])
    expect(informer.byIndex('colour', 'blue')).toEqual([green])

    push('pods', { type: 'deleted', object: green })
    informer.drain()
    for (const list of [informer.ownedBy('2'), informer.byIndex('colour', 'green'), informer.list('default')]) {
      expect(list).toEqual([])
    }
  })

  test('an index computes nothing until it is asked, and then once for what is there and once a change', () => {
    const { informer, push, computed } = countingIndex()
    const coloured = (name: string, colour: string): KubeObject => pod(name, { labels: { colour } })
    push('pods', { type: 'added', object: coloured('a', 'red') }, { type: 'added', object: coloured('b', 'red') })
    push('pods', { type: 'updated', object: coloured('a', 'blue') }, { type: 'deleted', object: coloured('b', 'red') })
    push('pods', { type: 'added', object: coloured('c', 'red') })
    informer.drain()
    expect(computed()).toBe(0)
    expect(names(informer.byIndex('colour', 'red'))).toEqual(['c'])
    expect(names(informer.byIndex('colour', 'blue'))).toEqual(['a'])
    expect(computed()).toBe(2)
    push('pods', { type: 'added', object: coloured('d', 'blue') })
    informer.drain()
    expect(names(informer.byIndex('colour', 'blue'))).toEqual(['a', 'd'])
    expect(computed()).toBe(3)
  })

  test('of many objects every index is kept before anybody asks: making it would hold up all that waits', () => {
    const { informer, push, computed } = countingIndex()
    const add = (i: number): void => {
      const metadata = { ...owned(`${i % 10}`), labels: { colour: `${i % 100}` } }
      push('pods', { type: 'added', object: pod(`p${i}`, metadata) })
    }
    for (let i = 0; i < 4_999; i++) add(i)
    informer.drain()
    expect(computed()).toBe(0)
    for (let i = 4_999; i < 5_010; i++) add(i)
    informer.drain()
    const before = computed()
    expect(before).toBeGreaterThanOrEqual(5_010)
    expect(informer.byIndex('colour', '3')).toHaveLength(51)
    expect(informer.ownedBy('3')).toHaveLength(501)
    expect(computed()).toBe(before)
  })

  test('handlers are told old and new', () => {
    const { source, push } = fakeSource()
    const informer = new Informer('pods', () => {})
    const told: unknown[] = []
    informer.onEvent(({ type, object, old }) => told.push([type, object.metadata.labels?.v, old?.metadata.labels?.v]))
    informer.start(source)
    const version = (v: string) => pod('a', { labels: { v } })
    push('pods', { type: 'added', object: version('1') }, { type: 'updated', object: version('2') })
    push('pods', { type: 'deleted', object: version('3') })
    informer.drain()
    expect(told).toEqual([
      ['added', '1', undefined],
      ['updated', '2', '1'],
      ['deleted', '3', '2'],
    ])
  })

  test('reads what was untouched with the first change or look, and tells those who want changes only of changes', () => {
    const settled = (): KubeObject => pod('old', { resourceVersion: '5' })
    const looks: [string, (informer: Informer) => unknown][] = [
      ['a list', (informer) => informer.list()],
      ['a get', (informer) => informer.get('default', 'old')],
      ['a look at owners', (informer) => informer.ownedBy('1')],
      ['an index', (informer) => informer.byIndex('colour', 'red')],
    ]
    for (const [, look] of looks) {
      const { source, push } = fakeSource()
      const informer = new Informer('pods', () => {})
      const told: string[] = []
      informer.addIndex('colour', () => ['red'])
      informer.onEvent(({ type, object }) => told.push(`${type} ${object.metadata.name}`), true)
      informer.start(source, 5)
      informer.drain()
      expect(informer.pending).toBe(false)
      // What the watch finds at its first read; nothing has happened yet.
      push('pods', { type: 'added', object: settled() })
      look(informer)
      expect(names(informer.list())).toEqual(['old'])
      expect(told).toEqual([])
      push('pods', { type: 'updated', object: pod('old', { resourceVersion: '6' }) })
      push('pods', { type: 'added', object: pod('new', { resourceVersion: '7' }) })
      informer.drain()
      expect(told).toEqual(['updated old', 'added new'])
    }
  })

  test('is read at the start where somebody wants all, who is told of what was settled, too', () => {
    const { source, push } = fakeSource()
    const informer = new Informer('pods', () => {})
    const told: string[] = []
    informer.onEvent(() => told.push('changes only'), true)
    informer.onEvent(() => told.push('all'))
    informer.start(source, 5)
    expect(informer.pending).toBe(true)
    push('pods', { type: 'added', object: pod('old', { resourceVersion: '5' }) })
    push('pods', { type: 'added', object: pod('new', { resourceVersion: '6' }) })
    informer.drain()
    expect(told).toEqual(['all', 'changes only', 'all'])
  })

  test('an index that nobody declared is an error', () => {
    const informer = new Informer('pods', () => {})
    expect(() => informer.byIndex('nope', 'x')).toThrow('pods has no index nope')
  })
})

describe('Informers', () => {
  test('of what holds nothing are not opened before the first object comes', () => {
    const { source, push, opened } = fakeSource(['pods', 'nodes', 'jobs'])
    const told: string[] = []
    const wakes: string[] = []
    const informers = new Informers(source, () => wakes.push('woken'))
    informers.want('pods', { handler: ({ object }) => told.push(object.metadata.name as string) })
    informers.want('pods', { index: { name: 'colour', values: () => ['red'] } })
    informers.want('nodes')
    push('nodes', { type: 'added', object: pod('n') })
    informers.start()
    expect(opened()).toEqual(['nodes'])
    const lister = informers.get('pods')
    expect([
      lister?.get('default', 'a'),
      lister?.list(),
      lister?.ownedBy('1'),
      lister?.byIndex('colour', 'red'),
    ]).toEqual([undefined, [], [], []])
    informers.drain()
    wakes.length = 0
    push('pods', { type: 'added', object: pod('a') })
    expect(wakes).not.toEqual([])
    informers.drain()
    expect(told).toEqual(['a'])
    expect(names(informers.get('pods')?.byIndex('colour', 'red') ?? [])).toEqual(['a'])
    expect(opened()).toEqual(['nodes', 'pods'])
    push('jobs', { type: 'added', object: pod('unwanted') })
    expect(informers.get('jobs')).toBeUndefined()
  })

  test('open one watch a resource, whoever wants it', () => {
    const { source, push } = fakeSource(['pods', 'nodes'])
    const informers = new Informers(source, () => {})
    const told: string[] = []
    informers.want('pods', { handler: () => told.push('first') })
    informers.want('pods', { handler: () => told.push('second') })
    informers.start()
    push('pods', { type: 'added', object: pod('a') })
    informers.drain()
    expect(told).toEqual(['first', 'second'])
    expect(informers.get('nodes')).toBeUndefined()
  })

  test('those who want everything follow the served resources, Events left out', () => {
    const { source, push, serve, closed } = fakeSource(['pods', 'events', 'events.events.k8s.io'])
    const informers = new Informers(source, () => {})
    const told: string[] = []
    informers.want('*', { handler: ({ object, resource }) => told.push(`${resource} ${object.metadata.name}`) })
    push('pods', { type: 'added', object: pod('p') })
    informers.start()
    expect(informers.get('events')).toBeUndefined()
    serve('widgets.example.com')
    expect(closed).toEqual(['pods'])
    push('widgets.example.com', { type: 'added', object: pod('w') })
    informers.drain()
    expect(told).toEqual(['widgets.example.com w'])
    expect(informers.get('pods')).toBeUndefined()
  })
})
