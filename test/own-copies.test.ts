/** What a caller in this process hands in stays its own: what it writes to it afterwards reaches no stored object. */
import { expect, test } from 'vitest'
import { createCluster } from '../src/index.ts'

const FOO = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'foos.example.com' },
  spec: {
    group: 'example.com',
    scope: 'Namespaced',
    names: { plural: 'foos', singular: 'foo', kind: 'Foo', listKind: 'FooList' },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
      },
    ],
  },
}

const CASES = [
  ['a field that the schema of a custom resource keeps', 'foos.example.com', 'example.com/v1', 'Foo', 'spec'],
  ['raw JSON', 'controllerrevisions.apps', 'apps/v1', 'ControllerRevision', 'data'],
] as const

test.each(CASES)('%s is the stored object’s own', async (_what, resource, apiVersion, kind, field) => {
  await using cluster = await createCluster({ nodes: 0 })
  const { client } = cluster
  await cluster.apply(FOO as never)
  await cluster.settle()
  const object = (name: string) => ({
    apiVersion,
    kind,
    revision: 1,
    metadata: { name, namespace: 'default' },
    [field]: { deep: { x: 1 } },
  })
  const given = object('one')
  await client.create(resource, given as never)
  await client.create(resource, object('two') as never)
  ;(given[field] as { deep: { x: number } }).deep.x = 2
  for (const name of ['one', 'two']) {
    expect(await client.get(resource, 'default', name)).toMatchObject({ [field]: { deep: { x: 1 } } })
  }
})
