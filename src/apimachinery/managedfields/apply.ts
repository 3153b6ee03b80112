/** Server-side apply: merge, conflicts, pruning, ownership. Mirrors structured-merge-diff/merge/update.go (Apply) and managedfields/internal. */
import { deepEqual } from '../equality.ts'
import { newBadRequest, newUnknownError } from '../errors.ts'
import { type DynamicObject, parseGroupVersion } from '../meta.ts'
import { type Conflict, conflictError, managersInConflict } from './conflicts.ts'
import { difference, type FieldSet } from './field-set.ts'
import { saidFields } from './field-sets-of-values.ts'
import { LAST_APPLIED, lastAppliedOf, unchangedSinceLastApply } from './last-applied.ts'
import {
  type Identity,
  type Manager,
  type Managers,
  managerOf,
  ownedBy,
  placeOf,
  readManagers,
  sortedManagers,
  withManager,
} from './managers.ts'
import { mergeValues } from './merge.ts'
import { UNTRACKED_SET } from './merge-node.ts'
import { prune } from './prune.ts'
import type { KindFields, Writer } from './types.ts'
import { Comparisons, takeAway, updateManagers } from './update.ts'
import { validateConfiguration, validationText } from './validate.ts'

const BEFORE_FIRST_APPLY = 'before-first-apply'
/** The manager whose applies take over from its own client-side applies. */
const KUBECTL = 'kubectl'

export interface Applied {
  /** The new object, not yet decoded; the live one when the configuration changes nothing. Its managedFields are set. */
  object: DynamicObject
  changed: boolean
}

/**
 * Puts a configuration over the live object (`zero`: the kind with nothing set, which live is when the object is new). Throws 409 with the
 * conflicts unless forced, 400 and 500 for a configuration that is none. Its kind was checked.
 */
export function applyConfiguration(
  kind: KindFields,
  live: DynamicObject,
  zero: DynamicObject,
  config: DynamicObject,
  writer: Writer,
  force: boolean,
): Applied {
  checkConfiguration(kind, config)
  let managers = readManagers(live.metadata.managedFields)
  if (managers.length === 0) {
    const first = { ...writer, manager: BEFORE_FIRST_APPLY }
    managers = updateManagers(kind, zero, live, managers, first)
  }
  const merged = mergeAndPrune(kind, live, config, managers, writer)
  const comparisons = new Comparisons(kind, live, merged.object, writer)
  const found = force ? [] : managersInConflict(merged.managers, merged.own, comparisons)
  const conflicts = writer.manager === KUBECTL ? withoutOwn(kind, live, found) : found
  if (conflicts.length > 0) throw conflictError(conflicts)
  const changed = !deepEqual(live, merged.object)
  const after = ownedAfter(merged, comparisons, changed ? writer.now : undefined)
  return { object: finished(changed ? merged.object : live, config, after, writer), changed }
}

/** `time`: of the write; undefined when it changed nothing. */
function ownedAfter({ managers, own, identity }: Merged, comparisons: Comparisons, time: string | undefined): Managers {
  const after = takeAway(managers, comparisons, own)
  const place = after.indexOf(own)
  const set = difference(ownedBy(own), UNTRACKED_SET as FieldSet)
  if (place < 0) return after
  if (set === undefined) return after.toSpliced(place, 1)
  return withManager(after, place, managerOf(identity, time ?? own.time, set))
}

function checkConfiguration(kind: KindFields, config: DynamicObject): void {
  if (config.metadata?.managedFields != null) throw newBadRequest('metadata.managedFields must be nil')
  const errors = validateConfiguration(config, kind.whole)
  if (errors.length === 0) return
  const said: Record<string, unknown> = { ...config.metadata }
  const text = (field: string): string => (typeof said[field] === 'string' ? said[field] : '')
  const { group, version } = parseGroupVersion(kind.apiVersion)
  throw newUnknownError(
    `failed to create typed patch object (${text('namespace')}/${text('name')}; ${group}/${version}, Kind=${config.kind}): ${validationText(errors)}`,
  )
}

interface Merged {
  object: DynamicObject
  /** With what the applier says now. */
  managers: Managers
  /** The applier, one of them. */
  own: Manager
  identity: Identity
}

function mergeAndPrune(
  kind: KindFields,
  live: DynamicObject,
  config: DynamicObject,
  before: Managers,
  writer: Writer,
): Merged {
  const object = mergeValues(live, config, kind.whole)
  const said = saidFields(config, kind.whole)
  const identity = {
    manager: writer.manager,
    operation: 'Apply' as const,
    apiVersion: kind.apiVersion,
    subresource: writer.subresource,
  }
  const place = placeOf(before, identity)
  const last = before[place]
  const own = managerOf(identity, last?.time, writer.filter ? writer.filter(said) : said)
  const managers = withManager(before, place, own)
  return { object: prune(kind, object, last, managers) as DynamicObject, managers, own, identity }
}

function withoutOwn(kind: KindFields, live: DynamicObject, conflicts: Conflict[]): Conflict[] {
  if (conflicts.length === 0) return conflicts
  const allowed = unchangedSinceLastApply(kind, live)
  if (allowed === undefined) return conflicts
  return conflicts
    .map(({ manager, set }) => ({ manager, set: difference(set, allowed) }))
    .filter((conflict): conflict is Conflict => conflict.set !== undefined)
}

function finished(object: DynamicObject, config: DynamicObject, managers: Managers, writer: Writer): DynamicObject {
  const metadata = { ...object.metadata }
  const managedFields = sortedManagers(managers)
  if (managedFields === undefined) delete metadata.managedFields
  else metadata.managedFields = managedFields
  if (writer.manager === KUBECTL && metadata.annotations?.[LAST_APPLIED]) {
    metadata.annotations = { ...metadata.annotations, ...lastAppliedOf(config) }
  }
  return { ...object, metadata }
}
