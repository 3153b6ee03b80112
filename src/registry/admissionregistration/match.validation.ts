/** What policies and their bindings match, and their parameters. Mirrors pkg/apis/admissionregistration/validation. */
import { child, type FieldError, forbidden, invalid, notSupported, required } from '../../apimachinery/field-error.ts'
import type { DynamicObject } from '../../apimachinery/meta.ts'
import { isDns1035Label, isDns1123Subdomain, isPathSegmentName } from '../../apimachinery/names.ts'
import { invalids, validateLabelSelector } from '../validation.ts'
import { each, oneOf, validateNamedRule } from './rules.validation.ts'

type Fields = DynamicObject['spec']

export const MATCH_POLICIES = ['Equivalent', 'Exact']
/** Nothing is left to mutate when an object is deleted. */
const MUTATING_OPERATIONS = ['*', 'CONNECT', 'CREATE', 'UPDATE']
const NOT_FOUND_ACTIONS = ['Deny', 'Allow']

/** Defaults have filled in the policy and the selectors. */
export function validateMatchResources(match: Fields, path: string): FieldError[] {
  return [
    ...oneOf(match.matchPolicy, MATCH_POLICIES, child(path, 'matchPolicy')),
    ...validateLabelSelector(match.namespaceSelector, child(path, 'namespaceSelector')),
    ...validateLabelSelector(match.objectSelector, child(path, 'objectSelector')),
    ...each(match.resourceRules, child(path, 'resourceRules'), validateNamedRule),
    ...each(match.excludeResourceRules, child(path, 'excludeResourceRules'), validateNamedRule),
  ]
}

/** Told of the field of all rules, as upstream does. */
export function validateMutatingOperations(match: Fields, path: string): FieldError[] {
  const operations: string[] = (match?.resourceRules ?? []).flatMap((rule: Fields) => rule?.operations ?? [])
  return operations.flatMap((operation) =>
    oneOf(operation ?? '', MUTATING_OPERATIONS, child(path, 'resourceRules.operations')),
  )
}

export function validateMatchConstraints(match: Fields, path: string): FieldError[] {
  if (!match) return [required(path)]
  const errors = validateMatchResources(match, path)
  // At least one rule has to say what types there are.
  return match.resourceRules?.length ? errors : [...errors, required(child(path, 'resourceRules'))]
}

export function validateParamKind({ apiVersion = '', kind = '' }: Fields, path: string): FieldError[] {
  const errors = apiVersion === '' ? [required(child(path, 'apiVersion'))] : validateApiVersion(apiVersion, path)
  if (kind === '') return [...errors, required(child(path, 'kind'))]
  const wrong = isDns1035Label(kind.toLowerCase())
  if (wrong.length === 0) return errors
  const why = `may have mixed case, but should otherwise match: ${wrong.join(',')}`
  return [...errors, invalid(child(path, 'kind'), kind, why)]
}

function validateApiVersion(apiVersion: string, path: string): FieldError[] {
  const at = child(path, 'apiVersion')
  const parts = apiVersion === '/' ? [] : apiVersion.split('/')
  if (parts.length > 2) return [invalid(at, apiVersion, `unexpected GroupVersion string: ${apiVersion}`)]
  const version = parts.at(-1) ?? ''
  const group = parts.length === 2 ? parts[0] : ''
  const tell = (value: string, wrong: string[]) => (wrong.length ? [invalid(at, value, wrong.join(','))] : [])
  return [
    ...(group === '' ? [] : tell(group, isDns1123Subdomain(group))),
    ...(version === ''
      ? [invalid(at, apiVersion, 'version must be specified')]
      : tell(version, isDns1035Label(version))),
  ]
}

/** A binding's parameters: one by name, or several by selector. */
export function validateParamRef(reference: Fields, path: string): FieldError[] {
  if (!reference) return []
  const { name = '', selector, parameterNotFoundAction: action = '' } = reference
  const both = name !== '' && selector ? 'name and selector are mutually exclusive' : undefined
  const errors = name === '' ? [] : invalids(child(path, 'name'), name, isPathSegmentName(name))
  if (both) errors.push(forbidden(child(path, 'name'), both))
  if (selector) errors.push(...validateLabelSelector(selector, child(path, 'selector')))
  if (both) errors.push(forbidden(child(path, 'selector'), both))
  if (name === '' && !selector) errors.push(required(path, 'one of name or selector must be specified'))
  const at = child(path, 'parameterNotFoundAction')
  if (action === '') errors.push(required(at))
  else if (!NOT_FOUND_ACTIONS.includes(action)) errors.push(notSupported(at, action, NOT_FOUND_ACTIONS))
  return errors
}
