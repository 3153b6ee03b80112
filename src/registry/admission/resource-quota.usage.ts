/** What a namespace has in use of a quota, counted anew. Mirrors CalculateUsage of apiserver/pkg/quota/v1/resources.go. */
import type { DynamicObject } from '../../apimachinery/meta.ts'
import { addResources, type Resources } from '../../apimachinery/pod-resources.ts'
import { formatQuantity, newQuantity } from '../../apimachinery/quantity.ts'
import type { Reader, ResourceDefinition } from '../definition.ts'
import { countsFor, evaluatorFor } from './resource-quota.evaluators.ts'

/** What is asked of a Registry. */
export interface Counted {
  readonly reader: Reader
  definitions(): readonly ResourceDefinition[]
}

/** By resource of `spec.hard`, those that some kind can use: what the quota's namespace has now. */
export function quotaUsage(quota: DynamicObject, registry: Counted): Record<string, string> {
  const hard = Object.keys(quota['spec']?.hard ?? {})
  const used: Resources = {}
  const counted = registry.definitions().filter(({ namespaced, verbs }) => namespaced && verbs.includes('list'))
  for (const resource of new Set(counted.map(({ groupResource }) => groupResource))) {
    const evaluator = evaluatorFor(resource)
    const names = evaluator ? hard.filter((name) => evaluator.counts(name)) : []
    if (!evaluator || names.length === 0) continue
    const total = registry.reader
      .list(resource, quota.metadata.namespace)
      .filter((object) => countsFor(quota, object, evaluator))
      .reduce((sum: Resources, object) => addResources(sum, evaluator.usage(object)), {})
    for (const name of names) used[name] = total[name] ?? newQuantity(0)
  }
  return Object.fromEntries(Object.entries(used).map(([name, amount]) => [name, formatQuantity(amount)]))
}
