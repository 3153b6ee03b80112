/**
 * The managers of an object's fields: metadata.managedFields with each entry's set at hand. Mirrors
 * apimachinery/pkg/util/managedfields/internal/{managedfields,capmanagers}.go.
 */
import type { ManagedFieldsEntry } from '../meta.ts'
import { canonicalSet, type FieldSet, union } from './field-set.ts'
import { compareText } from './path-element.ts'

export interface Manager {
  readonly manager: string
  readonly operation: 'Apply' | 'Update'
  readonly apiVersion: string
  readonly subresource: string
  readonly time?: string
  readonly set: FieldSet | undefined
  /** The entry it was read from, as long as nothing changed. */
  readonly entry?: ManagedFieldsEntry
}

/** By identity. Maps are made anew where they change. */
export type Managers = Map<string, Manager>

type Identity = Pick<Manager, 'manager' | 'operation' | 'apiVersion' | 'subresource'>

/** Appliers are the same in every version. Its order is the order of managers in messages. */
export function managerId({ manager, operation, apiVersion, subresource }: Identity): string {
  const version = operation === 'Apply' ? '' : apiVersion
  return `${manager}\u0000${operation}\u0000${version}\u0000${subresource}`
}

/** What the server wrote itself. */
export function readManagers(entries: readonly ManagedFieldsEntry[] | undefined): Managers {
  const managers: Managers = new Map()
  for (const entry of entries ?? []) {
    const read: Manager = {
      manager: entry.manager ?? '',
      operation: entry.operation ?? 'Update',
      apiVersion: entry.apiVersion ?? '',
      subresource: entry.subresource ?? '',
      time: entry.time,
      set: nonEmpty(entry.fieldsV1 as FieldSet | undefined),
      entry,
    }
    managers.set(managerId(read), read)
  }
  return managers
}

function nonEmpty(set: FieldSet | undefined): FieldSet | undefined {
  for (const _ in set) return set
  return undefined
}

/** What a client wrote; undefined when an entry is invalid. */
export function parseManagers(entries: readonly ManagedFieldsEntry[]): Managers | undefined {
  const managers: Managers = new Map()
  for (const entry of entries) {
    const { operation, apiVersion, fieldsType, fieldsV1, entry: _, ...rest } = { entry, ...entry }
    if ((operation !== 'Apply' && operation !== 'Update') || !apiVersion || fieldsType !== 'FieldsV1') return undefined
    try {
      const read: Manager = {
        manager: rest.manager ?? '',
        operation,
        apiVersion,
        subresource: rest.subresource ?? '',
        time: rest.time ?? undefined,
        set: fieldsV1 === undefined || fieldsV1 === null ? undefined : canonicalSet(fieldsV1),
      }
      managers.set(managerId(read), read)
    } catch (error) {
      if (error instanceof SyntaxError || error instanceof TypeError) return undefined
      throw error
    }
  }
  return managers
}

/** `[]` and `[{}]`: the client gives up all that is known of managers. */
export function isReset(entries: readonly ManagedFieldsEntry[] | undefined): boolean {
  if (entries === undefined || entries.length > 1) return false
  return entries.length === 0 || Object.values(entries[0]!).every((value) => value === undefined || value === null)
}

/** As the object carries it; undefined when nobody manages anything. */
export function writeManagers(managers: Managers): ManagedFieldsEntry[] | undefined {
  if (managers.size === 0) return undefined
  return [...managers.values()].map(entryOf).sort(compareEntries)
}

function entryOf({ manager, operation, apiVersion, subresource, time, set, entry }: Manager): ManagedFieldsEntry {
  if (entry !== undefined) return entry
  const made: ManagedFieldsEntry = {}
  if (manager !== '') made.manager = manager
  made.operation = operation
  made.apiVersion = apiVersion
  if (time !== undefined) made.time = time
  made.fieldsType = 'FieldsV1'
  made.fieldsV1 = set ?? {}
  if (subresource !== '') made.subresource = subresource
  return made
}

/** Appliers first, then by age, then by name. */
function compareEntries(a: ManagedFieldsEntry, b: ManagedFieldsEntry): number {
  return (
    compareText(a.operation ?? '', b.operation ?? '') ||
    (a.time === b.time ? 0 : seconds(a.time) - seconds(b.time)) ||
    compareText(a.manager ?? '', b.manager ?? '') ||
    compareText(a.apiVersion ?? '', b.apiVersion ?? '') ||
    compareText(a.subresource ?? '', b.subresource ?? '')
  )
}

function seconds(time: string | undefined): number {
  return time === undefined ? 0 : Math.floor(Date.parse(time) / 1000)
}

/** Another set for a manager; an empty one takes it out. Answers whether it is still there. */
export function putSet(managers: Managers, id: string, manager: Manager, set: FieldSet | undefined): boolean {
  if (set === undefined) managers.delete(id)
  else if (set !== manager.set) managers.set(id, { ...manager, set, entry: undefined })
  return set !== undefined
}

const MAX_UPDATE_MANAGERS = 10
const OLD_UPDATES = 'ancient-changes'

/** Keeps at most ten Update managers: the oldest of a version become one. Changes the map. */
export function capManagers(managers: Managers): void {
  if (managers.size <= MAX_UPDATE_MANAGERS) return
  const updaters = [...managers].filter(([, { operation }]) => operation === 'Update')
  let count = updaters.length
  if (count <= MAX_UPDATE_MANAGERS) return
  updaters.sort(([a, x], [b, y]) => seconds(x.time) - seconds(y.time) || compareText(a, b))
  const firsts = new Map<string, string>()
  for (const [id, { apiVersion, set, time }] of updaters) {
    if (count <= MAX_UPDATE_MANAGERS) return
    const first = firsts.get(apiVersion)
    if (first === undefined) {
      firsts.set(apiVersion, id)
      continue
    }
    const identity = { manager: OLD_UPDATES, operation: 'Update' as const, apiVersion, subresource: '' }
    const bucket = managerId(identity)
    const before = managers.get(bucket) ?? managers.get(first)
    if (!managers.has(bucket)) managers.delete(first)
    managers.delete(id)
    managers.set(bucket, { ...identity, time, set: union(set, before?.set) })
    count--
  }
}
