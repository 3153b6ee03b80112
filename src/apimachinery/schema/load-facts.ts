/** Reads the API facts of the package: the one data file that everything about kinds derives from. */
import { readFileSync } from 'node:fs'
import type { Facts } from './facts.ts'

/** Three levels up from here is the package's root, from src/ and from dist/ alike. */
export const factsUrl = new URL('../../../facts/kubernetes-1.37.json', import.meta.url)

let facts: Facts | undefined

/** The API facts of the newest Kubernetes minor; read once per process. Nobody may change what it returns. */
export function loadFacts(): Facts {
  facts ??= JSON.parse(readFileSync(factsUrl, 'utf8')) as Facts
  return facts
}
