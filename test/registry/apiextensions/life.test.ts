/** Definitions come, change and go: names, conditions, watches, deletion, restarts. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Cluster, createCluster } from '../../../src/index.ts'

const CRDS = 'customresourcedefinitions.apiextensions.k8s.io'

function definition(
  plural: string,
  kind: string,
  more: Record<string, unknown> = {},
  schema: Record<string, unknown> = {},
) {
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.example.com` },
    spec: {
      group: 'example.com',
      scope: 'Namespaced',
      names: { plural, kind, ...more },
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          schema: {
            openAPIV3Schema: {
              type: 'object',
              properties: { spec: { type: 'object', properties: { a: { type: 'string' } }, ...schema } },
            },
          },
        },
      ],
    },
  }
}

const thing = (name: string, metadata: Record<string, unknown> = {}, spec: Record<string, unknown> = { a: 'x' }) => ({
  apiVersion: 'example.com/v1',
  kind: 'Thing',
  metadata: { name, namespace: 'default', ...metadata },
  spec,
})

interface Crd {
  apiVersion: string
  kind: string
  metadata: { deletionTimestamp?: string; finalizers?: string[]; generation?: number }
  status: { conditions: { type: string; status: string; reason: string; message: string }[]; acceptedNames: object }
}

describe('the life of a definition', () => {
  let cluster: Cluster
  beforeEach(async () => {
    cluster = await createCluster({ controllers: false, nodes: 0 })
  })
  afterEach(() => cluster.close())

  const get = (plural: string): Promise<Crd> => cluster.client.get(CRDS, '', `${plural}.example.com`)
  const conditions = async (plural: string): Promise<string[]> =>
    (await get(plural)).status.conditions.map(({ type, status, reason }) => `${type}=${status} ${reason}`)

  async function apply(...objects: object[]): Promise<void> {
    await cluster.apply(objects as never)
    await cluster.settle()
  }

  it('is established without controllers, and its resource is served', async () => {
    await apply(definition('things', 'Thing'))
    expect(await conditions('things')).toEqual([
      'NamesAccepted=True NoConflicts',
      'Established=True InitialNamesAccepted',
    ])
    await apply(thing('one'))
    expect(await cluster.client.list('things.example.com')).toHaveLength(1)
  })

  it('may stand before its instances in one manifest', async () => {
    await cluster.apply([definition('things', 'Thing'), thing('one')] as never)
    expect(await cluster.client.list('things.example.com')).toHaveLength(1)
  })

  it('is established within a few turns of the event loop: no timer is in the way', async () => {
    await cluster.client.create(CRDS, definition('things', 'Thing') as never)
    for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve))
    expect(await conditions('things')).toContain('Established=True InitialNamesAccepted')
  })

  it('is not served while its names are in use, and is when they become free', async () => {
    await apply(definition('things', 'Thing', { shortNames: ['th'] }))
    await apply(definition('items', 'Thing', { shortNames: ['th'] }))
    const items = await get('items')
    expect(items.status.conditions[0]).toMatchObject({
      type: 'NamesAccepted',
      status: 'False',
      reason: 'ListKindConflict',
      message: '"ThingList" is already in use',
    })
    expect(await conditions('items')).toContain('Established=False NotAccepted')
    await expect(cluster.client.list('items.example.com')).rejects.toMatchObject({ code: 404 })
    await cluster.client.delete(CRDS, '', 'things.example.com')
    await cluster.settle()
    expect(await conditions('items')).toContain('Established=True InitialNamesAccepted')
    expect(await cluster.client.list('items.example.com')).toEqual([])
  })

  it('goes with its instances', async () => {
    await apply(definition('things', 'Thing'))
    await apply(thing('one'), thing('two'))
    await cluster.client.delete(CRDS, '', 'things.example.com')
    await cluster.settle()
    await expect(get('things')).rejects.toMatchObject({ code: 404 })
    await expect(cluster.client.list('things.example.com')).rejects.toMatchObject({ code: 404 })
    await apply(definition('things', 'Thing'))
    expect(await cluster.client.list('things.example.com')).toEqual([])
  })

  it('waits for instances with finalizers, and takes no new ones meanwhile', async () => {
    await apply(definition('things', 'Thing'))
    await apply(thing('one', { finalizers: ['example.com/mine'] }))
    await cluster.client.delete(CRDS, '', 'things.example.com')
    await cluster.settle()
    expect((await get('things')).metadata).toMatchObject({
      finalizers: ['customresourcecleanup.apiextensions.k8s.io'],
      generation: 1,
    })
    expect(await conditions('things')).toContain('Terminating=True InstanceDeletionInProgress')
    await expect(cluster.client.create('things.example.com', thing('two'))).rejects.toMatchObject({
      code: 403,
      message:
        'things.example.com "two" is forbidden: create not allowed while custom resource definition is terminating',
    })
    await cluster.client.modify('things.example.com', 'default', 'one', (old) => ({
      ...old,
      metadata: { ...old.metadata, finalizers: [] },
    }))
    await cluster.settle()
    await expect(get('things')).rejects.toMatchObject({ code: 404 })
  })

  it('shows stored objects by its present schema', async () => {
    await apply(definition('things', 'Thing'))
    await apply(thing('one'))
    await apply(definition('things', 'Thing', {}, { properties: { b: { type: 'integer', default: 7 } } }))
    expect(await cluster.client.get('things.example.com', 'default', 'one')).toMatchObject({ spec: { b: 7 } })
    const one = await cluster.client.get('things.example.com', 'default', 'one')
    expect((one as unknown as { spec: object }).spec).toEqual({ b: 7 })
  })

  it('lets what was wrong before stay wrong, where it does not change', async () => {
    await apply(definition('things', 'Thing'))
    await apply(thing('one', {}, { a: 'long' }))
    await apply(
      definition('things', 'Thing', {}, { properties: { a: { type: 'string', maxLength: 2 }, b: { type: 'string' } } }),
    )
    await apply(thing('one', {}, { a: 'long', b: 'new' }))
    await expect(apply(thing('one', {}, { a: 'longer' }))).rejects.toMatchObject({ code: 422 })
  })

  it('is forgotten by reset', async () => {
    await apply(definition('things', 'Thing'))
    await cluster.reset()
    await expect(cluster.client.list('things.example.com')).rejects.toMatchObject({ code: 404 })
  })

  it('ends the watches of a resource that goes, after telling of its end', async () => {
    await apply(definition('things', 'Thing'))
    await apply(thing('one'))
    const url = await cluster.listen()
    const response = await fetch(`${url}/apis/example.com/v1/things?watch=true`)
    await cluster.client.delete(CRDS, '', 'things.example.com')
    const events = (await response.text())
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).type)
    expect(events).toEqual(['ADDED', 'DELETED'])
  })
})

describe('with a data file', () => {
  it('custom resources are served again after a restart', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'kubemu-'))
    const data = join(folder, 'cluster.json')
    try {
      const first = await createCluster({ data, controllers: false, nodes: 0 })
      await first.apply([definition('things', 'Thing')] as never)
      await first.settle()
      await first.apply([thing('one')] as never)
      await first.close()
      const second = await createCluster({ data, controllers: false, nodes: 0 })
      expect(await second.client.list('things.example.com')).toHaveLength(1)
      await second.close()
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})
