/** PartialObjectMetadata: objects shown without spec and status. Mirrors endpoints/handlers/response.go. */
import type { KubeObject } from '../apimachinery/meta.ts'
import type { StoreList } from '../registry/list.ts'
import { listMeta } from './list-meta.ts'

export interface PartialObjectMetadata extends KubeObject {
  kind: 'PartialObjectMetadata'
}

/** The same object always gives the same view, so that its bytes are made once for all watchers. */
const views = new WeakMap<KubeObject, PartialObjectMetadata>()

export function partialObject(object: KubeObject, version = 'v1'): PartialObjectMetadata {
  let view = views.get(object)
  if (!view || view.apiVersion !== `meta.k8s.io/${version}`) {
    view = { kind: 'PartialObjectMetadata', apiVersion: `meta.k8s.io/${version}`, metadata: object.metadata }
    views.set(object, view)
  }
  return view
}

export function partialList(list: StoreList, version = 'v1'): object {
  return {
    kind: 'PartialObjectMetadataList',
    apiVersion: `meta.k8s.io/${version}`,
    metadata: listMeta(list),
    // As upstream: no items are null here, not an empty list.
    items: list.objects.length > 0 ? list.objects.map((object) => partialObject(object, version)) : null,
  }
}
