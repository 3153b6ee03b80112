/** Fixtures: objects in YAML or JSON, from text, files and folders. */
import { readdir, readFile, stat } from 'node:fs/promises'
import { extname, join } from 'node:path'
import type { KubeObject } from '../apimachinery/meta.ts'
import { parseYamlDocuments } from '../apimachinery/schema/yaml.ts'

/** What is wrong with a fixture, and where: a message for people. */
export class FixtureError extends Error {}

const EXTENSIONS = new Set(['.yaml', '.yml', '.json'])

/** One object to apply, and where it stands, for messages. */
export interface Fixture {
  object: KubeObject
  /** `guestbook.yaml: document 2` */
  where: string
}

/** All objects of a file, or of a folder's .yaml, .yml and .json files in name order. Rejects with FixtureError. */
export async function readFixtures(path: string): Promise<Fixture[]> {
  try {
    if (!(await stat(path)).isDirectory()) return parseFixtures(await readFile(path, 'utf8'), path)
    const names = (await readdir(path)).filter((name) => EXTENSIONS.has(extname(name))).sort()
    if (names.length === 0) throw new FixtureError(`${path}: no .yaml, .yml or .json file in this folder`)
    const fixtures: Fixture[] = []
    for (const name of names)
      fixtures.push(...parseFixtures(await readFile(join(path, name), 'utf8'), join(path, name)))
    return fixtures
  } catch (error) {
    if (error instanceof FixtureError) throw error
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') throw new FixtureError(`${path}: no such file or folder`)
    throw new FixtureError(`${path}: ${(error as Error).message}`)
  }
}

/** Objects of a text: several YAML documents, Lists opened. `where` names the source in errors. Throws FixtureError. */
export function parseFixtures(text: string, where: string): Fixture[] {
  let documents: unknown[]
  try {
    documents = parseYamlDocuments(text)
  } catch (error) {
    throw new FixtureError(`${where}: ${(error as Error).message}`)
  }
  return documents
    .filter((document) => document !== null && document !== undefined)
    .flatMap((document, i) => flatten(document, `${where}: document ${i + 1}`))
}

function flatten(document: unknown, where: string): Fixture[] {
  const object = document as KubeObject & { items?: unknown }
  if (typeof document !== 'object' || Array.isArray(document)) throw new FixtureError(`${where} is not an object`)
  if (typeof object.apiVersion !== 'string' || typeof object.kind !== 'string') {
    throw new FixtureError(`${where} has no apiVersion or no kind`)
  }
  if (object.kind.endsWith('List') && Array.isArray(object.items)) {
    return object.items.flatMap((item, i) => flatten(item, `${where}, item ${i + 1}`))
  }
  if (typeof object.metadata !== 'object' || object.metadata === null)
    throw new FixtureError(`${where} (${object.kind}) has no metadata`)
  return [{ object, where }]
}
