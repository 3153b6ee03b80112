/** Warnings that the workloads share. */
import { formatAny } from '../../apimachinery/go-text.ts'
import type { DynamicObject } from '../../apimachinery/meta.ts'
import { isDns1123Label } from '../../apimachinery/names.ts'

/** Pods are named after the workload. */
export function nameWarnings(object: DynamicObject, old: DynamicObject | undefined): string[] {
  const messages = old ? [] : isDns1123Label(object.metadata.name ?? '')
  if (messages.length === 0) return []
  return [
    `metadata.name: this is used in Pod names and hostnames, which can result in surprising behavior; a DNS label is recommended: ${formatAny(messages)}`,
  ]
}
