/** Groups of extension servers among those that are served here. Mirrors the sorting of kube-aggregator's APIServices. */
import type { GroupFact } from '../../apimachinery/schema/facts.ts'
import { compareVersions } from '../apiextensions/versions.ts'
import type { RemoteApi } from './apiservice.ts'

/** A new list where there is anything to add: groups by priority, then name; their versions likewise. */
export function withRemoteGroups(groups: readonly GroupFact[], remotes: readonly RemoteApi[]): readonly GroupFact[] {
  if (remotes.length === 0) return groups
  const all = groups.map((group) => ({ ...group, versions: [...group.versions] }))
  for (const { group, version, groupPriority, versionPriority } of remotes) {
    let entry = all.find(({ name }) => name === group)
    if (!entry) {
      entry = { name: group, priority: groupPriority, versions: [] }
      const at = all.findIndex(
        ({ name, priority }) =>
          name !== '' && (priority < groupPriority || (priority === groupPriority && name > group)),
      )
      all.splice(at < 0 ? all.length : at, 0, entry)
    }
    entry.versions = entry.versions.filter((own) => own.version !== version)
    entry.versions.push({ version, priority: versionPriority })
    entry.versions.sort((a, b) => b.priority - a.priority || compareVersions(a.version, b.version))
  }
  return all
}
