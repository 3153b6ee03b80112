/**
 * Small validators that resource files compose: each answers the errors of one value at one path, none when it is right.
 * Mirrors apimachinery/pkg/api/validation/generic.go and pkg/apis/meta/v1/validation/validation.go.
 */
import { deepEqual } from '../apimachinery/equality.ts'
import {
  child,
  type FieldError,
  fieldErrorMessage,
  forbidden,
  index,
  invalid,
  notSupported,
  required,
  tooLong,
} from '../apimachinery/field-error.ts'
import { byteLength } from '../apimachinery/go-text.ts'
import type { LabelSelector } from '../apimachinery/meta.ts'
import {
  isDns1123Label,
  isDns1123Subdomain,
  isLabelValue,
  isPortName,
  isPortNumber,
  isQualifiedName,
  maskTrailingDash,
} from '../apimachinery/names.ts'
import { asSent } from '../apimachinery/schema/emptied.ts'
import { internalForm } from '../apimachinery/schema/internal-form.ts'

export const NEGATIVE = 'must be greater than or equal to 0'
export const NOT_POSITIVE = 'must be greater than zero'
export const IMMUTABLE = 'field is immutable'
/** Annotations of one object, keys and values together. */
export const MAX_ANNOTATIONS_BYTES = 256 * 1024

/** One Invalid error a message. */
export function invalids(path: string, value: unknown, messages: readonly string[]): FieldError[] {
  return messages.map((message) => invalid(path, value, message))
}

export const validateDns1123Label = (value: string, path: string): FieldError[] =>
  invalids(path, value, isDns1123Label(value))
export const validateDns1123Subdomain = (value: string, path: string): FieldError[] =>
  invalids(path, value, isDns1123Subdomain(value))
export const validateQualifiedName = (value: string, path: string): FieldError[] =>
  invalids(path, value, isQualifiedName(value))

/** Rules for `validateName` of a kind: a generateName may end in a dash, for a suffix follows. */
export const nameIsDnsLabel = (name: string, prefix: boolean): string[] =>
  isDns1123Label(prefix ? maskTrailingDash(name) : name)
export const nameIsDnsSubdomain = (name: string, prefix: boolean): string[] =>
  isDns1123Subdomain(prefix ? maskTrailingDash(name) : name)

export function validateNonnegative(value: number | undefined, path: string): FieldError[] {
  return value !== undefined && value < 0 ? [invalid(path, value, NEGATIVE)] : []
}

export function validatePositive(value: number, path: string): FieldError[] {
  return value > 0 ? [] : [invalid(path, value, NOT_POSITIVE)]
}

/** Equal by value; absent and undefined are the same. */
export function validateImmutable(value: unknown, old: unknown, path: string): FieldError[] {
  return deepEqual(value, old) ? [] : [invalid(path, value, IMMUTABLE)]
}

/**
 * As validateImmutable of one field of a struct, printed as the client sent it; with `type` as that internal type prints
 * (`core.Toleration`, `[]core.Volume`).
 */
export function validateImmutableField<T extends object>(
  object: T,
  old: T,
  name: string & keyof T,
  path: string,
  type = '',
): FieldError[] {
  if (deepEqual(object[name], old[name])) return []
  const sent = asSent(object, name)
  return [invalid(path, type === '' ? sent : internalForm(type, sent), IMMUTABLE)]
}

/** `supported` prints in the order given: sorted where upstream keeps a set, which is nearly everywhere. */
export function validateEnum(value: string | undefined, supported: readonly string[], path: string): FieldError[] {
  if (!value) return [required(path)]
  return supported.includes(value) ? [] : [notSupported(path, value, supported)]
}

export function validateLabels(labels: Record<string, string> | undefined, path: string): FieldError[] {
  const errors: FieldError[] = []
  for (const name in labels) {
    errors.push(...validateQualifiedName(name, path), ...invalids(path, labels[name], isLabelValue(labels[name])))
  }
  return errors
}

export function validateAnnotations(annotations: Record<string, string> | undefined, path: string): FieldError[] {
  const errors: FieldError[] = []
  let bytes = 0
  for (const name in annotations) {
    // The rule is that of label keys, except that case does not count.
    for (const message of isQualifiedName(name.toLowerCase())) errors.push(invalid(path, name, message))
    bytes += byteLength(name) + byteLength(annotations[name])
  }
  if (bytes > MAX_ANNOTATIONS_BYTES) errors.push(tooLong(path, MAX_ANNOTATIONS_BYTES))
  return errors
}

export function validateLabelSelector(selector: LabelSelector | undefined, path: string): FieldError[] {
  if (!selector) return []
  const errors = validateLabels(selector.matchLabels, child(path, 'matchLabels'))
  selector.matchExpressions?.forEach((expression, i) => {
    const at = index(child(path, 'matchExpressions'), i)
    errors.push(...validateSelectorValues(expression.operator, expression.values, at))
    errors.push(...validateQualifiedName(expression.key ?? '', child(at, 'key')))
    expression.values?.forEach((value, v) => {
      errors.push(...invalids(index(child(at, 'values'), v), value, isLabelValue(value)))
    })
  })
  return errors
}

/** A selector that picks nothing at all is a mistake where it is required. */
export function isEmptySelector(selector: LabelSelector | undefined): boolean {
  return Object.keys(selector?.matchLabels ?? {}).length + (selector?.matchExpressions?.length ?? 0) === 0
}

function validateSelectorValues(
  operator: string | undefined,
  values: readonly string[] | undefined,
  path: string,
): FieldError[] {
  switch (operator) {
    case 'In':
    case 'NotIn':
      return values?.length
        ? []
        : [required(child(path, 'values'), "must be specified when `operator` is 'In' or 'NotIn'")]
    case 'Exists':
    case 'DoesNotExist':
      return values?.length
        ? [forbidden(child(path, 'values'), "may not be specified when `operator` is 'Exists' or 'DoesNotExist'")]
        : []
    default:
      return [invalid(child(path, 'operator'), operator ?? '', 'not a valid selector operator')]
  }
}

/** A port given as a number or as a name. */
export function validatePortNumberOrName(port: number | string | undefined, path: string): FieldError[] {
  if (typeof port === 'string') return invalids(path, port, isPortName(port))
  return invalids(path, port ?? 0, isPortNumber(port ?? 0))
}

/** Without those that print alike, the first of each kept. */
export function uniqueErrors(errors: readonly FieldError[]): FieldError[] {
  const seen = new Set<string>()
  return errors.filter((error) => {
    const text = fieldErrorMessage(error)
    return !seen.has(text) && seen.add(text)
  })
}
