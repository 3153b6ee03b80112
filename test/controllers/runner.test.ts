import { describe, expect, test } from 'vitest'
import { newForbidden, newStaleWrite } from '../../src/apimachinery/errors.ts'
import type { DynamicObject, KubeObject } from '../../src/apimachinery/meta.ts'
import { type ControllerDefinition, defineController } from '../../src/controllers/controller.ts'
import { controllerNames, selectControllers } from '../../src/controllers/controllers.ts'
import { controllerCluster } from '../support/controller-cluster.ts'

const configMap = (name: string, data: Record<string, string> = {}): DynamicObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: 'default' },
  data,
})

function controller(more: Partial<ControllerDefinition>): ControllerDefinition {
  return defineController({ name: 'test', component: 'test', for: 'configmaps', reconcile: () => {}, ...more })
}

describe('ControllerRunner', () => {
  test('a reconcile sees its own and all other writes that were made before it', async () => {
    const seen: unknown[] = []
    const counting = controller({
      async reconcile({ namespace, name }, { client, lister }) {
        const found = lister<DynamicObject>('configmaps').get(namespace, name)
        if (!found) return
        const count = Number(found.data?.count ?? 0)
        seen.push(count)
        if (count < 5) await client.update('configmaps', { ...found, data: { count: String(count + 1) } })
      },
    })
    const { client, runner } = await controllerCluster([counting])
    await client.create('configmaps', configMap('a'))
    await runner.settle()
    expect(seen).toEqual([0, 1, 2, 3, 4, 5])
  })

  test('settle waits for chains of controllers', async () => {
    const copy = (from: string, to: string): ControllerDefinition =>
      controller({
        name: from,
        async reconcile({ name }, { client, lister }) {
          if (name === from && !lister('configmaps').get('default', to))
            await client.create('configmaps', configMap(to))
        },
      })
    const { client, runner } = await controllerCluster([copy('c', 'd'), copy('b', 'c'), copy('a', 'b')])
    await client.create('configmaps', configMap('a'))
    await runner.settle()
    expect((await client.list('configmaps')).map(({ metadata }) => metadata.name)).toEqual(['a', 'b', 'c', 'd'])
  })

  test('settle waits for a reconcile that is held up outside the process, and others go on meanwhile', async () => {
    let release = (): void => {}
    const held = new Promise<void>((resolve) => {
      release = resolve
    })
    const done: string[] = []
    const slow = controller({
      name: 'slow',
      async reconcile({ name }) {
        await held
        done.push(`slow ${name}`)
      },
    })
    const quick = controller({
      name: 'quick',
      reconcile: ({ name }) => {
        done.push(`quick ${name}`)
        release()
      },
    })
    const { client, runner } = await controllerCluster([slow, quick])
    await client.create('configmaps', configMap('a'))
    await runner.settle()
    expect(done).toEqual(['quick a', 'slow a'])
  })

  test('a failed reconcile is logged and tried again after 5 ms, 10 ms and so on; settle does not wait for that', async () => {
    const at: number[] = []
    const failing = controller({
      reconcile(_key, { clock }) {
        at.push(clock.now())
        if (at.length < 4) throw new Error('not yet')
      },
    })
    const cluster = await controllerCluster([failing])
    await cluster.client.create('configmaps', configMap('a'))
    await cluster.runner.settle()
    expect(at).toHaveLength(1)
    await cluster.pass(1)
    expect(at.map((time) => time - at[0])).toEqual([0, 5, 15, 35])
    expect(cluster.logged).toHaveLength(3)
    expect(cluster.logged[0]).toMatchObject({ fields: { controller: 'test', key: 'default/a' } })
    expect(cluster.clock.nextTimer()).toBeUndefined()
  })

  test.each([
    [
      'what the API refuses is logged with its message and no stack',
      newForbidden({ group: '', resource: 'pods' }, 'a', 'exceeded quota'),
      { refused: 'pods "a" is forbidden: exceeded quota' },
    ],
    [
      'a fault of our own is logged with its stack',
      new TypeError('not a function'),
      { err: { stack: expect.stringContaining('runner.test.ts') } },
    ],
  ])('%s', async (_, error, fields) => {
    let runs = 0
    const failing = controller({
      reconcile() {
        if (runs++ === 0) throw error
      },
    })
    const cluster = await controllerCluster([failing])
    await cluster.client.create('configmaps', configMap('a'))
    await cluster.runner.settle()
    expect(cluster.logged).toHaveLength(1)
    expect(cluster.logged[0]).toMatchObject({ fields })
    expect(Object.keys(cluster.logged[0].fields)).toEqual(['controller', 'key', ...Object.keys(fields)])
  })

  test('a conflict is tried again at once and silently, but one that stays does not spin', async () => {
    let runs = 0
    const conflicting = controller({
      reconcile() {
        runs++
        throw newStaleWrite({ group: '', resource: 'configmaps' }, 'a')
      },
    })
    const cluster = await controllerCluster([conflicting])
    await cluster.client.create('configmaps', configMap('a'))
    await cluster.runner.settle()
    expect(runs).toBe(9)
    expect(cluster.logged).toHaveLength(1)
  })

  test('requeueAfterMs calls again at that time', async () => {
    const at: number[] = []
    const timed = controller({
      reconcile(_key, { clock }) {
        at.push(clock.now())
        return at.length < 3 ? { requeueAfterMs: 10_000 } : undefined
      },
    })
    const cluster = await controllerCluster([timed])
    await cluster.client.create('configmaps', configMap('a'))
    await cluster.pass(60)
    expect(at.map((time) => time - at[0])).toEqual([0, 10_000, 20_000])
  })

  test('a change of an owned object enqueues its owner, the former one too', async () => {
    const keys: string[] = []
    const owning = controller({
      for: 'configmaps',
      owns: ['secrets'],
      reconcile: ({ name }) => {
        keys.push(name)
      },
    })
    const { client, runner } = await controllerCluster([owning])
    const [a, b] = await Promise.all(['a', 'b'].map((name) => client.create('configmaps', configMap(name))))
    await runner.settle()
    keys.length = 0
    const ref = (owner: KubeObject) => ({
      ownerReferences: [
        { apiVersion: 'v1', kind: 'ConfigMap', name: owner.metadata.name!, uid: owner.metadata.uid!, controller: true },
      ],
    })
    const metadata = { name: 's', namespace: 'default', ...ref(a) }
    await client.create('secrets', { apiVersion: 'v1', kind: 'Secret', metadata })
    await runner.settle()
    expect(keys.splice(0)).toEqual(['a'])
    await client.modify('secrets', 'default', 's', (old) => ({ ...old, metadata: { ...old.metadata, ...ref(b) } }))
    await runner.settle()
    expect(keys.sort()).toEqual(['a', 'b'])
  })

  test('after stop nothing is reconciled and settle resolves', async () => {
    let runs = 0
    const { client, runner } = await controllerCluster([controller({ reconcile: () => void runs++ })])
    await runner.stop()
    await runner.stop()
    await client.create('configmaps', configMap('a'))
    await runner.settle()
    expect(runs).toBe(0)
  })

  test('an idle runner has no timers', async () => {
    const { clock } = await controllerCluster(selectControllers(true))
    expect(clock.nextTimer()).toBeUndefined()
  })

  test('two runs with the same seed make the same history', async () => {
    const history = async (): Promise<string> => {
      const { client, runner } = await controllerCluster(selectControllers(true))
      for (const name of ['x', 'y']) await client.create('replicasets.apps', replicaSet(name))
      await runner.settle()
      return JSON.stringify([await client.list('pods'), await client.list('events')])
    }
    const [first, second] = [await history(), await history()]
    expect(first).toContain('"name":"y-')
    expect(second).toBe(first)
  })
})

function replicaSet(name: string): KubeObject {
  const labels = { app: name }
  const template = { metadata: { labels }, spec: { containers: [{ name: 'c', image: 'nginx' }] } }
  const spec = { replicas: 3, selector: { matchLabels: labels }, template }
  return { apiVersion: 'apps/v1', kind: 'ReplicaSet', metadata: { name, namespace: 'default' }, spec } as KubeObject
}

describe('selectControllers', () => {
  const all = controllerNames()
  const cases: [wanted: boolean | string[], names: string[]][] = [
    [true, all],
    [false, []],
    [
      ['replicaset', 'deployment'],
      ['deployment', 'replicaset'],
    ],
    [['-replicaset'], all.filter((name) => name !== 'replicaset')],
    [['*', '-namespace'], all.filter((name) => name !== 'namespace')],
    [['deployment', '-deployment'], []],
  ]
  test.each(cases)('%j stands for the right ones, in the order of the table', (wanted, names) => {
    expect(selectControllers(wanted).map(({ name }) => name)).toEqual(names)
  })

  test('an unknown name is refused', () => {
    expect(() => selectControllers(['kublet'])).toThrow('no controller is called "kublet"')
  })
})
