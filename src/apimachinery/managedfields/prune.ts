/** What an applier gave up leaves the object, unless someone else owns it. Mirrors structured-merge-diff/merge/update.go (prune). */
import { type FieldSet, union } from './field-set.ts'
import { type Manager, type Managers, ownedBy } from './managers.ts'
import { addBackDangling, addBackOwned, removeFields, withNamedFields } from './remove.ts'
import type { KindFields } from './types.ts'

/** An object and the same object without some of its fields, both in one version. */
interface Pair {
  kind: KindFields
  merged: unknown
  bare: unknown
}

/** `last`: what the applier owned before; `managers`: with what it owns now. Pruning happens in the version of the last apply. */
export function prune(kind: KindFields, merged: unknown, last: Manager | undefined, managers: Managers): unknown {
  const lastSet = ownedBy(last)
  if (lastSet === undefined) return merged
  const version = versionOf(kind, last?.apiVersion ?? '')
  if (version === undefined) return merged
  const whole = kind === version ? merged : kind.convert(merged, version.apiVersion)
  const bare = removeFields(whole, withNamedFields(lastSet, version.whole), version.whole)
  let pair: Pair = { kind: version, merged: whole, bare }
  for (const [apiVersion, owned] of ownedByVersion(managers, version.apiVersion)) {
    const other = versionOf(kind, apiVersion)
    if (other === undefined) continue
    pair = inVersion(pair, other)
    pair.bare = addBackOwned(pair.merged, pair.bare, owned, other.whole)
  }
  const kept = inVersion(pair, version).bare
  const result = addBackDangling(whole, kept, lastSet, version.whole)
  return kind === version ? result : version.convert(result, kind.apiVersion)
}

function versionOf(kind: KindFields, apiVersion: string): KindFields | undefined {
  return apiVersion === kind.apiVersion ? kind : kind.inVersion(apiVersion)
}

function inVersion({ kind, merged, bare }: Pair, to: KindFields): Pair {
  if (kind.apiVersion === to.apiVersion) return { kind, merged, bare }
  return { kind: to, merged: kind.convert(merged, to.apiVersion), bare: kind.convert(bare ?? {}, to.apiVersion) }
}

/** What all managers together own, `first` first. */
function ownedByVersion(managers: Managers, first: string): Map<string, FieldSet | undefined> {
  const owned = new Map<string, FieldSet | undefined>()
  for (const { apiVersion } of managers) if (apiVersion === first) owned.set(first, undefined)
  for (const manager of managers) {
    const { apiVersion = '' } = manager
    owned.set(apiVersion, union(owned.get(apiVersion), ownedBy(manager)))
  }
  return owned
}
