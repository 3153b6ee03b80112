/** PartialObjectMetadata: objects shown without spec and status. Mirrors endpoints/handlers/response.go. */
import type { DynamicObject, KubeObject } from '../apimachinery/meta.ts'
import { objectBytes } from '../apimachinery/object-bytes.ts'
import type { StoreList } from '../registry/list.ts'
import { type Item, wholeItem } from './list-bytes.ts'
import { listMeta } from './list-meta.ts'

export interface PartialObjectMetadata extends KubeObject {
  kind: 'PartialObjectMetadata'
}

/** The same object always gives the same view, so that its bytes are made once for all watchers. */
const views = new WeakMap<KubeObject, PartialObjectMetadata>()

export function partialObject(object: KubeObject, version = 'v1'): PartialObjectMetadata {
  let view = views.get(object)
  if (!view || view.apiVersion !== `meta.k8s.io/${version}`) {
    view = { ...typeOf('PartialObjectMetadata', version), metadata: object.metadata } as PartialObjectMetadata
    views.set(object, view)
  }
  return view
}

/** The same views for lists: cut out of the objects' bytes. */
export function partialItems(version = 'v1'): (object: DynamicObject) => Item {
  const before = `${JSON.stringify(typeOf('PartialObjectMetadata', version)).slice(0, -1)},"metadata":`
  // Objects of a list have the same fields.
  let behind: { field: string | undefined; mark: Buffer | undefined } = { field: undefined, mark: undefined }
  return (object) => {
    const bytes = objectBytes(object)
    const field = fieldBehindMetadata(object)
    if (field !== behind.field) behind = { field, mark: field === undefined ? undefined : markOf(field) }
    const from = BEFORE_METADATA + object.kind.length + object.apiVersion.length
    const to = field === '' ? bytes.length - 1 : behind.mark ? bytes.indexOf(behind.mark, from) + 1 : 0
    if (to === 0) return wholeItem(objectBytes(partialObject(object, version)))
    return { before, bytes, from, to, after: '}' }
  }
}

const BEFORE_METADATA = '{"kind":"","apiVersion":"","metadata":'.length

/** '' when metadata is the last; undefined when it does not come right behind kind and apiVersion. */
function fieldBehindMetadata(object: DynamicObject): string | undefined {
  let place = 0
  for (const field in object) {
    if (place > 2) {
      if (object[field] !== undefined) return field
    } else if (place === 2 ? field !== 'metadata' : field !== 'kind' && field !== 'apiVersion') return undefined
    place++
  }
  return place > 2 ? '' : undefined
}

/** What the bytes are where metadata ends: its brace and the name of the next field. Undefined when they may be the same within it. */
function markOf(field: string): Buffer | undefined {
  const isSafe = field !== '' && !WITHIN_METADATA.has(field) && /^[A-Za-z]+$/.test(field)
  return isSafe ? Buffer.from(`},"${field}":`) : undefined
}

/**
 * Fields of ObjectMeta, OwnerReference and ManagedFieldsEntry. What else stands behind a brace there are members of field sets, whose names
 * have colons or are a point: labels and annotations have no braces but in strings, and these no bare quotes.
 */
const WITHIN_METADATA = new Set(
  `annotations creationTimestamp deletionGracePeriodSeconds deletionTimestamp finalizers generateName generation labels managedFields name
  namespace ownerReferences resourceVersion selfLink uid apiVersion blockOwnerDeletion controller kind fieldsType fieldsV1 manager
  operation subresource time`.split(/\s+/),
)

/** Without its items. */
export function partialListHead(list: StoreList, version = 'v1'): object {
  return { ...typeOf('PartialObjectMetadataList', version), metadata: listMeta(list) }
}

export function partialList(list: StoreList, version = 'v1'): object {
  return {
    ...partialListHead(list, version),
    // As upstream: no items are null here, not an empty list.
    items: list.objects.length > 0 ? list.objects.map((object) => partialObject(object, version)) : null,
  }
}

function typeOf(kind: string, version: string): { kind: string; apiVersion: string } {
  return { kind, apiVersion: `meta.k8s.io/${version}` }
}
