import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { loadFacts } from '../../src/apimachinery/schema/load-facts.ts'
import { type Cluster, createCluster } from '../../src/cluster.ts'
import { resources } from '../../src/registry/resources.ts'
import { minimalOf, ResourceClient, storedResourceTests } from './resource.ts'

let cluster: Cluster
let url: string

beforeAll(async () => {
  cluster = await createCluster({ controllers: false, nodes: 0, disableAdmissionPlugins: ['ServiceAccount'] })
  url = await cluster.listen()
})
afterAll(() => cluster.close())

const facts = resources.map((row) => {
  const fact = loadFacts().resources.find(
    ({ group, version, resource }) => group === row.group && version === row.version && resource === row.resource,
  )
  if (!fact) throw new Error(`no facts for ${row.resource} in ${row.group}/${row.version}`)
  return fact
})
const named = facts.map((fact) => [`${fact.resource} ${fact.group}/${fact.version}`, fact] as const)
/** The server writes to these by itself: registry/apiextensions tests them. */
const LIVE = 'customresourcedefinitions'
/** Posted to through another object, or answered from the process itself. */
const WITHOUT_MINIMAL = ['bindings', 'componentstatuses', 'podcertificaterequests']

it('the table has a row for everything that upstream serves', () => {
  const keys = (list: readonly { group: string; version: string; resource: string }[]) =>
    list.map(({ group, version, resource }) => `${group}/${version}/${resource}`).sort()
  expect(keys(resources)).toEqual(keys(loadFacts().resources))
})

describe.each(named.filter(([, fact]) => fact.verbs.includes('update') && minimalOf(fact) && fact.resource !== LIVE))(
  '%s',
  (_, fact) => {
    storedResourceTests(() => new ResourceClient(url, fact, minimalOf(fact)!))
  },
)

describe.each(named.filter(([, fact]) => !fact.verbs.includes('update') && minimalOf(fact)))('%s', (_, fact) => {
  it('POST answers, and nothing is stored', async () => {
    const client = new ResourceClient(url, fact, minimalOf(fact)!)
    const { status, body } = await client.send('POST', client.collection, client.minimal)
    expect([status, body.kind]).toEqual([201, fact.kind])
    expect(body['status']).toBeDefined()
    expect((await client.send('GET', client.collection)).status).toBe(405)
    expect((await client.send('GET', client.item)).status).toBe(404)
  })
})

it('every row but some has a minimal object', () => {
  expect(facts.filter((fact) => !minimalOf(fact)).map(({ resource }) => resource)).toEqual(WITHOUT_MINIMAL)
})
