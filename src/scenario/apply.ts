/** Applies fixture objects: creates what is not there, merges into what is. */
import { isStatusError, newBadRequest } from '../apimachinery/errors.ts'
import type { DynamicObject, KubeObject } from '../apimachinery/meta.ts'
import { applyMergePatch } from '../apimachinery/patch/merge.ts'
import { decodeStrictValue } from '../registry/decode.ts'
import type { UserInfo } from '../registry/definition.ts'
import type { Registry } from '../registry/registry.ts'
import { type Fixture, FixtureError } from './fixtures.ts'

/**
 * In order, each through its store. Namespaced objects without a namespace go to `default`. Unknown fields are refused. A `status` of a
 * new object is written through /status after the create, so that a fixture can hold state. Rejects with the StatusError of the first that fails.
 */
export async function applyObjects(
  registry: Registry,
  objects: readonly KubeObject[],
  user: UserInfo,
): Promise<KubeObject[]> {
  const applied: KubeObject[] = []
  const uids: Uids = new Map()
  for (const object of objects) applied.push(await applyObject(registry, object as DynamicObject, user, uids))
  return applied
}

/** As applyObjects; a failure is a FixtureError that says which object of which file it was. */
export async function applyFixtures(registry: Registry, fixtures: readonly Fixture[], user: UserInfo): Promise<void> {
  const uids: Uids = new Map()
  for (const { object, where } of fixtures) {
    try {
      await applyObject(registry, object as DynamicObject, user, uids)
    } catch (error) {
      if (!isStatusError(error)) throw error
      throw new FixtureError(
        `${where} (${object.kind} ${JSON.stringify(object.metadata.name ?? '')}): ${error.message}`,
        { cause: error },
      )
    }
  }
}

/** uid that a fixture has -> uid of what was made of it. Each object gets a new one; references within the fixtures follow. */
type Uids = Map<string, string>

async function applyObject(
  registry: Registry,
  fixture: DynamicObject,
  user: UserInfo,
  uids: Uids,
): Promise<KubeObject> {
  const applied = await applyDraft(registry, withNewUids(fixture, uids), user)
  const { uid } = fixture.metadata
  if (typeof uid === 'string') uids.set(uid, applied.metadata.uid ?? '')
  return applied
}

/** Wherever they stand: in owner references, claims, the labels and selectors of a Job's pods. */
function withNewUids(fixture: DynamicObject, uids: Uids): DynamicObject {
  const { uid, ...metadata } = fixture.metadata
  const object = uid === undefined ? fixture : { ...fixture, metadata }
  return uids.size === 0 ? object : (replaced(object, uids) as DynamicObject)
}

function replaced(value: unknown, uids: Uids): unknown {
  if (typeof value === 'string') return uids.get(value) ?? value
  if (Array.isArray(value)) return value.map((element) => replaced(element, uids))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, replaced(member, uids)]))
}

async function applyDraft(registry: Registry, object: DynamicObject, user: UserInfo): Promise<KubeObject> {
  // Definitions that came just before may define what comes now.
  await registry.customResources.idle()
  const store = registry.storeForKind(object.apiVersion, object.kind)
  if (!store)
    throw newBadRequest(
      `no matches for kind ${JSON.stringify(object.kind)} in version ${JSON.stringify(object.apiVersion)}`,
    )
  const namespace = store.definition.namespaced ? object.metadata.namespace || 'default' : ''
  const name = object.metadata.name ?? ''
  const request = { namespace, user, fieldManager: 'kubemu' }
  // What the caller gave is looked at closely; what is merged from it later is known to be good.
  const draft = decodeStrictValue(registry, store.definition, object)
  if (name === '' || !store.unconverted.find(namespace, name)) {
    const created = await store.create(draft, request)
    const hasStatus =
      object.status !== undefined && store.definition.subresources?.some((door) => door.name === 'status')
    if (!hasStatus) return created
    const withStatus = (old?: DynamicObject) => store.decode({ ...old, status: object.status })
    return (await store.update(created.metadata.name ?? '', withStatus, { ...request, subresource: 'status' })).object
  }
  const merged = (old?: DynamicObject) => store.decode(applyMergePatch(old as never, object as never))
  return (await store.update(name, merged, request)).object
}
