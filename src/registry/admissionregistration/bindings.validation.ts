/** Validation of the bindings of admission policies. Mirrors pkg/apis/admissionregistration/validation. */
import { duplicate, type FieldError, index, invalid, notSupported, required } from '../../apimachinery/field-error.ts'
import type { DynamicObject } from '../../apimachinery/meta.ts'
import { validateDns1123Subdomain } from '../validation.ts'
import { validateMatchResources, validateMutatingOperations, validateParamRef } from './match.validation.ts'

const ACTIONS = ['Audit', 'Deny', 'Warn']

export function validateMutatingBinding({ spec = {} }: DynamicObject): FieldError[] {
  return [...validateBinding(spec), ...validateMutatingOperations(spec.matchResources, 'spec.matchResources')]
}

export function validateValidatingBinding({ spec = {} }: DynamicObject): FieldError[] {
  return [...validateBinding(spec), ...validateActions(spec.validationActions ?? [], 'spec.validationActions')]
}

function validateBinding({ policyName = '', paramRef, matchResources }: DynamicObject['spec']): FieldError[] {
  const path = 'spec.policyName'
  return [
    ...(policyName === '' ? [required(path)] : validateDns1123Subdomain(policyName, path)),
    ...validateParamRef(paramRef, 'spec.paramRef'),
    ...(matchResources ? validateMatchResources(matchResources, 'spec.matchResources') : []),
  ]
}

function validateActions(actions: readonly string[], path: string): FieldError[] {
  if (actions.length === 0) return [required(path)]
  const errors = actions.flatMap((action, i) => {
    const at = index(path, i)
    const unknown = ACTIONS.includes(action) ? [] : [notSupported(at, action ?? '', ACTIONS)]
    return actions.indexOf(action) < i ? [...unknown, duplicate(at, action)] : unknown
  })
  if (actions.includes('Deny') && actions.includes('Warn')) {
    const why =
      'must not contain both Deny and Warn (repeating the same validation failure information in the API response and headers serves no purpose)'
    errors.push(invalid(path, actions, why))
  }
  return errors
}
