/** What can be done with a data file that no cluster has open: `kubemu data`. */
import { stat } from 'node:fs/promises'
import { formatGroupResource, type KubeObject } from './apimachinery/meta.ts'
import { loadFacts } from './apimachinery/schema/load-facts.ts'
import { type ExportOptions, exportObjects } from './scenario/export.ts'
import { type DataFile, readDataFile } from './storage/data-file.ts'
import { explained } from './storage/file-system.ts'
import { JOURNAL_VERSION } from './storage/journal-segments.ts'
import { openJsonFile } from './storage/json-file.ts'
import { findHolder, nameOf } from './storage/lock-file.ts'
import { FORMAT_VERSION } from './storage/snapshot-lines.ts'

export interface DataFileReport extends Omit<DataFile, 'picture' | 'next'> {
  revision: number
  /** Versions of the two formats: what is read is of these. */
  formats: { snapshot: number; journal: number }
  /** Objects of each resource (`deployments.apps`), in its order. */
  objects: Map<string, number>
  /** Who has the file open: what was read is the state of a moment. */
  holder: string | undefined
}

export interface ExportSelection extends ExportOptions {
  /** Only these, as kubectl names them: `pods`, `deployments.apps`. */
  resources?: readonly string[]
}

const FORMATS = { snapshot: FORMAT_VERSION, journal: JOURNAL_VERSION }

/** A file that is written meanwhile is between two states for a moment: the journal is gone that was to be read next. */
const ATTEMPTS = 5

/** Reads all of it, also while a cluster has it open, and writes nothing. Rejects with what is damaged and what to do. */
export async function checkDataFile(path: string): Promise<DataFileReport> {
  await requireExisting(path)
  for (let attempt = 1; ; attempt++) {
    try {
      const { picture, saved, segments } = await readDataFile(path)
      const objects = new Map<string, number>()
      for (const [prefix, tree] of picture.trees) if (tree.size > 0) objects.set(resourceOf(prefix), tree.size)
      const sorted = new Map([...objects].sort(([a], [b]) => (a < b ? -1 : 1)))
      return { revision: picture.revision, formats: FORMATS, saved, segments, objects: sorted, holder: holderOf(path) }
    } catch (error) {
      if (attempt === ATTEMPTS || holderOf(path) === undefined) throw error
    }
  }
}

/** Folds the journal into the snapshot. Rejects when the file is in use, damaged, or cannot be written: nothing is lost then. */
export async function compactDataFile(path: string): Promise<void> {
  await requireExisting(path)
  const storage = await openJsonFile(path)
  try {
    await storage.save()
  } finally {
    await storage.close()
  }
}

/** The objects as fixtures. Rejects when the file is in use: half of what belongs together may be there. */
export async function exportDataFile(path: string, selection: ExportSelection = {}): Promise<KubeObject[]> {
  await requireExisting(path)
  const holder = holderOf(path)
  if (holder !== undefined) throw new Error(`${path}: the data file is in use by ${holder}. Stop it first.`)
  const { picture } = await readDataFile(path)
  const byResource = new Map(inDiscoveryOrder([...picture.trees].map(([prefix, tree]) => [resourceOf(prefix), tree])))
  const wanted = selection.resources ?? [...byResource.keys()]
  const missing = wanted.find((resource) => !byResource.has(resource))
  if (missing !== undefined) {
    throw new Error(
      `${path}: no ${JSON.stringify(missing)} in it; there are: ${[...byResource.keys()].sort().join(', ')}`,
    )
  }
  return exportObjects(
    wanted.flatMap((resource) => byResource.get(resource)!.valuesArray()),
    selection,
  )
}

/** Custom resources come last: in the file resources stand in the order in which they were first written. */
function inDiscoveryOrder<T>(entries: [resource: string, value: T][]): [resource: string, value: T][] {
  const names = loadFacts().resources.map(({ group, resource }) => formatGroupResource(group, resource))
  const placeOf = (resource: string): number => (names.includes(resource) ? names.indexOf(resource) : names.length)
  return entries.sort(([a], [b]) => placeOf(a) - placeOf(b))
}

async function requireExisting(path: string): Promise<void> {
  const isThere = (file: string) =>
    stat(file).then(
      () => true,
      (error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return false
        throw explained(path, error)
      },
    )
  // A cluster that was killed before its first snapshot has a journal only.
  if ((await isThere(path)) || (await isThere(`${path}.journal`))) return
  throw new Error(`${path}: no such file`)
}

function holderOf(path: string): string | undefined {
  const holder = findHolder(`${path}.lock`)
  return holder && nameOf(holder)
}

/** `/registry/services/specs/` -> `services`; `/registry/example.com/widgets/` -> `widgets.example.com`. */
function resourceOf(prefix: string): string {
  const key = prefix.slice('/registry/'.length, -1)
  const fact = loadFacts().resources.find((resource) => (resource.prefix ?? resource.resource) === key)
  if (fact !== undefined) return formatGroupResource(fact.group, fact.resource)
  const [group, resource] = key.split('/')
  return resource === undefined ? key : `${resource}.${group}`
}
