/** Reads the state of a cluster from etcd as a whole, and says what has to be written to get to another one. */
import type { KubeObject } from '../../apimachinery/meta.ts'
import type { Key } from '../interface.ts'
import { type Change, newTree, type Picture, type Tree } from '../picture.ts'
import type { EtcdConnection } from './connection.ts'
import { decodeObject, encodeObject, type Keys } from './keys.ts'
import { endOfPrefix, type KeyValue, type Operation, RANGE } from './protocol.ts'

const PAGE = 1_000
/** etcd's defaults are 128 operations and 1.5 MiB a transaction. */
const MAX_OPERATIONS = 100
const MAX_BYTES = 1024 * 1024
const AFTER = Buffer.alloc(1)

/** The objects at one revision. Those that are in `known` at the same revision are taken from there. Throws for what cannot be read. */
export async function readAll(
  connection: EtcdConnection,
  keys: Keys,
  timeoutMs: number,
  known?: Picture,
): Promise<Picture> {
  const trees = new Map<string, Tree>()
  const rangeEnd = endOfPrefix(keys.root)
  let revision = 0
  for (let key = keys.root; ; ) {
    const page = await connection.read(RANGE, { key, rangeEnd, limit: PAGE, revision }, timeoutMs)
    // The first page says of which revision all others have to be.
    revision ||= page.header.revision
    for (const kv of page.kvs) {
      const at = keys.decode(kv.key)
      if (at !== undefined) put(trees, at, readValue(at, kv, known))
    }
    const last = page.kvs.at(-1)
    if (!page.more || last === undefined) return { revision, trees }
    key = Buffer.concat([last.key, AFTER])
  }
}

function readValue(key: Key, { value, modRevision }: KeyValue, known: Picture | undefined): KubeObject {
  const before = known?.trees.get(key.prefix)?.get(key.name)
  return before?.metadata.resourceVersion === String(modRevision) ? before : decodeObject(key, value, modRevision)
}

function put(trees: Map<string, Tree>, { prefix, name }: Key, object: KubeObject): void {
  const tree = trees.get(prefix) ?? newTree()
  trees.set(prefix, tree)
  tree.set(name, object)
}

/** The operations that make `changes` to `present`, in transactions of a size that etcd takes. */
export function* transactionsOf(changes: readonly Change[], present: Picture, keys: Keys): Iterable<Operation[]> {
  let operations: Operation[] = []
  let bytes = 0
  for (const { key, object } of changes) {
    const value = object && encodeObject(object)
    const stored = present.trees.get(key.prefix)?.get(key.name)
    // Written back before: the same but for its revision.
    if (value && stored && encodeObject(stored).equals(value)) continue
    const at = keys.encode(key.prefix, key.name)
    if (operations.length > 0 && (operations.length === MAX_OPERATIONS || bytes + (value?.length ?? 0) > MAX_BYTES)) {
      yield operations
      operations = []
      bytes = 0
    }
    operations.push(value ? { put: { key: at, value } } : { deleteRange: { key: at } })
    bytes += value?.length ?? 0
  }
  if (operations.length > 0) yield operations
}
