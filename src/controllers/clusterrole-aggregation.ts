/** Rules of ClusterRoles that aggregate others. Mirrors kubernetes pkg/controller/clusterroleaggregation. */
import { semanticEqual } from '../apimachinery/equality.ts'
import { selectorFromObject } from '../apimachinery/labels.ts'
import type { ClusterRole, PolicyRule } from '../types/rbac-v1.ts'
import { defineController, type Lister } from './controller.ts'

const RESOURCE = 'clusterroles.rbac.authorization.k8s.io'
/** Index: all roles that aggregate. */
const AGGREGATING = 'aggregating'

export const clusterroleAggregation = defineController({
  name: 'clusterrole-aggregation',
  component: 'clusterrole-aggregation-controller',
  watches: [
    {
      resource: RESOURCE,
      changesOnly: true,
      keys: (_changed, context) =>
        context
          .lister(RESOURCE)
          .byIndex(AGGREGATING, 'true')
          .map(({ metadata }) => ({ namespace: '', name: metadata.name ?? '' })),
    },
  ],
  indexes: { [RESOURCE]: { [AGGREGATING]: (role) => ((role as ClusterRole).aggregationRule ? ['true'] : []) } },
  async reconcile({ name }, { client, lister }) {
    const roles = lister<ClusterRole>(RESOURCE)
    const role = roles.get('', name)
    if (!role?.aggregationRule) return
    const rules = aggregate(role, roles)
    if (semanticEqual(rules, role.rules ?? [])) return
    await client.modify<ClusterRole>(RESOURCE, '', name, (old) => ({ ...old, rules }))
  },
})

/** Each rule once, selector by selector, roles by name. */
function aggregate(role: ClusterRole, roles: Lister<ClusterRole>): PolicyRule[] {
  const rules: PolicyRule[] = []
  const seen = new Set<string>()
  for (const object of role.aggregationRule?.clusterRoleSelectors ?? []) {
    const selector = selectorFromObject(object)
    const selected = roles.list().filter(({ metadata }) => selector.matches(metadata.labels))
    selected.sort((a, b) => ((a.metadata.name ?? '') < (b.metadata.name ?? '') ? -1 : 1))
    for (const { metadata, rules: own } of selected) {
      if (metadata.name === role.metadata.name) continue
      for (const rule of own ?? []) {
        const text = textOf(rule)
        if (!seen.has(text)) rules.push(rule)
        seen.add(text)
      }
    }
  }
  return rules
}

/** Stored rules never change, and clusters share those that all of them have. */
const texts = new WeakMap<PolicyRule, string>()

/** The same for rules that say the same. */
function textOf(rule: PolicyRule): string {
  let text = texts.get(rule)
  if (text === undefined) {
    const { verbs, apiGroups, resources, resourceNames, nonResourceURLs } = rule
    text = JSON.stringify([verbs, apiGroups, resources, resourceNames, nonResourceURLs])
    texts.set(rule, text)
  }
  return text
}
