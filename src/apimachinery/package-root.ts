/** Files of this package that are no code. Found from any place: sources lie in folders, the built package in a few bundled files. */
import { existsSync, readFileSync } from 'node:fs'

let root: URL | undefined

/** The text of a file of the package, by its path from the package's root. Throws when it is not there. */
export function readPackageFile(path: string): string {
  root ??= findRoot()
  return readFileSync(new URL(path, root), 'utf8')
}

function findRoot(): URL {
  let folder = new URL('.', import.meta.url)
  while (!existsSync(new URL('package.json', folder))) folder = new URL('..', folder)
  return folder
}
