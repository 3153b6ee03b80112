/** Aggregated discovery, apidiscovery.k8s.io/v2: all resources of `/api` or `/apis` in one answer. Mirrors apiserver/pkg/endpoints/discovery/aggregated. */
import type { GroupFact, SubresourceFact } from '../../apimachinery/schema/facts.ts'
import type { ApiSource, ServedResource } from '../source.ts'

interface ResponseKind {
  group: string
  version: string
  kind: string
}

export interface ApiSubresourceDiscovery {
  subresource: string
  responseKind: ResponseKind
  verbs: string[]
}

export interface ApiResourceDiscovery {
  resource: string
  responseKind: ResponseKind
  scope: 'Namespaced' | 'Cluster'
  singularResource: string
  verbs: string[]
  shortNames?: string[]
  categories?: string[]
  subresources?: ApiSubresourceDiscovery[]
}

interface VersionDiscovery {
  version: string
  resources: readonly (ApiResourceDiscovery | object)[]
  /** `Stale`: the server behind it does not answer. */
  freshness: 'Current' | 'Stale'
}

export interface ApiGroupDiscovery {
  metadata: { name?: string }
  versions: VersionDiscovery[]
}

export interface ApiGroupDiscoveryList {
  kind: 'APIGroupDiscoveryList'
  apiVersion: 'apidiscovery.k8s.io/v2'
  metadata: Record<string, never>
  items: ApiGroupDiscovery[]
}

/** Built-ins leave group and version empty where they are the list's own; custom resources always say them. */
function responseKind(resource: ServedResource, kind: ResponseKind): ResponseKind {
  const own = kind.group === resource.group && kind.version === resource.version
  return own && !resource.custom ? { group: '', version: '', kind: kind.kind } : kind
}

function subresourceEntry(resource: ServedResource, subresource: SubresourceFact): ApiSubresourceDiscovery {
  const { group, version, kind } = subresource.kind ?? resource
  return {
    subresource: subresource.name,
    responseKind: responseKind(resource, { group, version, kind }),
    verbs: subresource.verbs,
  }
}

function resourceEntry(resource: ServedResource): ApiResourceDiscovery {
  const { group, version, kind } = resource
  const subresources = (resource.subresources ?? []).map((subresource) => subresourceEntry(resource, subresource))
  if (!resource.custom) subresources.sort((a, b) => (a.subresource < b.subresource ? -1 : 1))
  return {
    resource: resource.resource,
    responseKind: responseKind(resource, { group, version, kind }),
    scope: resource.namespaced ? 'Namespaced' : 'Cluster',
    singularResource: resource.singular,
    verbs: resource.verbs,
    ...(resource.shortNames?.length ? { shortNames: resource.shortNames } : {}),
    ...(resource.categories?.length ? { categories: resource.categories } : {}),
    ...(subresources.length ? { subresources } : {}),
  }
}

function remoteVersion(source: ApiSource, group: string, version: string): VersionDiscovery | undefined {
  const remote = source.remote?.(group, version)
  return remote && { version, resources: remote.resources, freshness: remote.available ? 'Current' : 'Stale' }
}

function groupEntry(source: ApiSource, group: GroupFact): ApiGroupDiscovery {
  return {
    metadata: group.name ? { name: group.name } : {},
    versions: group.versions.map(
      ({ version }) =>
        remoteVersion(source, group.name, version) ?? {
          version,
          resources: source.resources
            .filter((resource) => resource.group === group.name && resource.version === version)
            .map(resourceEntry)
            .sort((a, b) => (a.resource < b.resource ? -1 : 1)),
          freshness: 'Current' as const,
        },
    ),
  }
}

export function apiGroupDiscoveryList(source: ApiSource, root: '/api' | '/apis'): ApiGroupDiscoveryList {
  const groups = source.groups.filter((group) => (group.name === '') === (root === '/api'))
  return {
    kind: 'APIGroupDiscoveryList',
    apiVersion: 'apidiscovery.k8s.io/v2',
    metadata: {},
    items: groups.map((group) => groupEntry(source, group)),
  }
}
