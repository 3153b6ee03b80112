/** `/api`, `/apis` and `/apis/<group>`. Mirrors apiserver/pkg/endpoints/discovery/{legacy,root,group}.go. */
import type { GroupFact } from '../../apimachinery/schema/facts.ts'
import type { ApiSource } from '../source.ts'

export interface GroupVersionForDiscovery {
  groupVersion: string
  version: string
}

export interface ApiGroup {
  kind?: 'APIGroup'
  apiVersion?: 'v1'
  name: string
  versions: GroupVersionForDiscovery[]
  preferredVersion: GroupVersionForDiscovery
}

export interface ApiGroupList {
  kind: 'APIGroupList'
  apiVersion: 'v1'
  groups: ApiGroup[]
}

export interface ApiVersions {
  kind: 'APIVersions'
  versions: string[]
  serverAddressByClientCIDRs: { clientCIDR: string; serverAddress: string }[]
}

function groupEntry(group: GroupFact): ApiGroup {
  const versions = group.versions.map(({ version }) => ({ groupVersion: `${group.name}/${version}`, version }))
  return { name: group.name, versions, preferredVersion: versions[0] }
}

/** Every group but the core one. */
export const namedGroups = (source: ApiSource): GroupFact[] => source.groups.filter((group) => group.name !== '')

/** `serverAddress` is host and port as clients of any network are told. */
export function apiVersions(source: ApiSource, serverAddress: string): ApiVersions {
  const core = source.groups.find((group) => group.name === '')
  return {
    kind: 'APIVersions',
    versions: (core?.versions ?? []).map(({ version }) => version),
    serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress }],
  }
}

export function apiGroupList(source: ApiSource): ApiGroupList {
  return { kind: 'APIGroupList', apiVersion: 'v1', groups: namedGroups(source).map(groupEntry) }
}

export function apiGroup(group: GroupFact): ApiGroup {
  return { kind: 'APIGroup', apiVersion: 'v1', ...groupEntry(group) }
}
