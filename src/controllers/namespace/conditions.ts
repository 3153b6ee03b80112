/** What a terminating namespace says about its content. Mirrors kubernetes pkg/controller/namespace/deletion/status_condition_utils.go. */
import { type Clock, formatTime } from '../../apimachinery/clock.ts'
import type { Namespace, NamespaceCondition } from '../../types/core-v1.ts'
import type { Content } from './content.ts'

export type Conditions = NamespaceCondition[]
type Wanted = [status: string, reason: string, message: string]

/** In the order in which they appear; each with what it says when all is well. */
const WHEN_WELL: [type: string, reason: string, message: string][] = [
  ['NamespaceDeletionDiscoveryFailure', 'ResourcesDiscovered', 'All resources successfully discovered'],
  ['NamespaceDeletionGroupVersionParsingFailure', 'ParsedGroupVersions', 'All legacy kube types successfully parsed'],
  [
    'NamespaceDeletionContentFailure',
    'ContentDeleted',
    'All content successfully deleted, may be waiting on finalization',
  ],
  ['NamespaceContentRemaining', 'ContentRemoved', 'All content successfully removed'],
  ['NamespaceFinalizersRemaining', 'ContentHasNoFinalizers', 'All content-preserving finalizers finished'],
]

/** The namespace's conditions after one pass over its content; transition times move only with the status. */
export function nextConditions(namespace: Namespace, content: Content, clock: Clock): Conditions {
  const bad = problems(content)
  const conditions = [...(namespace.status?.conditions ?? [])]
  const lastTransitionTime = formatTime(clock.now())
  for (const [type, okReason, okMessage] of WHEN_WELL) {
    const [status, reason, message] = bad.get(type) ?? ['False', okReason, okMessage]
    const i = conditions.findIndex((condition) => condition.type === type)
    const old = conditions[i]
    if (!old) conditions.push({ type, status, lastTransitionTime, reason, message })
    else if (old.status !== status) conditions[i] = { type, status, lastTransitionTime, reason, message }
    else conditions[i] = { ...old, reason, message }
  }
  return conditions
}

function problems({ errors, remaining, finalizers, waitsForPods }: Content): Map<string, Wanted> {
  const found = new Map<string, Wanted>()
  if (errors.length > 0) {
    const messages = errors.map(({ message }) => message).sort()
    const message = `Failed to delete all resource types, ${errors.length} remaining: ${messages.join(', ')}`
    found.set('NamespaceDeletionContentFailure', ['True', 'ContentDeletionFailed', message])
  }
  // While pods hold everything up upstream does not say what remains.
  if (waitsForPods) return found
  if (remaining.size > 0) {
    const message = `Some resources are remaining: ${listed(remaining, 'has', ' resource instances')}`
    found.set('NamespaceContentRemaining', ['True', 'SomeResourcesRemain', message])
  }
  if (finalizers.size > 0) {
    const message = `Some content in the namespace has finalizers remaining: ${listed(finalizers, 'in', ' resource instances')}`
    found.set('NamespaceFinalizersRemaining', ['True', 'SomeFinalizersRemain', message])
  }
  return found
}

function listed(counts: ReadonlyMap<string, number>, word: string, unit: string): string {
  return [...counts]
    .map(([name, count]) => `${name} ${word} ${count}${unit}`)
    .sort()
    .join(', ')
}
