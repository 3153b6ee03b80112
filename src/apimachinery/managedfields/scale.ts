/** Ownership of replicas through the scale subresource, which shows another kind. Mirrors managedfields/scalehandler.go. */
import type { ManagedFieldsEntry } from '../meta.ts'
import { difference, hasPath, setOfPath } from './field-set.ts'
import { type Manager, managerId, managerOf, ownedBy, readManagers, sortedManagers } from './managers.ts'

const SCALE = 'autoscaling/v1'
const REPLICAS_IN_SCALE = ['f:spec', 'f:replicas']

/** Where replicas are in the object, in each version of its kind: `{ 'apps/v1': ['f:spec', 'f:replicas'] }`. */
export type ReplicasPaths = Readonly<Record<string, readonly string[]>>

/** managedFields of the Scale: who owns replicas in the object. */
export function scaleManagedFields(
  entries: readonly ManagedFieldsEntry[] | undefined,
  paths: ReplicasPaths,
): ManagedFieldsEntry[] | undefined {
  const managers: Manager[] = []
  for (const owner of readManagers(entries)) {
    const path = paths[owner.apiVersion ?? '']
    if (path === undefined || !hasPath(ownedBy(owner), path)) continue
    const { manager = '', operation = 'Update', subresource = '', time } = owner
    const identity = { manager, operation, apiVersion: SCALE, subresource }
    managers.push(managerOf(identity, time, setOfPath(REPLICAS_IN_SCALE)))
  }
  return sortedManagers(managers)
}

/** managedFields of the object after the Scale's became `scaled`. */
export function parentManagedFields(
  entries: readonly ManagedFieldsEntry[] | undefined,
  scaled: readonly ManagedFieldsEntry[] | undefined,
  apiVersion: string,
  paths: ReplicasPaths,
): ManagedFieldsEntry[] | undefined {
  const parents = byId(entries)
  const inScale = byId(scaled)
  const managers = new Map<string, Manager>()
  for (const [id, manager] of parents) {
    const path = paths[manager.apiVersion ?? '']
    if (path === undefined) continue
    const set = ownedBy(manager)
    const left = !hasPath(set, path) || inScale.delete(id) ? set : difference(set, setOfPath(path))
    if (left === set) managers.set(id, manager)
    else if (left !== undefined) managers.set(id, { ...manager, fieldsV1: left })
  }
  for (const [id, scaler] of inScale) {
    if (!hasPath(ownedBy(scaler), REPLICAS_IN_SCALE)) continue
    const { manager = '', operation = 'Update', subresource = '' } = scaler
    const set = setOfPath(paths[apiVersion] ?? [])
    managers.set(id, managerOf({ manager, operation, apiVersion, subresource }, parents.get(id)?.time, set))
  }
  return sortedManagers([...managers.values()])
}

function byId(managers: readonly Manager[] = []): Map<string, Manager> {
  return new Map(managers.map((manager) => [managerId(manager), manager]))
}
