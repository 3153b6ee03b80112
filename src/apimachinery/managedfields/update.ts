/** Ownership after a write: who wrote what, and what others lose. Mirrors structured-merge-diff/merge/update.go (Update). */

import { deepEqual } from '../equality.ts'
import type { ManagedFieldsEntry, ObjectMeta } from '../meta.ts'
import { type Comparison, changedFields, compare, filterComparison, isSame } from './compare.ts'
import { compareNew } from './compare-new.ts'
import { difference, type FieldSet, intersection, union } from './field-set.ts'
import { ElementError } from './list-elements.ts'
import {
  capManagers,
  isReset,
  type Manager,
  type Managers,
  managerId,
  parseManagers,
  putSet,
  readManagers,
  writeManagers,
} from './managers.ts'
import type { KindFields, Writer } from './types.ts'

interface Tracked {
  metadata: ObjectMeta
}

/**
 * metadata.managedFields of `next`, which takes the place of `live`. `isNew`: live is the kind with nothing set. A client's own
 * managedFields in `next` count, unless they are invalid or it came through a subresource.
 */
export function trackWrite(
  kind: KindFields,
  live: Tracked,
  next: Tracked,
  writer: Writer,
  isNew: boolean,
): ManagedFieldsEntry[] | undefined {
  const before = live.metadata.managedFields
  const managers = managersBefore(kind, before, next.metadata.managedFields, writer.subresource !== '')
  if (managers.size === 0 && !isNew) return undefined
  try {
    const after = updateManagers(kind, live, next, managers, writer, isNew)
    return after === managers && managers.size === before?.length && isAllRead(managers) ? before : writeManagers(after)
  } catch (error) {
    // As upstream: a write whose fields cannot be told apart is not refused, it is just not tracked.
    if (error instanceof ElementError) return before
    throw error
  }
}

function isAllRead(managers: Managers): boolean {
  for (const { entry } of managers.values()) if (entry === undefined) return false
  return true
}

function managersBefore(
  kind: KindFields,
  live: readonly ManagedFieldsEntry[] | undefined,
  given: readonly ManagedFieldsEntry[] | undefined,
  isSubresource: boolean,
): Managers {
  if (isSubresource || given === undefined || given === live) return readManagers(live)
  if (kind.isCustom && given.length === 0) return readManagers(live)
  if (isReset(given)) return new Map()
  if (deepEqual(given, live)) return readManagers(live)
  const parsed = parseManagers(given)
  return parsed === undefined || parsed.size === 0 ? readManagers(live) : parsed
}

/** Answers `managers` itself when the write changed nothing that anyone tracks. */
export function updateManagers(
  kind: KindFields,
  live: unknown,
  next: unknown,
  managers: Managers,
  writer: Writer,
  isNew = false,
): Managers {
  const comparisons = new Comparisons(kind, live, next, writer, isNew)
  const own = comparisons.of(kind.apiVersion) as Comparison
  const after = takeAway(managers, comparisons)
  const taken = changedFields(own)
  if (taken === undefined) return after
  const identity = {
    manager: writer.manager || 'unknown',
    operation: 'Update' as const,
    apiVersion: kind.apiVersion,
    subresource: writer.subresource,
  }
  const id = managerId(identity)
  const result = after === managers ? new Map(managers) : after
  result.set(id, { ...identity, time: writer.now, set: union(taken, after.get(id)?.set) })
  capManagers(result)
  return result
}

/** The difference of a write in each version that someone manages fields in. */
export class Comparisons {
  readonly #kind: KindFields
  readonly #live: unknown
  readonly #next: unknown
  readonly #writer: Writer
  readonly #isNew: boolean
  readonly #made = new Map<string, Comparison | undefined>()

  constructor(kind: KindFields, live: unknown, next: unknown, writer: Writer, isNew = false) {
    this.#kind = kind
    this.#live = live
    this.#next = next
    this.#writer = writer
    this.#isNew = isNew
  }

  /** undefined: the kind is not served in this version (any more). */
  of(apiVersion: string): Comparison | undefined {
    if (!this.#made.has(apiVersion)) this.#made.set(apiVersion, this.#make(apiVersion))
    return this.#made.get(apiVersion)
  }

  #make(apiVersion: string): Comparison | undefined {
    const { filter } = this.#writer
    if (apiVersion === this.#kind.apiVersion) {
      if (this.#isNew) return compareNew(this.#live as object, this.#next as object, this.#kind.tracked, filter)
      return filterComparison(compare(this.#live, this.#next, this.#kind.tracked), filter)
    }
    const other = this.#kind.inVersion(apiVersion)
    if (other === undefined) return undefined
    const live = this.#kind.convert(this.#live, apiVersion)
    return filterComparison(compare(live, this.#kind.convert(this.#next, apiVersion), other.tracked), filter)
  }
}

/** What a manager loses to a write. */
export function conflictsWith({ set }: Manager, comparison: Comparison): FieldSet | undefined {
  return union(intersection(set, comparison.modified), intersection(set, comparison.added))
}

/** Managers lose what changed or went, and those that are left with nothing go; `except` keeps what it has but what went. */
export function takeAway(managers: Managers, comparisons: Comparisons, except?: string): Managers {
  let result = managers
  for (const [id, manager] of managers) {
    let left = manager.set
    if (id !== except) {
      const comparison = comparisons.of(manager.apiVersion)
      if (comparison === undefined) left = undefined
      else if (!isSame(comparison)) {
        left = difference(difference(left, conflictsWith(manager, comparison)), comparison.removed)
      }
    }
    if (left !== undefined && left === manager.set) continue
    if (result === managers) result = new Map(managers)
    putSet(result, id, manager, left)
  }
  return result
}
