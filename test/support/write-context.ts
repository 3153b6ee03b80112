/** A WriteContext for tests of hooks and admission: reads what it was given, records what was written and warned. */
import type { DynamicObject } from '../../src/apimachinery/meta.ts'
import { ALLOW_ALL } from '../../src/registry/authorization/authorizer.ts'
import type { WriteContext } from '../../src/registry/definition.ts'

export interface FakeWriteContext extends WriteContext {
  /** Keyed by resource (`pods`, `deployments.apps`), then `namespace/name` or `name`. */
  readonly objects: Map<string, Map<string, DynamicObject>>
  readonly warned: string[]
  /** What the internal writer was asked to do, in order. */
  readonly written: {
    verb: 'create' | 'update' | 'delete'
    resource: string
    subresource: string
    object: DynamicObject
  }[]
  put(resource: string, object: DynamicObject): DynamicObject
}

const NOW = Date.UTC(2026, 0, 2, 3, 4, 5)

const keyOf = (namespace: string, name: string): string => (namespace ? `${namespace}/${name}` : name)

export function fakeWriteContext(overrides: Partial<WriteContext> = {}): FakeWriteContext {
  const objects: FakeWriteContext['objects'] = new Map()
  const warned: string[] = []
  const written: FakeWriteContext['written'] = []
  let drawn = 0
  const of = (resource: string): Map<string, DynamicObject> => {
    const found = objects.get(resource) ?? new Map<string, DynamicObject>()
    objects.set(resource, found)
    return found
  }
  const put = (resource: string, object: DynamicObject): DynamicObject => {
    of(resource).set(keyOf(object.metadata.namespace ?? '', object.metadata.name ?? ''), object)
    return object
  }
  return {
    objects,
    warned,
    written,
    put,
    reader: {
      get: (resource, namespace, name) => of(resource).get(keyOf(namespace, name)) as never,
      list: (resource, namespace) =>
        [...of(resource).values()].filter((object) => !namespace || object.metadata.namespace === namespace) as never,
    },
    writer: {
      async create(resource, object) {
        written.push({ verb: 'create', resource, subresource: '', object: object as DynamicObject })
        return put(resource, object as DynamicObject)
      },
      async update(resource, namespace, name, change, subresource = '') {
        const old = of(resource).get(keyOf(namespace, name))
        if (!old) throw new Error(`no ${resource} ${keyOf(namespace, name)} to update`)
        const object = change(structuredClone(old))
        written.push({ verb: 'update', resource, subresource, object })
        return put(resource, object)
      },
      async delete(resource, namespace, name) {
        const old = of(resource).get(keyOf(namespace, name))
        if (!old) throw new Error(`no ${resource} ${keyOf(namespace, name)} to delete`)
        of(resource).delete(keyOf(namespace, name))
        written.push({ verb: 'delete', resource, subresource: '', object: old })
      },
    },
    clock: {
      now: () => NOW,
      after: () => {
        throw new Error('no timers in a write context')
      },
      nextTimer: () => undefined,
    },
    random: {
      next: () => 0.5,
      uuid: () => `00000000-0000-4000-8000-${String(++drawn).padStart(12, '0')}`,
      suffix: (length) => 'bcdfghjklm'.repeat(Math.ceil(length / 10)).slice(0, length),
      branch() {
        throw new Error('no branches in a write context')
      },
    },
    user: { username: 'admin', groups: ['system:masters', 'system:authenticated'] },
    authorizer: ALLOW_ALL,
    dryRun: false,
    subresource: '',
    settings: { serviceCidr: '10.96.0.0/12', nodePortRange: { from: 30000, to: 32767 } },
    warn: (message) => {
      warned.push(message)
    },
    ...overrides,
  }
}
