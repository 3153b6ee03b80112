/**
 * The phases between a decoded object and storage, the same for every kind: prepare -> validate -> warn -> canonicalize.
 * Mirrors apiserver/pkg/registry/rest/{create,update}.go.
 */
import { deepCopy, deepEqual } from '../apimachinery/equality.ts'
import { newInvalid } from '../apimachinery/errors.ts'
import type { FieldError } from '../apimachinery/field-error.ts'
import { invalid } from '../apimachinery/field-error.ts'
import type { DynamicObject, KubeObject } from '../apimachinery/meta.ts'
import { isDns1123Subdomain, isPathSegmentName, maskTrailingDash } from '../apimachinery/names.ts'
import type { ResourceDefinition, Subresource, WriteContext } from './definition.ts'
import { validateObjectMeta, validateObjectMetaUpdate } from './object-meta.ts'
import { uniqueErrors } from './validation.ts'

/** Clears what a client may not set on create and lets the kind prepare. Mutates the draft. */
export function prepareForCreate(
  definition: ResourceDefinition,
  draft: DynamicObject,
  zero: KubeObject,
  context: WriteContext,
): void {
  dropRepeatedOwners(draft, context)
  // A spec that no update may change (CertificateSigningRequest) is still given at creation.
  for (const path of definition.resetFields ?? [])
    if (path !== '.spec') copyField(draft, zero as DynamicObject, path, deepCopy)
  if (definition.generation) draft.metadata.generation = 1
  definition.hooks.prepareForCreate?.(draft, context)
}

/** Throws 422 with every cause. Mutates only in `canonicalize`. */
export function validateCreate(definition: ResourceDefinition, draft: DynamicObject, context: WriteContext): void {
  const { hooks } = definition
  const nameRule = hooks.validateName ?? defaultNameRule
  const errors = validateObjectMeta(draft.metadata, definition.namespaced, nameRule, takesBareFinalizers(definition))
  if (draft.metadata.name && errors.length === 0) {
    for (const message of isPathSegmentName(draft.metadata.name)) {
      errors.push(invalid('metadata.name', draft.metadata.name, message))
    }
  }
  const own = hooks.validate?.(draft, context) ?? []
  const all = [...(hooks.validateFirst?.(draft) ?? []), ...errors, ...own]
  throwIfInvalid(definition, draft.metadata.name ?? '', hooks.metadataLast && own.length > 0 ? own : all)
  for (const warning of hooks.warnings?.(draft, undefined, context) ?? []) context.warn(warning)
  hooks.canonicalize?.(draft)
}

/**
 * Makes the draft a legal successor of `old` as seen through one door: system metadata kept, the fields this door may not write taken from
 * `old`, generation counted. Mutates the draft.
 */
export function prepareForUpdate(
  definition: ResourceDefinition,
  draft: DynamicObject,
  old: DynamicObject,
  context: WriteContext,
): void {
  const door = doorOf(definition, context.subresource)
  dropRepeatedOwners(draft, context)
  keepSystemMetadata(draft, old)
  for (const path of door.resetFields) copyField(draft, old, path)
  if (context.subresource === '') definition.hooks.prepareForUpdate?.(draft, old, context)
  else door.subresource?.prepareForUpdate?.(draft, old, context)
  // Status is no wish: annotations written through its door (a Deployment's revision) leave the generation alone.
  if (definition.generation && context.subresource !== 'status') {
    const changes = definition.hooks.generationChanges ?? specDiffers
    if (changes(draft, old)) draft.metadata.generation = (old.metadata.generation ?? 0) + 1
  }
}

/** Throws 422 with every cause. Mutates only in `canonicalize`. */
export function validateUpdate(
  definition: ResourceDefinition,
  draft: DynamicObject,
  old: DynamicObject,
  context: WriteContext,
): void {
  const { hooks } = definition
  const errors = validateObjectMetaUpdate(draft.metadata, old.metadata, {
    bareFinalizers: takesBareFinalizers(definition),
    again: ownServer(definition),
  })
  let warnings: string[] = []
  if (context.subresource === '') {
    if (hooks.validateUpdate) errors.push(...hooks.validateUpdate(draft, old, context))
    else if (hooks.validate) errors.push(...hooks.validate(draft, context))
    warnings = hooks.warnings?.(draft, old, context) ?? []
  } else {
    const door = hooks.subresources?.[context.subresource]
    if (door?.validateUpdate) errors.push(...door.validateUpdate(draft, old, context))
    warnings = door?.warnings?.(draft, old, context) ?? []
  }
  throwIfInvalid(definition, old.metadata.name ?? '', errors, ownServer(definition))
  for (const warning of warnings) context.warn(warning)
  hooks.canonicalize?.(draft)
}

/** Equal references are kept once, and the client is warned. Mirrors dedupOwnerReferencesAndAddWarning of endpoints/handlers/rest.go. */
function dropRepeatedOwners({ metadata }: DynamicObject, context: WriteContext): void {
  const owners = metadata.ownerReferences
  if (!owners || owners.length < 2) return
  const kept = owners.filter((one, i) => owners.findIndex((other) => deepEqual(one, other)) === i)
  if (kept.length === owners.length) return
  const repeated = owners.filter((one) => !kept.includes(one)).map(({ uid }) => uid)
  const lead = '.metadata.ownerReferences contains duplicate entries; API server dedups owner references in 1.20+'
  context.warn(
    `${lead}, and may reject such requests as early as 1.24; please fix your requests; duplicate UID(s) observed: ${repeated.join(', ')}`,
  )
  metadata.ownerReferences = kept
}

interface Door {
  resetFields: readonly string[]
  subresource?: Subresource
}

function doorOf(definition: ResourceDefinition, subresource: string): Door {
  if (subresource === '') return { resetFields: definition.resetFields ?? [] }
  const fact = definition.subresources?.find((candidate) => candidate.name === subresource)
  const door = definition.hooks.subresources?.[subresource]
  return { resetFields: door?.resets ?? fact?.resetFields ?? [], subresource: door }
}

/** What a client cannot change, or may leave out: taken from the stored object. */
function keepSystemMetadata(draft: DynamicObject, old: KubeObject): void {
  const { metadata } = draft
  const kept = old.metadata
  if (kept.generation === undefined) delete metadata.generation
  else metadata.generation = kept.generation
  metadata.uid ||= kept.uid
  metadata.creationTimestamp = kept.creationTimestamp
  if (kept.deletionTimestamp) metadata.deletionTimestamp = kept.deletionTimestamp
  if (kept.deletionGracePeriodSeconds !== undefined)
    metadata.deletionGracePeriodSeconds ??= kept.deletionGracePeriodSeconds
  delete metadata.selfLink
}

/** Anything but metadata and status. */
function specDiffers(object: DynamicObject, old: DynamicObject): boolean {
  for (const field of new Set([...Object.keys(object), ...Object.keys(old)])) {
    if (field === 'metadata' || field === 'status' || field === 'kind' || field === 'apiVersion') continue
    if (!deepEqual(object[field], old[field])) return true
  }
  return false
}

/** Takes the value at `.a.b` from source to target; absent in the source means absent in the target. `.metadata` keeps resourceVersion. */
export function copyField(
  target: DynamicObject,
  source: DynamicObject,
  path: string,
  copy: (value: unknown) => unknown = (value) => value,
): void {
  const { parents, last } = partsOf(path)
  if (path !== '.metadata' && hasSame(target, source, parents, last)) return
  let to: Record<string, unknown> = target
  let from: Record<string, unknown> | undefined = source
  for (const name of parents) {
    from = from?.[name] as Record<string, unknown> | undefined
    if (to[name] === undefined) {
      if (from === undefined) return
      to[name] = {}
    } else to[name] = { ...(to[name] as object) }
    to = to[name] as Record<string, unknown>
  }
  const value = from?.[last]
  if (path === '.metadata') {
    // Who wrote what still changes.
    const { resourceVersion, managedFields } = target.metadata
    target.metadata = { ...source.metadata, resourceVersion }
    if (managedFields) target.metadata.managedFields = managedFields
  } else if (value === undefined) delete to[last]
  else to[last] = copy(value)
}

/** Most writes leave most fields alone, and then nothing has to be copied on the way to one. */
function hasSame(target: DynamicObject, source: DynamicObject, parents: readonly string[], last: string): boolean {
  let to: Record<string, unknown> | undefined = target
  let from: Record<string, unknown> | undefined = source
  for (const name of parents) {
    to = to[name] as Record<string, unknown> | undefined
    from = from?.[name] as Record<string, unknown> | undefined
    if (to === undefined || to === null) return false
  }
  return to[last] === from?.[last]
}

/** Paths are few, and asked for with each write. */
const parts = new Map<string, { parents: readonly string[]; last: string }>()

function partsOf(path: string): { parents: readonly string[]; last: string } {
  let known = parts.get(path)
  if (known === undefined) {
    const parents = path.slice(1).split('.')
    known = { parents, last: parents.pop()! }
    parts.set(path, known)
  }
  return known
}

/** Served by servers of their own upstream, as custom resources are. */
const OTHER_SERVERS = new Set(['apiextensions.k8s.io', 'apiregistration.k8s.io'])
/** Groups that do without the stricter rule for finalizer names that kubernetes/kubernetes has. */
const BARE_FINALIZERS = new Set(['admissionregistration.k8s.io', 'coordination.k8s.io', 'node.k8s.io', 'policy'])

const ownServer = ({ custom, group }: ResourceDefinition): boolean => custom !== undefined || OTHER_SERVERS.has(group)

const takesBareFinalizers = (definition: ResourceDefinition): boolean =>
  ownServer(definition) || BARE_FINALIZERS.has(definition.group)

function defaultNameRule(name: string, prefix: boolean): string[] {
  return isDns1123Subdomain(prefix ? maskTrailingDash(name) : name)
}

/** Throws the 422 of what validation found. What two validators found alike is said once, unless `copies` says otherwise. */
export function throwIfInvalid(
  { group, kind, storedAs }: { group: string; kind: string; storedAs?: string },
  name: string,
  errors: FieldError[],
  copies = false,
): void {
  if (errors.length === 0) return
  // A kind of two groups (events) is told by the stored one's.
  const told = { group: storedAs === 'v1' ? '' : group, resource: kind }
  throw newInvalid(told, name, copies ? errors : uniqueErrors(errors))
}
