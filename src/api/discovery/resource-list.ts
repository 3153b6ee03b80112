/** `/api/v1` and `/apis/<group>/<version>`. Mirrors apiserver/pkg/endpoints/{installer.go,discovery/version.go} and apiextensions' customresource_discovery_controller.go. */
import { formatGroupVersion, type GroupVersion } from '../../apimachinery/meta.ts'
import type { SubresourceFact } from '../../apimachinery/schema/facts.ts'
import type { ApiSource, ServedResource } from '../source.ts'

export interface ApiResource {
  name: string
  singularName: string
  namespaced: boolean
  group?: string
  version?: string
  kind: string
  verbs: string[]
  shortNames?: string[]
  categories?: string[]
  storageVersionHash?: string
}

export interface ApiResourceList {
  kind: 'APIResourceList'
  apiVersion?: 'v1'
  groupVersion: string
  resources: ApiResource[]
}

function resourceRow(resource: ServedResource): ApiResource {
  return {
    name: resource.resource,
    singularName: resource.singular,
    namespaced: resource.namespaced,
    kind: resource.kind,
    verbs: resource.verbs,
    ...(resource.shortNames?.length ? { shortNames: resource.shortNames } : {}),
    ...(resource.categories?.length ? { categories: resource.categories } : {}),
    ...(resource.storageVersionHash ? { storageVersionHash: resource.storageVersionHash } : {}),
  }
}

/** The kind's group and version are said only where they are not the list's own. */
function subresourceRow(resource: ServedResource, subresource: SubresourceFact): ApiResource {
  const { group, version, kind } = subresource.kind ?? resource
  const foreign = group !== resource.group || version !== resource.version
  return {
    name: `${resource.resource}/${subresource.name}`,
    singularName: '',
    namespaced: resource.namespaced,
    ...(foreign && group ? { group } : {}),
    ...(foreign ? { version } : {}),
    kind,
    verbs: subresource.verbs,
  }
}

const byName = (a: ApiResource, b: ApiResource): number => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0)

/** Rows of one group version: built-ins sorted by path, custom resources in the order of their definitions. */
export function apiResources(source: ApiSource, { group, version }: GroupVersion): ApiResource[] {
  const served = source.resources.filter((resource) => resource.group === group && resource.version === version)
  const rows = served.flatMap((resource) => [
    resourceRow(resource),
    ...(resource.subresources ?? []).map((subresource) => subresourceRow(resource, subresource)),
  ])
  return served.some((resource) => resource.custom) ? rows : rows.sort(byName)
}

export function apiResourceList(source: ApiSource, groupVersion: GroupVersion): ApiResourceList {
  return {
    kind: 'APIResourceList',
    // The core group's list is written by a codec of old that leaves the version out.
    ...(groupVersion.group ? { apiVersion: 'v1' as const } : {}),
    groupVersion: formatGroupVersion(groupVersion),
    resources: apiResources(source, groupVersion),
  }
}
