/** Deletion: preconditions, grace, finalizers, propagation. Mirrors generic/registry/store.go (Delete) and rest/delete.go (BeforeDelete). */
import { formatTime } from '../apimachinery/clock.ts'
import { newConflict } from '../apimachinery/errors.ts'
import type { DynamicObject, KubeObject } from '../apimachinery/meta.ts'
import { StorageError } from '../storage/interface.ts'
import type { WriteContext } from './definition.ts'
import type { WriteRequest } from './environment.ts'
import { FOREGROUND_FINALIZER, ORPHAN_FINALIZER } from './object-meta.ts'
import type { ObjectStore } from './object-store.ts'
import { whenConverted } from './when-converted.ts'

export interface DeleteOptions {
  gracePeriodSeconds?: number
  preconditions?: { uid?: string; resourceVersion?: string }
  propagationPolicy?: string
  orphanDependents?: boolean
}

export interface DeleteResult {
  object: DynamicObject
  /** Gone from storage; false: it lives on with a deletionTimestamp, for its grace or its finalizers. */
  deleted: boolean
}

/** What the deletion makes of an object that is there. */
interface Plan {
  next: DynamicObject
  remove: boolean
}

export async function deleteObject(
  store: ObjectStore,
  name: string,
  options: DeleteOptions,
  request: WriteRequest,
): Promise<DeleteResult> {
  const { definition, environment } = store
  const context = environment.writeContext(request)
  const key = store.name(request.namespace, name)
  for (;;) {
    const found = whenConverted(() => store.get(request.namespace, name))
    const old = found instanceof Promise ? await found : found
    const admission = {
      operation: 'DELETE' as const,
      definition,
      subresource: '',
      namespace: request.namespace,
      // As upstream: of a collection's objects admission is told no name.
      name: request.inCollection ? '' : name,
      old,
    }
    const admitted = environment.admission.admit(admission, context)
    if (admitted) await admitted
    const refused = definition.hooks.beforeDelete?.(old, context)
    if (refused) await refused
    checkPreconditions(store, old, options)
    const validated = environment.admission.validate(admission, context)
    if (validated) await validated
    const stored = environment.storage.get(definition.storagePrefix, key)
    if (stored?.metadata.resourceVersion !== old.metadata.resourceVersion || !stored) continue
    const plan = planDeletion(store, old, options, context)
    try {
      let current: KubeObject = stored
      if (plan.next !== old) {
        if (context.dryRun) return { object: plan.next, deleted: plan.remove }
        const version = stored.metadata.resourceVersion ?? ''
        const form = whenConverted(() => store.toStored(plan.next))
        const next = form instanceof Promise ? await form : form
        const written = environment.storage.update(definition.storagePrefix, key, next, version)
        current = written instanceof Promise ? await written : written
        environment.committed(definition, current)
      }
      const view = whenConverted(() => store.view(current))
      const shown = view instanceof Promise ? await view : view
      if (!plan.remove) return { object: shown, deleted: false }
      return { object: await removeObject(store, current, shown, context), deleted: true }
    } catch (error) {
      if (!(error instanceof StorageError) || (error.code !== 'Conflict' && error.code !== 'NotFound')) throw error
    }
  }
}

/** Takes an object out of storage and lets the kind release what it held. Answers its last state. A dry run changes nothing. */
export async function removeObject(
  store: ObjectStore,
  stored: KubeObject,
  last: DynamicObject,
  context: WriteContext,
): Promise<DynamicObject> {
  if (context.dryRun) return last
  const { definition, environment } = store
  const name = store.name(last.metadata.namespace ?? '', last.metadata.name ?? '')
  const version = stored.metadata.resourceVersion ?? ''
  // Nothing changed: what another process would have to convert is what is stored.
  const next = definition.hooks.conversion?.require ? stored : store.toStored(last)
  const removed = environment.storage.delete(definition.storagePrefix, name, next, version)
  const final = removed instanceof Promise ? await removed : removed
  const released = definition.hooks.afterDelete?.(last, context)
  if (released) await released
  return whenConverted(() => store.view(final))
}

function checkPreconditions(store: ObjectStore, old: DynamicObject, { preconditions }: DeleteOptions): void {
  if (store.definition.storagePrefix === '/registry/namespaces/') {
    checkNamespacePreconditions(store, old, preconditions)
    return
  }
  const { group, kind } = store.definition
  const name = old.metadata.name ?? ''
  // The real server names the Kind here, and the plural in other conflicts.
  const of = { group, resource: kind }
  if (preconditions?.uid !== undefined && preconditions.uid !== old.metadata.uid) {
    throw newConflict(
      of,
      name,
      `the UID in the precondition (${preconditions.uid}) does not match the UID in record (${old.metadata.uid}). The object might have been deleted and then recreated`,
    )
  }
  const version = preconditions?.resourceVersion
  if (version !== undefined && version !== old.metadata.resourceVersion) {
    throw newConflict(
      of,
      name,
      `the ResourceVersion in the precondition (${version}) does not match the ResourceVersion in record (${old.metadata.resourceVersion}). The object might have been modified`,
    )
  }
}

/** Namespaces look before the generic store does, and say it in other words. */
function checkNamespacePreconditions(
  { qualified }: ObjectStore,
  { metadata }: DynamicObject,
  preconditions: DeleteOptions['preconditions'],
): void {
  const pairs = [
    ['UID', preconditions?.uid, metadata.uid],
    ['ResourceVersion', preconditions?.resourceVersion, metadata.resourceVersion],
  ] as const
  for (const [what, wanted, found] of pairs) {
    if (wanted === undefined || wanted === found) continue
    const why = `Precondition failed: ${what} in precondition: ${wanted}, ${what} in object meta: ${found}`
    throw newConflict(qualified, metadata.name ?? '', why)
  }
}

function planDeletion(store: ObjectStore, old: DynamicObject, options: DeleteOptions, context: WriteContext): Plan {
  const graceful = planGrace(store, old, options, context)
  if (graceful === 'pending') return { next: old, remove: false }
  const finalizers = planFinalizers(store, old, options)
  const metadata = { ...old.metadata, ...(graceful ?? {}) }
  if (finalizers.length > 0) metadata.finalizers = finalizers
  else delete metadata.finalizers
  const { deletesDuringUpdate, prepareForDelete } = store.definition.hooks
  const free = finalizers.length === 0 && (deletesDuringUpdate?.(old, old) ?? true)
  const marks = !graceful && !free && !old.metadata.deletionTimestamp
  if (marks) Object.assign(metadata, markAsDeleting(old, 0, context))
  const unchanged =
    !graceful &&
    sameList(finalizers, old.metadata.finalizers ?? []) &&
    metadata.deletionTimestamp === old.metadata.deletionTimestamp
  const remove = free && (metadata.deletionGracePeriodSeconds ?? 0) === 0
  // What is removed at once is not written before: it leaves as it was.
  if (unchanged || (remove && !graceful)) return { next: old, remove }
  const next = { ...old, metadata }
  if (marks) prepareForDelete?.(next, context)
  return { next, remove }
}

type DeletionMarks = Pick<DynamicObject['metadata'], 'deletionTimestamp' | 'deletionGracePeriodSeconds' | 'generation'>

/** The marks of graceful deletion; undefined: this kind has none of it; 'pending': it already is on its way, at least as soon. */
function planGrace(
  store: ObjectStore,
  old: DynamicObject,
  options: DeleteOptions,
  context: WriteContext,
): DeletionMarks | 'pending' | undefined {
  const hook = store.definition.hooks.gracePeriodSeconds
  if (!hook) return undefined
  const { deletionTimestamp, deletionGracePeriodSeconds } = old.metadata
  if (deletionTimestamp) {
    if (deletionGracePeriodSeconds === undefined || options.gracePeriodSeconds === undefined) return 'pending'
    const seconds = hook(old, options.gracePeriodSeconds)
    if (seconds >= deletionGracePeriodSeconds) {
      return deletionGracePeriodSeconds === 0 && !old.metadata.finalizers?.length ? undefined : 'pending'
    }
    const end = Date.parse(deletionTimestamp) - (deletionGracePeriodSeconds - seconds) * 1000
    return { deletionTimestamp: formatTime(end), deletionGracePeriodSeconds: seconds }
  }
  return markAsDeleting(old, hook(old, options.gracePeriodSeconds), context)
}

function markAsDeleting(old: DynamicObject, seconds: number, context: WriteContext): DeletionMarks {
  const { generation } = old.metadata
  return {
    deletionTimestamp: formatTime(context.clock.now() + seconds * 1000),
    deletionGracePeriodSeconds: seconds,
    ...(generation ? { generation: generation + 1 } : {}),
  }
}

/** Finalizers after the propagation policy had its say. */
function planFinalizers(store: ObjectStore, old: DynamicObject, options: DeleteOptions): string[] {
  const present = old.metadata.finalizers ?? []
  const policy = store.definition.defaultGCPolicy
  if (policy === 'Unsupported') return present
  let mode: 'orphan' | 'foreground' | 'background' = 'background'
  if (options.orphanDependents !== undefined) mode = options.orphanDependents ? 'orphan' : 'background'
  else if (options.propagationPolicy) {
    mode =
      options.propagationPolicy === 'Orphan'
        ? 'orphan'
        : options.propagationPolicy === 'Foreground'
          ? 'foreground'
          : 'background'
  } else if (present.includes(ORPHAN_FINALIZER)) mode = 'orphan'
  else if (present.includes(FOREGROUND_FINALIZER)) mode = 'foreground'
  else if (policy === 'OrphanDependents') mode = 'orphan'
  const wanted = mode === 'orphan' ? ORPHAN_FINALIZER : mode === 'foreground' ? FOREGROUND_FINALIZER : undefined
  const others = present.filter((finalizer) => finalizer !== ORPHAN_FINALIZER && finalizer !== FOREGROUND_FINALIZER)
  if (!wanted) return others
  return present.includes(wanted) && others.length === present.length - 1 ? present : [...others, wanted]
}

function sameList(a: string[], b: string[]): boolean {
  return a.length === b.length && a.every((value, i) => value === b[i])
}
