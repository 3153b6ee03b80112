import { afterEach, expect, it } from 'vitest'
import { realClock } from '../../src/apimachinery/clock.ts'
import type { DynamicObject, KubeObject } from '../../src/apimachinery/meta.ts'
import { seededRandom } from '../../src/apimachinery/random.ts'
import { loadFacts } from '../../src/apimachinery/schema/load-facts.ts'
import { Schemas } from '../../src/apimachinery/schema/schema.ts'
import { SYSTEM_USER } from '../../src/registry/environment.ts'
import { Registry } from '../../src/registry/registry.ts'
import { resources } from '../../src/registry/resources.ts'
import { StorageError, type StorageErrorCode } from '../../src/storage/interface.ts'
import { MemoryStorage } from '../../src/storage/memory.ts'

const SERVICES = '/registry/services/specs/'

/** Services are stored, or not, and then the answer is an error: as etcd's may be. */
class Unanswering extends MemoryStorage {
  failure: { code: StorageErrorCode; stores: boolean } | undefined

  override create(prefix: string, name: string, object: KubeObject): KubeObject {
    if (prefix !== SERVICES || !this.failure) return super.create(prefix, name, object)
    if (this.failure.stores) super.create(prefix, name, object)
    throw new StorageError(this.failure.code, 'context deadline exceeded')
  }
}

let registry: Registry | undefined
afterEach(() => registry?.close())

it.each([
  ['is kept when nobody knows whether the Service was stored, and it was', 'Timeout', true, 1],
  ['is kept when nobody knows whether the Service was stored, and it was not', 'Failed', false, 1],
  ['is given back when the Service was certainly not stored', 'Unavailable', false, 0],
] as const)('the address of a Service %s', async (_, code, stores, addresses) => {
  const facts = loadFacts()
  const storage = new Unanswering()
  registry = new Registry({
    facts,
    schemas: new Schemas(facts),
    rows: resources,
    storage,
    clock: realClock(),
    random: seededRandom(1),
    settings: { serviceCidr: '10.96.0.0/16', nodePortRange: { from: 30000, to: 32767 } },
    admission: { disable: ['NamespaceLifecycle'] },
  })
  storage.failure = { code, stores }
  const store = registry.store('services')
  const draft = store.decode({ metadata: { name: 'web' }, spec: { ports: [{ port: 80 }] } } as unknown as DynamicObject)
  const created = store.create(draft, { namespace: 'default', user: SYSTEM_USER })
  await expect(created).rejects.toMatchObject({ code })
  expect(storage.count('/registry/ipaddresses/')).toBe(addresses)
})
