/** Ownership after a write: who wrote what, and what others lose. Mirrors structured-merge-diff/merge/update.go (Update). */

import { deepEqual } from '../equality.ts'
import type { ManagedFieldsEntry, ObjectMeta } from '../meta.ts'
import { type Comparison, compare, filterComparison, isSame } from './compare.ts'
import { compareNew } from './compare-new.ts'
import { difference, type FieldSet, intersection, union } from './field-set.ts'
import { ElementError } from './list-elements.ts'
import {
  cappedManagers,
  isReset,
  type Manager,
  type Managers,
  managerOf,
  ownedBy,
  parseManagers,
  placeOf,
  readManagers,
  sortedManagers,
  withManager,
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
  if (managers.length === 0 && !isNew) return undefined
  try {
    const after = updateManagers(kind, live, next, managers, writer, isNew)
    return after === before ? before : sortedManagers(after)
  } catch (error) {
    // As upstream: a write whose fields cannot be told apart is not refused, it is just not tracked.
    if (error instanceof ElementError) return before
    throw error
  }
}

function managersBefore(
  kind: KindFields,
  live: readonly ManagedFieldsEntry[] | undefined,
  given: readonly ManagedFieldsEntry[] | undefined,
  isSubresource: boolean,
): Managers {
  if (isSubresource || given === undefined || given === live) return readManagers(live)
  if (kind.isCustom && given.length === 0) return readManagers(live)
  if (isReset(given)) return []
  if (deepEqual(given, live)) return readManagers(live)
  const parsed = parseManagers(given)
  return parsed === undefined || parsed.length === 0 ? readManagers(live) : parsed
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
  const { added, modified } = comparisons.of(kind.apiVersion) as Comparison
  const after = takeAway(managers, comparisons)
  if (added === undefined && modified === undefined) return after
  const identity = {
    manager: writer.manager || 'unknown',
    operation: 'Update' as const,
    apiVersion: kind.apiVersion,
    subresource: writer.subresource,
  }
  const place = placeOf(after, identity)
  // What is modified is often owned already, so that little is left to be made.
  const set = union(union(ownedBy(after[place]), modified), added)
  return cappedManagers(withManager(after, place, managerOf(identity, writer.now, set)))
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
export function conflictsWith(manager: Manager, { modified, added }: Comparison): FieldSet | undefined {
  const set = ownedBy(manager)
  return union(intersection(set, modified), intersection(set, added))
}

/** Managers lose what changed or went, and those that are left with nothing go; `except` keeps what it has. */
export function takeAway(managers: Managers, comparisons: Comparisons, except?: Manager): Managers {
  let result = managers
  for (const manager of managers) {
    const set = ownedBy(manager)
    const left = manager === except ? set : leftOf(manager, set, comparisons)
    if (left !== undefined && left === set) continue
    const place = result.indexOf(manager)
    result =
      left === undefined ? result.toSpliced(place, 1) : withManager(result, place, { ...manager, fieldsV1: left })
  }
  return result
}

function leftOf(manager: Manager, set: FieldSet | undefined, comparisons: Comparisons): FieldSet | undefined {
  const comparison = comparisons.of(manager.apiVersion ?? '')
  if (comparison === undefined || isSame(comparison)) return comparison && set
  return difference(difference(set, conflictsWith(manager, comparison)), comparison.removed)
}
