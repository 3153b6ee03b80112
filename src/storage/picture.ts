/** The state of a storage at one revision as a value, and what can be asked of it: counting by name, the difference to another. */
import sortedBTree from 'sorted-btree'
import type { KubeObject } from '../apimachinery/meta.ts'
import type { Key } from './interface.ts'

// The package is CommonJS: Node gives its exports as the default import, bundlers and vitest give their `default`, the class.
type SortedBTree = typeof sortedBTree.default
const BTree: SortedBTree = (sortedBTree as { default?: SortedBTree }).default ?? (sortedBTree as unknown as SortedBTree)

/** The largest there is: counting 100,000 names visits a fifth of the nodes, and writes measure the same. */
const NODE_SIZE = 256

/** One resource's objects by name, in byte order. */
export type Tree = sortedBTree.default<string, KubeObject>

/** Never changes; whoever wants to write in one of the trees clones it, which costs nothing until then. */
export interface Picture {
  readonly revision: number
  readonly trees: ReadonlyMap<string, Tree>
}

/** What makes one picture out of another: an object to put under a key, or none to take the key away. */
export interface Change {
  key: Key
  object?: KubeObject
}

/** A commit of many changes at one revision, of which there is no history: objects keep the resourceVersion they had. */
export interface Restoration {
  revision: number
  changes: Change[]
}

/** Names are compared by UTF-16 unit, which for ASCII, and so for Kubernetes names, is etcd's byte order. */
export function newTree(): Tree {
  return new BTree<string, KubeObject>(undefined, compareNames, NODE_SIZE)
}

function compareNames(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** How many names start with `under`, from `start` on. Visits tree nodes, not objects: 100,000 names are about 500 nodes. */
export function countNames(tree: Tree, under: string, start: string): number {
  if (under === '' && start === '') return tree.size
  const end = under === '' ? '\uffff' : endOf(under)
  return start < end ? tree.forRange(start, end, false) : 0
}

/** The changes that turn `from` into `to`. Objects are immutable, so the same object is the same state. */
export function differences(from: Picture, to: Picture): Change[] {
  const changes: Change[] = []
  for (const [prefix, tree] of from.trees) {
    const kept = to.trees.get(prefix)
    tree.forEachPair((name) => {
      if (!kept?.has(name)) changes.push({ key: { prefix, name } })
    })
  }
  for (const [prefix, tree] of to.trees) {
    const present = from.trees.get(prefix)
    tree.forEachPair((name, object) => {
      if (present?.get(name) !== object) changes.push({ key: { prefix, name }, object })
    })
  }
  return changes
}

/** The first string after all that start with `under`. */
function endOf(under: string): string {
  const last = under.length - 1
  return under.slice(0, last) + String.fromCharCode(under.charCodeAt(last) + 1)
}
