/** The committed facts, read and parsed once. */
import { readPackageFile } from '../package-root.ts'
import type { Facts } from './facts.ts'

let facts: Facts | undefined

/** The API facts of the newest Kubernetes minor; read once per process. Nobody may change what it returns. */
export function loadFacts(): Facts {
  facts ??= JSON.parse(readPackageFile('facts/kubernetes-1.37.json')) as Facts
  return facts
}
