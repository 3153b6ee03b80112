/** Ownership of replicas through the scale subresource, which shows another kind. Mirrors managedfields/scalehandler.go. */
import type { ManagedFieldsEntry } from '../meta.ts'
import { difference, hasPath, setOfPath } from './field-set.ts'
import { type Managers, putSet, readManagers, writeManagers } from './managers.ts'

const SCALE = 'autoscaling/v1'
const REPLICAS_IN_SCALE = ['f:spec', 'f:replicas']

/** Where replicas are in the object, in each version of its kind: `{ 'apps/v1': ['f:spec', 'f:replicas'] }`. */
export type ReplicasPaths = Readonly<Record<string, readonly string[]>>

/** managedFields of the Scale: who owns replicas in the object. */
export function scaleManagedFields(
  entries: readonly ManagedFieldsEntry[] | undefined,
  paths: ReplicasPaths,
): ManagedFieldsEntry[] | undefined {
  const managers: Managers = new Map()
  for (const [id, manager] of readManagers(entries)) {
    const path = paths[manager.apiVersion]
    if (path === undefined || !hasPath(manager.set, path)) continue
    managers.set(id, { ...manager, apiVersion: SCALE, set: setOfPath(REPLICAS_IN_SCALE), entry: undefined })
  }
  return writeManagers(managers)
}

/** managedFields of the object after the Scale's became `scaled`. */
export function parentManagedFields(
  entries: readonly ManagedFieldsEntry[] | undefined,
  scaled: readonly ManagedFieldsEntry[] | undefined,
  apiVersion: string,
  paths: ReplicasPaths,
): ManagedFieldsEntry[] | undefined {
  const parents = readManagers(entries)
  const inScale = readManagers(scaled)
  const managers: Managers = new Map()
  for (const [id, manager] of parents) {
    const path = paths[manager.apiVersion]
    if (path === undefined) continue
    managers.set(id, manager)
    if (!hasPath(manager.set, path)) continue
    if (inScale.has(id)) inScale.delete(id)
    else putSet(managers, id, manager, difference(manager.set, setOfPath(path)))
  }
  for (const [id, manager] of inScale) {
    if (!hasPath(manager.set, REPLICAS_IN_SCALE)) continue
    const set = setOfPath(paths[apiVersion] ?? [])
    managers.set(id, { ...manager, apiVersion, set, time: parents.get(id)?.time, entry: undefined })
  }
  return writeManagers(managers)
}
