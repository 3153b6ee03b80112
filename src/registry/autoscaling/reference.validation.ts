/** References to what is scaled or measured. Mirrors ValidateCrossVersionObjectReference of pkg/apis/autoscaling/validation. */
import { child, type FieldError, invalid, required } from '../../apimachinery/field-error.ts'
import type { DynamicObject } from '../../apimachinery/meta.ts'
import { isPathSegmentName } from '../../apimachinery/names.ts'
import { invalids } from '../validation.ts'

/** `anyGroup`: the core group may be meant. */
export function validateTargetReference(
  reference: DynamicObject['spec'],
  path: string,
  anyGroup: boolean,
): FieldError[] {
  const errors: FieldError[] = []
  for (const name of ['kind', 'name']) {
    const value: string = reference[name] ?? ''
    if (value !== '') errors.push(...invalids(child(path, name), value, isPathSegmentName(value)))
    else errors.push(required(child(path, name)))
  }
  const apiVersion: string = reference.apiVersion ?? ''
  const why = apiVersionProblem(apiVersion, anyGroup)
  if (why) errors.push(invalid(child(path, 'apiVersion'), apiVersion, why))
  return errors
}

function apiVersionProblem(apiVersion: string, anyGroup: boolean): string | undefined {
  if (apiVersion.split('/').length > 2) return `unexpected GroupVersion string: ${apiVersion}`
  return anyGroup || apiVersion.indexOf('/') > 0 ? undefined : 'apiVersion must specify API group'
}
