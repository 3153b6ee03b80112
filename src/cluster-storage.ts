/** Where a cluster's state is kept: makes the engine that the options ask for. Engines that need packages or files are loaded only then. */
import { loadFacts } from './apimachinery/schema/load-facts.ts'
import type { ClusterOptions } from './cluster-options.ts'
import { LEADER_LEASE } from './controllers/leader-election.ts'
import { isIdentityKey } from './registry/bootstrap/identity-lease.ts'
import { KEYS_PREFIX } from './shared-keys.ts'
import type { Key, Storage } from './storage/interface.ts'
import { MemoryStorage } from './storage/memory.ts'

/** Rejects when the data file cannot be read or etcd cannot be reached; nothing is changed then. */
export async function openStorage({
  data,
  etcd,
  fsync,
  logger,
  watchHistory: limit,
}: ClusterOptions): Promise<Storage> {
  const history = { limit }
  if (etcd !== undefined) {
    const { openEtcd } = await import('./storage/etcd/etcd.ts')
    const warn = (message: string): void => logger?.warn({ etcd: etcd.endpoints.join() }, message)
    return openEtcd({ ...etcd, history, warn, shallow: shallowPrefixes(), lasting: isOfProcesses })
  }
  if (data === undefined) return new MemoryStorage({ history })
  const { openJsonFile } = await import('./storage/json-file.ts')
  return openJsonFile(data, { fsync, history, warn: (message) => logger?.warn({ file: data }, message) })
}

/** As upstream, storage is asked each time, under the names that kube-apiserver has for it. */
export async function failingChecks(storage: Storage): Promise<ReadonlyMap<string, string>> {
  const problem = await storage.check()
  const names = problem === undefined ? [] : ['etcd', 'etcd-readiness']
  return new Map(names.map((name) => [name, problem as string]))
}

/** `/registry/pods/`: built-in resources whose keys name no group. All others, custom ones too, have two parts. */
function shallowPrefixes(): string[] {
  const parts = loadFacts().resources.map(({ prefix, resource }) => prefix ?? resource)
  return parts.filter((part) => !part.includes('/')).map((part) => `/registry/${part}/`)
}

function isOfProcesses({ prefix, name }: Key): boolean {
  return prefix === KEYS_PREFIX || (prefix === '/registry/leases/' && (name === LEADER_LEASE || isIdentityKey(name)))
}
