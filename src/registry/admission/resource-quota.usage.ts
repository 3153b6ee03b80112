/** What a namespace has in use of a quota, counted anew. Mirrors CalculateUsage of apiserver/pkg/quota/v1/resources.go. */
import type { DynamicObject } from '../../apimachinery/meta.ts'
import { addResources, type Resources } from '../../apimachinery/pod-resources.ts'
import { formatQuantity, newQuantity } from '../../apimachinery/quantity.ts'
import { countsFor, evaluatorFor } from './resource-quota.evaluators.ts'

/**
 * By resource of `spec.hard`, those that some kind can use; `resources`: the namespaced ones that are served, as `deployments.apps`;
 * `list`: their objects in the quota's namespace.
 */
export function quotaUsage(
  quota: DynamicObject,
  resources: Iterable<string>,
  list: (resource: string) => readonly DynamicObject[],
): Record<string, string> {
  const hard = Object.keys(quota['spec']?.hard ?? {})
  const used: Resources = {}
  for (const resource of new Set(resources)) {
    const evaluator = evaluatorFor(resource)
    const names = evaluator ? hard.filter((name) => evaluator.counts(name)) : []
    if (!evaluator || names.length === 0) continue
    const total = list(resource)
      .filter((object) => countsFor(quota, object, evaluator))
      .reduce((sum: Resources, object) => addResources(sum, evaluator.usage(object)), {})
    for (const name of names) used[name] = total[name] ?? newQuantity(0)
  }
  return Object.fromEntries(Object.entries(used).map(([name, amount]) => [name, formatQuantity(amount)]))
}
