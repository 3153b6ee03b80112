/** Registries of two processes on one etcd give no address and no port twice. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { realClock } from '../../../src/apimachinery/clock.ts'
import { isStatusError } from '../../../src/apimachinery/errors.ts'
import { systemRandom } from '../../../src/apimachinery/random.ts'
import { loadFacts } from '../../../src/apimachinery/schema/load-facts.ts'
import { Schemas } from '../../../src/apimachinery/schema/schema.ts'
import type { Client } from '../../../src/controllers/client.ts'
import { createLocalClient } from '../../../src/local-client.ts'
import { SYSTEM_USER } from '../../../src/registry/environment.ts'
import { Registry } from '../../../src/registry/registry.ts'
import { resources } from '../../../src/registry/resources.ts'
import { type EtcdStorage, openEtcd } from '../../../src/storage/etcd/etcd.ts'
import type { Service } from '../../../src/types/core-v1.ts'
import { type EtcdServer, startEtcd } from './etcd-server.ts'

const PORTS = { from: 30000, to: 30063 }
let etcd: EtcdServer
const storages: EtcdStorage[] = []
const clients: Client[] = []

beforeAll(async () => {
  etcd = await startEtcd()
  const facts = loadFacts()
  for (let i = 0; i < 2; i++) {
    const storage = await openEtcd({ endpoints: [etcd.endpoint], shallow: ['/registry/namespaces/'] })
    storages.push(storage)
    const registry = new Registry({
      facts,
      schemas: new Schemas(facts),
      rows: resources,
      storage,
      clock: realClock(),
      random: systemRandom(),
      settings: { serviceCidr: '10.0.0.0/24', nodePortRange: PORTS },
    })
    clients.push(createLocalClient(registry, SYSTEM_USER))
  }
  await clients[0].create('namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'default' } })
})
afterAll(async () => {
  for (const storage of storages) await storage.close()
  await etcd.stop()
})

const service = (name: string, nodePort?: number): Service =>
  ({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace: 'default' },
    spec: { type: 'NodePort', ports: [{ port: 80, nodePort }] },
  }) as Service
const portOf = ({ spec }: Service): number | undefined => spec?.ports?.[0].nodePort

test('sixty-four Services that come at the same time have sixty-four ports, and there is no other', async () => {
  await expect.poll(() => clients[1].list('namespaces')).toHaveLength(1)
  const size = PORTS.to - PORTS.from + 1
  const created = await Promise.all(
    Array.from({ length: size }, (_, i) => clients[i % 2].create<Service>('services', service(`web-${i}`))),
  )
  expect(new Set(created.map(portOf)).size).toBe(size)
  expect(new Set(created.map(({ spec }) => spec?.clusterIP)).size).toBe(size)
  await expect(clients[0].create('services', service('late'))).rejects.toThrow('range is full')
  await Promise.all(created.map(({ metadata }, i) => clients[i % 2].delete('services', 'default', metadata.name ?? '')))
  await expect.poll(() => clients[0].list('services')).toHaveLength(0)
  await expect.poll(() => clients[1].list('services')).toHaveLength(0)
})

test('of two that ask for one port at the same time one gets it', async () => {
  for (let i = 0; i < 20; i++) {
    const outcomes = await Promise.allSettled(
      clients.map((client, side) => client.create<Service>('services', service(`asked-${i}-${side}`, PORTS.from + i))),
    )
    const refused = outcomes.flatMap((each) => (each.status === 'rejected' ? [each.reason] : []))
    expect(refused).toHaveLength(1)
    expect(isStatusError(refused[0], 'Invalid') && refused[0].message).toContain('provided port is already allocated')
  }
})
