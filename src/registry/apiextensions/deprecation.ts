/** What requests for a deprecated version are warned with. Mirrors defaultDeprecationWarning of customresource_handler.go. */
import type { CustomResourceDefinition, Version } from './crd.ts'
import { compareVersions } from './versions.ts'

/** Undefined: the version is not deprecated. */
export function deprecationOf({ spec }: CustomResourceDefinition, version: Version): string | undefined {
  if (!version.deprecated) return undefined
  if (version.deprecationWarning !== undefined) return version.deprecationWarning
  const better = (spec.versions ?? [])
    .filter(({ served, deprecated, name }) => served && !deprecated && compareVersions(name, version.name) < 0)
    .map(({ name }) => name)
    .sort(compareVersions)[0]
  const text = `${spec.group}/${version.name} ${spec.names.kind} is deprecated`
  return better === undefined ? text : `${text}; use ${spec.group}/${better} ${spec.names.kind}`
}
