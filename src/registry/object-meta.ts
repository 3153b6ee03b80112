/** Validation of metadata, the same for every kind. Mirrors apimachinery/pkg/api/validation/objectmeta.go. */
import { deepEqual } from '../apimachinery/equality.ts'
import { child, type FieldError, forbidden, index, invalid, required, tooLong } from '../apimachinery/field-error.ts'
import type { ObjectMeta, OwnerReference } from '../apimachinery/meta.ts'
import { parseGroupVersion } from '../apimachinery/meta.ts'
import { isDns1123Label, isLabelValue, isQualifiedName } from '../apimachinery/names.ts'

const MAX_ANNOTATIONS_BYTES = 256 * 1024
export const IMMUTABLE = 'field is immutable'
const IMMUTABLE_FIELDS = [
  'name',
  'namespace',
  'uid',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
] as const
export const ORPHAN_FINALIZER = 'orphan'
export const FOREGROUND_FINALIZER = 'foregroundDeletion'

/** Messages of a kind's name rule; `prefix` when the name is a generateName. */
export type ValidateName = (name: string, prefix: boolean) => string[]

/** On create, before the kind's own validation. */
export function validateObjectMeta(
  meta: ObjectMeta,
  namespaced: boolean,
  validateName: ValidateName,
  bareFinalizers = false,
): FieldError[] {
  const errors: FieldError[] = []
  if (meta.generateName) {
    for (const message of validateName(meta.generateName, true)) {
      errors.push(invalid('metadata.generateName', meta.generateName, message))
    }
  }
  if (!meta.name) errors.push(required('metadata.name', 'name or generateName is required'))
  else for (const message of validateName(meta.name, false)) errors.push(invalid('metadata.name', meta.name, message))
  if (namespaced) {
    if (!meta.namespace) errors.push(required('metadata.namespace'))
    else
      for (const message of isDns1123Label(meta.namespace)) {
        errors.push(invalid('metadata.namespace', meta.namespace, message))
      }
  } else if (meta.namespace) {
    errors.push(forbidden('metadata.namespace', 'not allowed on this type'))
  }
  if ((meta.generation ?? 0) < 0) {
    errors.push(invalid('metadata.generation', meta.generation, 'must be greater than or equal to 0'))
  }
  pushCommon(errors, meta)
  if (meta.finalizers) pushFinalizers(errors, meta.finalizers)
  if (meta.finalizers && !bareFinalizers) pushBareFinalizers(errors, meta.finalizers)
  return errors
}

/**
 * On update, before the kind's own validation. System fields that the client left out were already taken from `old`. `again` says twice
 * what upstream says twice: its other servers look at metadata again in the kind's own validation, and nothing takes out the copies.
 */
export function validateObjectMetaUpdate(
  meta: ObjectMeta,
  old: ObjectMeta,
  options: { bareFinalizers?: boolean; again?: boolean } = {},
): FieldError[] {
  const common: FieldError[] = []
  pushCommon(common, meta, old)
  const errors = [...common]
  if (meta.finalizers && !deepEqual(meta.finalizers, old.finalizers)) pushFinalizers(errors, meta.finalizers)
  const changes = validateChange(meta, old)
  errors.push(...changes)
  if (options.again) errors.push(...common, ...changes, ...common)
  if (meta.finalizers && !options.bareFinalizers) pushBareFinalizers(errors, meta.finalizers)
  return errors
}

/** What holds of metadata at any time but for names: for kinds that ask it once more on updates. */
export function validateCommonMeta(meta: ObjectMeta): FieldError[] {
  const errors: FieldError[] = []
  pushCommon(errors, meta)
  if (meta.finalizers) pushFinalizers(errors, meta.finalizers)
  return errors
}

/** What an update may not do to metadata. Mirrors ValidateObjectMetaAccessorUpdate. */
function validateChange(meta: ObjectMeta, old: ObjectMeta): FieldError[] {
  const errors: FieldError[] = []
  if (old.deletionTimestamp && meta.finalizers) {
    const extra = meta.finalizers.filter((finalizer) => !old.finalizers?.includes(finalizer)).sort()
    if (extra.length > 0) {
      const list = `[]string{${extra.map((finalizer) => JSON.stringify(finalizer)).join(', ')}}`
      const detail = `no new finalizers can be added if the object is being deleted, found new finalizers ${list}`
      errors.push(forbidden('metadata.finalizers', detail))
    }
  }
  if (!meta.resourceVersion) {
    errors.push(invalid('metadata.resourceVersion', 0, 'must be specified for an update'))
  }
  if ((meta.generation ?? 0) < (old.generation ?? 0)) {
    errors.push(invalid('metadata.generation', meta.generation ?? 0, 'must not be decremented'))
  }
  for (const name of IMMUTABLE_FIELDS) {
    if ((meta[name] ?? null) !== (old[name] ?? null)) {
      errors.push(invalid(child('metadata', name), meta[name] ?? null, IMMUTABLE))
    }
  }
  return errors
}

function pushCommon(errors: FieldError[], meta: ObjectMeta, old?: ObjectMeta): void {
  if (meta.labels && meta.labels !== old?.labels) errors.push(...validateLabels(meta.labels, 'metadata.labels'))
  if (meta.annotations && meta.annotations !== old?.annotations) pushAnnotations(errors, meta.annotations)
  if (meta.ownerReferences && !deepEqual(meta.ownerReferences, old?.ownerReferences)) {
    pushOwnerReferences(errors, meta.ownerReferences)
  }
}

export function validateLabels(labels: Record<string, string>, path: string): FieldError[] {
  const errors: FieldError[] = []
  for (const [name, value] of Object.entries(labels)) {
    for (const message of isQualifiedName(name)) errors.push(invalid(path, name, message))
    for (const message of isLabelValue(value)) errors.push(invalid(path, value, message))
  }
  return errors
}

export function validateAnnotations(annotations: Record<string, string>, path: string): FieldError[] {
  const errors: FieldError[] = []
  pushAnnotations(errors, annotations, path)
  return errors
}

function pushAnnotations(
  errors: FieldError[],
  annotations: Record<string, string>,
  path = 'metadata.annotations',
): void {
  let size = 0
  for (const [name, value] of Object.entries(annotations)) {
    size += Buffer.byteLength(name) + Buffer.byteLength(value)
    for (const message of isQualifiedName(name.toLowerCase())) {
      errors.push(invalid(path, name, message))
    }
  }
  if (size > MAX_ANNOTATIONS_BYTES) errors.push(tooLong(path, MAX_ANNOTATIONS_BYTES))
}

function pushOwnerReferences(errors: FieldError[], references: OwnerReference[]): void {
  const path = 'metadata.ownerReferences'
  let controller = ''
  references.forEach((reference, i) => {
    pushOwnerReference(errors, reference, index(path, i))
    if (reference.controller !== true) return
    const name = `${reference.kind}/${reference.name}`
    if (controller === '') controller = name
    else {
      const detail = `Only one reference can have Controller set to true. Found "true" in references for ${controller} and ${name}`
      errors.push(invalid(path, references, detail))
    }
  })
}

function pushOwnerReference(errors: FieldError[], reference: OwnerReference, path: string): void {
  const { version } = parseGroupVersion(reference.apiVersion)
  const empty = 'must not be empty'
  if (!reference.apiVersion) errors.push(required(child(path, 'apiVersion'), empty))
  else if (version === '' || version.includes('/')) {
    errors.push(invalid(child(path, 'apiVersion'), reference.apiVersion, 'must be <group>/<version> or <version>'))
  }
  if (!reference.kind) errors.push(required(child(path, 'kind'), empty))
  if (!reference.name) errors.push(required(child(path, 'name'), empty))
  if (!reference.uid) errors.push(required(child(path, 'uid'), empty))
  if (reference.apiVersion === 'v1' && reference.kind === 'Event') {
    errors.push(invalid(path, reference, '/v1, Kind=Event is disallowed from being an owner'))
  }
}

function pushFinalizers(errors: FieldError[], finalizers: string[]): void {
  for (const finalizer of finalizers) {
    for (const message of isQualifiedName(finalizer)) errors.push(invalid('metadata.finalizers', finalizer, message))
  }
  if (finalizers.includes(ORPHAN_FINALIZER) && finalizers.includes(FOREGROUND_FINALIZER)) {
    const detail = `finalizer ${ORPHAN_FINALIZER} and ${FOREGROUND_FINALIZER} cannot be both set`
    errors.push(invalid('metadata.finalizers', finalizers, detail))
  }
}

const STANDARD_FINALIZERS = ['kubernetes', ORPHAN_FINALIZER, FOREGROUND_FINALIZER]

/** Built-in kinds only. Mirrors kubernetes pkg/apis/core/validation (validateKubeFinalizerName). */
function pushBareFinalizers(errors: FieldError[], finalizers: string[]): void {
  finalizers.forEach((finalizer, i) => {
    if (finalizer.includes('/') || STANDARD_FINALIZERS.includes(finalizer)) return
    const detail = 'name is neither a standard finalizer name nor is it fully qualified'
    errors.push(invalid(index('metadata.finalizers', i), finalizer, detail))
  })
}
