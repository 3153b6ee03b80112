/**
 * The managers of an object's fields. They are the entries of metadata.managedFields themselves, so that nothing is read and nothing written.
 * Mirrors apimachinery/pkg/util/managedfields/internal/{managedfields,capmanagers}.go.
 */
import type { ManagedFieldsEntry } from '../meta.ts'
import { canonicalSet, type FieldSet, union } from './field-set.ts'
import { compareText } from './path-element.ts'

/** Of the server's own making: complete, with a canonical set. Never changes. */
export type Manager = ManagedFieldsEntry

/** One of each identity. */
export type Managers = readonly Manager[]

export interface Identity {
  readonly manager: string
  readonly operation: 'Apply' | 'Update'
  readonly apiVersion: string
  readonly subresource: string
}

/** What a manager owns. */
export function ownedBy(manager: Manager | undefined): FieldSet | undefined {
  const set = manager?.fieldsV1 as FieldSet | undefined
  for (const _ in set) return set
  return undefined
}

/** Appliers are the same in every version. Its order is the order of managers in messages. */
export function managerId({ manager = '', operation = 'Update', apiVersion = '', subresource = '' }: Manager): string {
  const version = operation === 'Apply' ? '' : apiVersion
  return `${manager}\u0000${operation}\u0000${version}\u0000${subresource}`
}

const NOBODY: Managers = []

/** Of entries with one identity, which writes of a Scale leave behind, the last counts. Nearly always answers what it is given. */
export function readManagers(entries: readonly ManagedFieldsEntry[] = NOBODY): Managers {
  const isLast = (entry: Manager, i: number): boolean => !entries.some((other, j) => j > i && isSame(entry, other))
  return entries.every(isLast) ? entries : entries.filter(isLast)
}

function isSame(a: Manager, b: Manager): boolean {
  if (a.operation !== b.operation || (a.operation !== 'Apply' && a.apiVersion !== b.apiVersion)) return false
  return (a.manager ?? '') === (b.manager ?? '') && (a.subresource ?? '') === (b.subresource ?? '')
}

/** The place of who has this identity; -1: nobody. */
export function placeOf(managers: Managers, identity: Identity): number {
  for (let i = 0; i < managers.length; i++) if (isSame(managers[i]!, identity)) return i
  return -1
}

/** A manager as the object carries it. */
export function managerOf(
  { manager, operation, apiVersion, subresource }: Identity,
  time: string | undefined,
  set: FieldSet | undefined,
): Manager {
  const fieldsV1 = set ?? {}
  // Made whole: members that come one by one cost more than all that is in them.
  const made: Manager =
    subresource === ''
      ? { manager, operation, apiVersion, time, fieldsType: 'FieldsV1', fieldsV1 }
      : { manager, operation, apiVersion, time, fieldsType: 'FieldsV1', fieldsV1, subresource }
  if (manager === '') delete made.manager
  if (time === undefined) delete made.time
  return made
}

/** With a manager in its place, or behind the others. */
export function withManager(managers: Managers, place: number, manager: Manager): Manager[] {
  const all = managers.slice()
  all[place < 0 ? all.length : place] = manager
  return all
}

/** What a client wrote; undefined when an entry is invalid. */
export function parseManagers(entries: readonly ManagedFieldsEntry[]): Managers | undefined {
  let managers: Managers = []
  for (const { manager, operation, apiVersion, subresource, time, fieldsType, fieldsV1 } of entries) {
    if ((operation !== 'Apply' && operation !== 'Update') || !apiVersion || fieldsType !== 'FieldsV1') return undefined
    try {
      const identity = { manager: manager ?? '', operation, apiVersion, subresource: subresource ?? '' }
      const set = fieldsV1 === undefined || fieldsV1 === null ? undefined : canonicalSet(fieldsV1)
      managers = withManager(managers, placeOf(managers, identity), managerOf(identity, time ?? undefined, set))
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

/** As the object carries them; undefined when nobody manages anything. */
export function sortedManagers(managers: Managers): ManagedFieldsEntry[] | undefined {
  return managers.length === 0 ? undefined : managers.toSorted(compareManagers)
}

/** Appliers first, then by age, then by name. */
function compareManagers(a: Manager, b: Manager): number {
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

const MAX_UPDATE_MANAGERS = 10
const OLD_UPDATES = 'ancient-changes'

/** Keeps at most ten Update managers: the oldest of a version become one. */
export function cappedManagers(managers: Managers): Managers {
  if (managers.length <= MAX_UPDATE_MANAGERS) return managers
  const updaters = managers.filter(({ operation }) => operation === 'Update')
  let count = updaters.length
  if (count <= MAX_UPDATE_MANAGERS) return managers
  let left = managers
  const firsts = new Map<string, Manager>()
  for (const old of updaters.sort(compareManagers)) {
    if (count <= MAX_UPDATE_MANAGERS) break
    const { apiVersion = '', time } = old
    const first = firsts.get(apiVersion)
    if (first === undefined) {
      firsts.set(apiVersion, old)
      continue
    }
    const identity = { manager: OLD_UPDATES, operation: 'Update' as const, apiVersion, subresource: '' }
    const place = placeOf(left, identity)
    const before = place < 0 ? first : left[place]
    const bucket = managerOf(identity, time, union(ownedBy(old), ownedBy(before)))
    left = [...left.filter((one) => one !== old && one !== before), bucket]
    count--
  }
  return left
}
