/** Where kubectl's client-side apply meets its server-side one. Mirrors managedfields/internal/{lastapplied,lastappliedmanager,lastappliedupdater}.go. */
import { marshal } from '../go-text.ts'
import type { DynamicObject } from '../meta.ts'
import { compare } from './compare.ts'
import { difference, type FieldSet } from './field-set.ts'
import { saidFields } from './field-sets-of-values.ts'
import { ElementError } from './list-elements.ts'
import type { KindFields } from './types.ts'
import { validateConfiguration } from './validate.ts'

export const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration'

const MAX_ANNOTATIONS_BYTES = 256 * 1024

/** What the object still has as its client-side apply left it: a server-side apply may take that over. undefined: there was none. */
export function unchangedSinceLastApply(kind: KindFields, live: DynamicObject): FieldSet | undefined {
  const text = live.metadata.annotations?.[LAST_APPLIED]
  if (!text) return undefined
  try {
    const last = JSON.parse(text) as DynamicObject
    if (last.apiVersion !== kind.apiVersion || validateConfiguration(last, kind.whole).length > 0) return undefined
    const { added, modified, removed } = compare(last, live, kind.whole)
    return difference(difference(difference(saidFields(last, kind.whole), modified), added), removed)
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof ElementError) return undefined
    throw error
  }
}

/** The annotation for a configuration, as far as it fits in an object. */
export function lastAppliedOf(config: DynamicObject): Record<string, string> {
  const { metadata, ...rest } = config
  const { [LAST_APPLIED]: _, ...annotations } = metadata?.annotations ?? {}
  const bare = { ...rest, metadata: { ...metadata, ...(metadata?.annotations ? { annotations } : {}) } }
  const value = `${marshal(sorted(bare))}\n`
  return value.length > MAX_ANNOTATIONS_BYTES ? {} : { [LAST_APPLIED]: value }
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, child]) => [name, sorted(child)]),
  )
}
