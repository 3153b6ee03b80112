/** Which requests a webhook or policy is for. Mirrors the rules of pkg/apis/admissionregistration/validation. */
import {
  child,
  duplicate,
  type FieldError,
  index,
  invalid,
  notSupported,
  required,
} from '../../apimachinery/field-error.ts'
import type { DynamicObject } from '../../apimachinery/meta.ts'
import { isPathSegmentName } from '../../apimachinery/names.ts'
import { invalids } from '../validation.ts'

type Fields = DynamicObject['spec']

const OPERATIONS = ['*', 'CONNECT', 'CREATE', 'DELETE', 'UPDATE']
const SCOPES = ['*', 'Cluster', 'Namespaced']

/** Applies the rule to each entry of a list; null entries count as empty ones. */
export const each = (
  list: readonly Fields[] | null | undefined,
  path: string,
  rule: (one: Fields, path: string) => FieldError[],
): FieldError[] => (list ?? []).flatMap((one, i) => rule(one ?? {}, index(path, i)))

/** One of the values; absent is no error, empty is. */
export const oneOf = (value: string | null | undefined, supported: readonly string[], path: string): FieldError[] =>
  value == null || supported.includes(value) ? [] : [notSupported(path, value, supported)]

export function validateRule(rule: Fields, path: string): FieldError[] {
  const operations: string[] = rule.operations ?? []
  return [
    ...notEmpty(operations, child(path, 'operations')),
    ...alone(operations, 'operations', child(path, 'operations')),
    ...operations.flatMap((operation, i) => oneOf(operation ?? '', OPERATIONS, index(child(path, 'operations'), i))),
    ...notEmpty(rule.apiGroups, child(path, 'apiGroups')),
    ...alone(rule.apiGroups, 'API groups', child(path, 'apiGroups')),
    ...notEmpty(rule.apiVersions, child(path, 'apiVersions')),
    ...alone(rule.apiVersions, 'API versions', child(path, 'apiVersions')),
    ...(rule.apiVersions ?? []).flatMap((version: string, i: number) =>
      version ? [] : [required(index(child(path, 'apiVersions'), i))],
    ),
    ...validateResources(rule.resources ?? [], child(path, 'resources')),
    ...oneOf(rule.scope, SCOPES, child(path, 'scope')),
  ]
}

/** As `validateRule`, for policies: objects may be named too. */
export function validateNamedRule(rule: Fields, path: string): FieldError[] {
  const seen = new Set<string>()
  const names = (rule.resourceNames ?? []).flatMap((name: string, i: number) => {
    const at = index(child(path, 'resourceNames'), i)
    const repeated = seen.has(name) ? [duplicate(at, name)] : []
    seen.add(name)
    return [...invalids(at, name, isPathSegmentName(name)), ...repeated]
  })
  return [...names, ...validateRule(rule, path)]
}

const notEmpty = (list: readonly unknown[] | undefined, path: string): FieldError[] =>
  list?.length ? [] : [required(path)]

function alone(list: readonly string[] | undefined, others: string, path: string): FieldError[] {
  if (!list || list.length < 2 || !list.includes('*')) return []
  return [invalid(path, list, `if '*' is present, must not specify other ${others}`)]
}

/** Mirrors validateResources: wildcards, of resources and subresources, stand for themselves only. */
function validateResources(resources: readonly string[], path: string): FieldError[] {
  const errors = notEmpty(resources, path)
  const ofAll = new Set<string>()
  const allOf = new Set<string>()
  let bare = false
  resources.forEach((text, i) => {
    const at = index(path, i)
    if (!text) {
      errors.push(required(at))
      return
    }
    const slash = text.indexOf('/')
    if (slash < 0) {
      bare = text !== '*'
      return
    }
    const resource = text.slice(0, slash)
    const subresource = text.slice(slash + 1)
    const tell = (present: string) =>
      errors.push(invalid(at, text, `if '${present}' is present, must not specify ${text}`))
    if (allOf.has(resource)) tell(`${resource}/*`)
    if (ofAll.has(subresource)) tell(`*/${subresource}`)
    if (subresource === '*') allOf.add(resource)
    if (resource === '*') ofAll.add(subresource)
  })
  if (resources.length > 1 && resources.includes('*/*')) {
    errors.push(invalid(path, resources, "if '*/*' is present, must not specify other resources"))
  }
  if (resources.includes('*') && bare) {
    const why = "if '*' is present, must not specify other resources without subresources"
    errors.push(invalid(path, resources, why))
  }
  return errors
}
