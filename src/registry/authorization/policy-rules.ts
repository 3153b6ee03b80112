/**
 * What rules of roles allow, and whether some rules hold all that others grant. Mirrors pkg/apis/rbac/v1/evaluation_helpers.go and
 * component-helpers/auth/rbac/validation.
 */
import { quote } from '../../apimachinery/go-text.ts'
import type { PolicyRule } from '../../types/rbac-v1.ts'
import type { AccessAttributes } from './authorizer.ts'

const ALL = '*'

export function ruleAllows(rule: PolicyRule, attributes: AccessAttributes): boolean {
  const { verb, group = '', resource = '', subresource = '', name = '', path } = attributes
  if (!holds(rule.verbs, verb)) return false
  if (path !== undefined) return rule.nonResourceURLs?.some((url) => urlCovers(url, path)) ?? false
  if (!holds(rule.apiGroups, group)) return false
  const combined = subresource === '' ? resource : `${resource}/${subresource}`
  const resources = rule.resources ?? []
  if (!holds(resources, combined) && !(subresource !== '' && resources.includes(`*/${subresource}`))) return false
  return !rule.resourceNames?.length || rule.resourceNames.includes(name)
}

const holds = (list: readonly string[] | undefined, value: string): boolean =>
  list !== undefined && (list.includes(ALL) || list.includes(value))

function urlCovers(url: string, path: string): boolean {
  if (url === ALL || url === path) return true
  return url.endsWith(ALL) && path.startsWith(url.replace(/\*+$/, ''))
}

/** What `wanted` grants and `held` does not, in its smallest parts. */
export function missingRights(held: readonly PolicyRule[], wanted: readonly PolicyRule[]): PolicyRule[] {
  return wanted.flatMap(parts).filter((part) => !held.some((rule) => covers(rule, part)))
}

/** One verb, one resource and at most one name each. */
function parts({
  verbs,
  apiGroups = [],
  resources = [],
  resourceNames = [],
  nonResourceURLs = [],
}: PolicyRule): PolicyRule[] {
  const found: PolicyRule[] = []
  for (const group of apiGroups) {
    for (const resource of resources) {
      for (const verb of verbs) {
        const rule = { apiGroups: [group], resources: [resource], verbs: [verb] }
        if (resourceNames.length === 0) found.push(rule)
        else for (const name of resourceNames) found.push({ ...rule, resourceNames: [name] })
      }
    }
  }
  for (const url of nonResourceURLs) for (const verb of verbs) found.push({ nonResourceURLs: [url], verbs: [verb] })
  return found
}

/** `part` has one of everything. */
function covers(rule: PolicyRule, part: PolicyRule): boolean {
  const names = rule.resourceNames ?? []
  return (
    holds(rule.verbs, part.verbs[0]!) &&
    (part.apiGroups ?? []).every((group) => holds(rule.apiGroups, group)) &&
    (part.resources ?? []).every((resource) => coversResource(rule.resources ?? [], resource)) &&
    (names.length === 0 || (part.resourceNames?.every((name) => names.includes(name)) ?? false)) &&
    (part.nonResourceURLs ?? []).every((path) => rule.nonResourceURLs?.some((url) => urlCovers(url, path)))
  )
}

function coversResource(held: readonly string[], resource: string): boolean {
  if (holds(held, resource)) return true
  const slash = resource.indexOf('/')
  return slash >= 0 && held.includes(`*/${resource.slice(slash + 1)}`)
}

/** Sorted lines: verbs of the same resource together. Mirrors CompactRules and CompactString. */
export function describeRules(rules: readonly PolicyRule[]): string[] {
  const compact = new Map<string, PolicyRule>()
  for (const rule of rules) {
    const { verbs, ...what } = rule
    // Paths stay apart, as upstream.
    const key = JSON.stringify(rule.nonResourceURLs ? rule : what)
    const same = compact.get(key)
    compact.set(key, same ? { ...same, verbs: [...same.verbs, ...verbs] } : rule)
  }
  return [...new Set([...compact.values()].map(describeRule))].sort()
}

function describeRule(rule: PolicyRule): string {
  const fields: [name: string, values: readonly string[] | undefined][] = [
    ['APIGroups', rule.apiGroups],
    ['Resources', rule.resources],
    ['NonResourceURLs', rule.nonResourceURLs],
    ['ResourceNames', rule.resourceNames],
    ['Verbs', rule.verbs],
  ]
  const shown = fields.filter(([, values]) => values !== undefined && values.length > 0)
  return `{${shown.map(([name, values]) => `${name}:[${values!.map(quote).join(' ')}]`).join(', ')}}`
}
