/** Custom resources that a webhook converts: past it, and through it. */
import { newNotFound } from '../apimachinery/errors.ts'
import type { DynamicObject } from '../apimachinery/meta.ts'
import type { ObjectStore } from './object-store.ts'
import { whenConverted } from './when-converted.ts'

/** The same objects as they are stored, whatever their version: for what looks at metadata only and cannot wait. */
export function unconverted(store: ObjectStore): ObjectStore {
  const { definition, environment, qualified } = store
  const { storage } = environment
  const find = (namespace: string, name: string): DynamicObject | undefined =>
    storage.get(definition.storagePrefix, store.name(namespace, name)) as DynamicObject | undefined
  const { conversion: _, ...hooks } = definition.hooks
  return {
    definition: { ...definition, hooks },
    environment,
    qualified,
    name: (namespace, name) => store.name(namespace, name),
    view: (stored) => stored as DynamicObject,
    toStored: (object) => object,
    zero: () => store.zero(),
    empty: () => store.empty(),
    find,
    get(namespace, name) {
      const found = find(namespace, name)
      if (!found) throw newNotFound(qualified, name)
      return found
    },
  }
}

/** What a dry run answers: what a webhook would make of the draft on the way to storage and back. Other drafts are their own answer. */
export async function asIfStored({ definition }: ObjectStore, draft: DynamicObject): Promise<DynamicObject> {
  const { conversion } = definition.hooks
  if (!conversion?.require) return draft
  const stored = await whenConverted(() => conversion.toStored(draft))
  return whenConverted(() => conversion.fromStored(stored))
}
