/** Claims for storage, and the templates of claims. Mirrors pkg/apis/core/validation/validation.go (ValidatePersistentVolumeClaimSpec and its siblings). */
import { deepEqual } from '../../apimachinery/equality.ts'
import { child, type FieldError, forbidden, invalid, notSupported, required } from '../../apimachinery/field-error.ts'
import type { ObjectMeta } from '../../apimachinery/meta.ts'
import { isDns1123Label, isDns1123Subdomain } from '../../apimachinery/names.ts'
import { compareQuantities, parseQuantity, quantitySign } from '../../apimachinery/quantity.ts'
import { keepEmptied } from '../../apimachinery/schema/emptied.ts'
import { internalForm } from '../../apimachinery/schema/internal-form.ts'
import { diffValues } from '../../apimachinery/unified-diff.ts'
import type {
  PersistentVolumeClaim,
  PersistentVolumeClaimSpec,
  PersistentVolumeClaimStatus,
  PersistentVolumeClaimTemplate,
} from '../../types/core-v1.ts'
import {
  invalids,
  NOT_POSITIVE,
  validateAnnotations,
  validateImmutable,
  validateLabelSelector,
  validateLabels,
  validateQualifiedName,
} from '../validation.ts'

export const ACCESS_MODES = ['ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOnce', 'ReadWriteOncePod']
export const VOLUME_MODES = ['Block', 'Filesystem']
const STORAGE_CLASS_ANNOTATION = 'volume.beta.kubernetes.io/storage-class'

const storageOf = (list: Record<string, string | number> | undefined) => parseQuantity(String(list?.storage ?? '0'))

/** A claim template of a pod's ephemeral volume: of metadata only labels and annotations may be given. */
export function validateClaimTemplate(template: PersistentVolumeClaimTemplate, path: string): FieldError[] {
  const { labels, annotations, ...rest } = (template.metadata ?? {}) as ObjectMeta
  const metadata = child(path, 'metadata')
  const errors = [
    ...validateAnnotations(annotations, child(metadata, 'annotations')),
    ...validateLabels(labels, child(metadata, 'labels')),
  ]
  for (const [name, value] of Object.entries(rest)) {
    if (value !== undefined && value !== null) errors.push(forbidden(child(metadata, name), 'cannot be set'))
  }
  return [...errors, ...validateClaimSpec(template.spec ?? {}, child(path, 'spec'))]
}

export function validateClaimSpec(spec: PersistentVolumeClaimSpec, path: string): FieldError[] {
  const errors: FieldError[] = []
  const modes = child(path, 'accessModes')
  if (!spec.accessModes?.length) errors.push(required(modes, 'at least 1 access mode is required'))
  errors.push(...validateLabelSelector(spec.selector, child(path, 'selector')))
  errors.push(...validateAccessModes(spec.accessModes, modes), ...validateStorageRequest(spec, path))
  if (spec.storageClassName) {
    errors.push(
      ...invalids(child(path, 'storageClassName'), spec.storageClassName, isDns1123Subdomain(spec.storageClassName)),
    )
  }
  if (spec.volumeMode !== undefined && !VOLUME_MODES.includes(spec.volumeMode)) {
    errors.push(notSupported(child(path, 'volumeMode'), spec.volumeMode, VOLUME_MODES))
  }
  for (const name of ['dataSource', 'dataSourceRef'] as const) {
    if (spec[name]) errors.push(...validateDataSource(spec[name], child(path, name)))
  }
  errors.push(...validateSourcesAgree(spec, path))
  const attributes = spec.volumeAttributesClassName
  if (attributes)
    errors.push(...invalids(child(path, 'volumeAttributesClassName'), attributes, isDns1123Subdomain(attributes)))
  return errors
}

/** Shared with volumes, whose modes have the same rule. */
export function validateAccessModes(modes: readonly string[] | undefined, path: string): FieldError[] {
  const errors: FieldError[] = []
  for (const mode of modes ?? []) if (!ACCESS_MODES.includes(mode)) errors.push(notSupported(path, mode, ACCESS_MODES))
  const others = modes?.some((mode) => mode !== 'ReadWriteOncePod' && ACCESS_MODES.includes(mode))
  if (others && modes?.includes('ReadWriteOncePod')) {
    errors.push(forbidden(path, 'may not use ReadWriteOncePod with other access modes'))
  }
  return errors
}

function validateStorageRequest(spec: PersistentVolumeClaimSpec, path: string): FieldError[] {
  const field = `${path}.resources[storage]`
  const storage = spec.resources?.requests?.storage
  if (storage === undefined) return [required(field)]
  return quantitySign(parseQuantity(String(storage))) > 0 ? [] : [invalid(field, String(storage), NOT_POSITIVE)]
}

function validateDataSource(
  source: { apiGroup?: string; kind?: string; name?: string; namespace?: string },
  path: string,
): FieldError[] {
  const errors: FieldError[] = []
  const { apiGroup = '', kind = '', namespace } = source
  if (!source.name) errors.push(required(child(path, 'name')))
  if (!kind) errors.push(required(child(path, 'kind')))
  if (!apiGroup && kind !== 'PersistentVolumeClaim') {
    errors.push(invalid(path, kind, "must be 'PersistentVolumeClaim' when referencing the default apiGroup"))
  }
  if (apiGroup) errors.push(...invalids(child(path, 'apiGroup'), apiGroup, isDns1123Subdomain(apiGroup)))
  if (namespace) errors.push(...invalids(child(path, 'namespace'), namespace, isDns1123Label(namespace)))
  return errors
}

function validateSourcesAgree({ dataSource, dataSourceRef }: PersistentVolumeClaimSpec, path: string): FieldError[] {
  if (!dataSource || !dataSourceRef) return []
  // Upstream prints the path object itself, which marshals to an empty object.
  const conflict = (detail: string) => [invalid(path, {}, detail)]
  if (dataSourceRef.namespace) return conflict('may not be specified when dataSourceRef.namespace is specified')
  const { apiGroup, kind, name } = dataSourceRef
  return deepEqual({ ...dataSource }, { apiGroup, kind, name }) ? [] : conflict('must match dataSourceRef')
}

/** A bound claim may grow and change its attributes class; all else stays, but for the volume's name, which is set once. */
export function validateClaimUpdate(claim: PersistentVolumeClaim, old: PersistentVolumeClaim): FieldError[] {
  const errors = validateClaimSpec(claim.spec ?? {}, 'spec')
  const before: PersistentVolumeClaimSpec = { ...old.spec }
  const after = keepEmptied<PersistentVolumeClaimSpec>({ ...claim.spec }, claim.spec ?? {})
  if (!before.volumeName) before.volumeName = after.volumeName
  errors.push(...adoptStorageClass(claim, old, before, after))
  if (claim.status?.phase === 'Bound') {
    const storage = before.resources?.requests?.storage as string
    if (after.resources?.requests) {
      after.resources = { ...after.resources, requests: { ...after.resources.requests, storage } }
    }
    after.volumeAttributesClassName = before.volumeAttributesClassName
  }
  if (!deepEqual(after, before)) {
    const detail =
      'spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims'
    const type = 'core.PersistentVolumeClaimSpec'
    const difference = diffValues(internalForm(type, before, true), internalForm(type, after))
    errors.push(forbidden('spec', `${detail}\n${difference}`))
  }
  const size = storageOf(claim.spec?.resources?.requests)
  const shrinks = compareQuantities(size, storageOf(old.spec?.resources?.requests)) < 0
  if (shrinks && compareQuantities(size, storageOf(old.status?.capacity)) <= 0) {
    errors.push(forbidden('spec.resources.requests.storage', 'field can not be less than status.capacity'))
  }
  errors.push(...validateImmutable(claim.spec?.volumeMode, old.spec?.volumeMode, 'volumeMode'))
  return [...errors, ...validateAttributesClass(claim, old)]
}

/** The class may move from the old annotation to its field, and may be given once where there was none. Changes the two copies. */
function adoptStorageClass(
  claim: PersistentVolumeClaim,
  old: PersistentVolumeClaim,
  before: PersistentVolumeClaimSpec,
  after: PersistentVolumeClaimSpec,
): FieldError[] {
  const was = old.metadata.annotations?.[STORAGE_CLASS_ANNOTATION]
  const is = claim.metadata.annotations?.[STORAGE_CLASS_ANNOTATION]
  const given = after.storageClassName
  const fresh = before.storageClassName === undefined && given !== undefined
  if (fresh && was !== undefined && given === was && (is === undefined || is === was)) {
    after.storageClassName = undefined
    return []
  }
  if (fresh && (was === undefined || given === was)) after.storageClassName = undefined
  const path = `metadata.annotations[${STORAGE_CLASS_ANNOTATION}]`
  return (is ?? '') === (was ?? '') ? [] : [invalid(path, is ?? '', 'field is immutable')]
}

const RESIZE_STATUSES = [
  'ControllerResizeInProgress',
  'ControllerResizeInfeasible',
  'NodeResizeInProgress',
  'NodeResizeInfeasible',
  'NodeResizePending',
]

/** The name of the resource is printed where its state is wrong, as upstream does. */
export function validateClaimStatus(status: PersistentVolumeClaimStatus): FieldError[] {
  const states = Object.entries(status.allocatedResourceStatuses ?? {}).flatMap(([name, state]) => {
    const path = 'status.allocatedResourceStatuses'
    const errors = validateClaimResource(name, path)
    return RESIZE_STATUSES.includes(state) ? errors : [...errors, notSupported(path, name, RESIZE_STATUSES)]
  })
  const allocated = Object.keys(status.allocatedResources ?? {}).flatMap((name) =>
    validateClaimResource(name, 'status.allocatedResources'),
  )
  return [...states, ...allocated]
}

function validateClaimResource(name: string, path: string): FieldError[] {
  const errors = validateQualifiedName(name, path)
  const isNative = !name.includes('/') || name.includes('kubernetes.io/')
  return errors.length === 0 && isNative && name !== 'storage' ? [notSupported(path, name, ['storage'])] : errors
}

function validateAttributesClass(claim: PersistentVolumeClaim, old: PersistentVolumeClaim): FieldError[] {
  const name = claim.spec?.volumeAttributesClassName
  if (name === old.spec?.volumeAttributesClassName || !old.status?.currentVolumeAttributesClassName || name) return []
  const target = name === undefined ? 'nil' : 'empty string'
  const detail = `update to ${target} is forbidden when status.currentVolumeAttributesClassName is not nil`
  return [forbidden('spec.volumeAttributesClassName', detail)]
}
