/** Reads golden files recorded from a real kube-apiserver (tools/record). */
import { readdirSync, readFileSync } from 'node:fs'
import type { Status } from '../../src/apimachinery/errors.ts'
import type { DynamicObject } from '../../src/apimachinery/meta.ts'

export interface InvalidCase {
  base: string
  set: Record<string, unknown>
  door?: string
  answer: Status
}

export interface InvalidFile {
  bases: Record<string, { path: string; object: DynamicObject; stored: DynamicObject }>
  cases: InvalidCase[]
}

export interface RowCase {
  path: string
  stored: DynamicObject
  cells: unknown[]
  now: number
}

/** File name without extension and content, of every file below test/golden/`folder`. */
export function goldenFiles<T>(folder: string): [name: string, file: T][] {
  const at = new URL(`../golden/${folder}/`, import.meta.url)
  return readdirSync(at)
    .sort()
    .map((name) => [name.replace('.json', ''), JSON.parse(readFileSync(new URL(name, at), 'utf8')) as T])
}

/** Dotted paths (list positions as numbers, `\.` for a dot inside) to values; null deletes. The recorder does the same. */
export function change(object: DynamicObject, set: Record<string, unknown>): DynamicObject {
  const copy = structuredClone(object)
  for (const [path, value] of Object.entries(set)) {
    const steps = (path.match(/(\\.|[^.])+/g) ?? []).map((step) => step.replaceAll('\\.', '.'))
    const last = steps.pop() as string
    let at: DynamicObject = copy
    for (const step of steps) {
      at[step] ??= {}
      at = at[step]
    }
    if (value === null) delete at[last]
    else at[last] = value
  }
  return copy
}
