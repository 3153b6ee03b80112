/** Field errors: what validation returns, and how they print. Mirrors apimachinery/pkg/util/validation/field/{errors,path}.go. */
import { marshal, quote } from './go-text.ts'

export type FieldErrorType =
  | 'NotFound'
  | 'Required'
  | 'Duplicate'
  | 'Invalid'
  | 'NotSupported'
  | 'Forbidden'
  | 'TooLong'
  | 'TooMany'
  | 'TooFew'
  | 'TooShort'
  | 'TypeInvalid'
  | 'Internal'

export interface FieldError {
  type: FieldErrorType
  /** `spec.containers[0].name`; empty when it concerns the whole object. */
  field: string
  badValue?: unknown
  detail: string
}

const REASON: Record<FieldErrorType, string> = {
  NotFound: 'FieldValueNotFound',
  Required: 'FieldValueRequired',
  Duplicate: 'FieldValueDuplicate',
  Invalid: 'FieldValueInvalid',
  NotSupported: 'FieldValueNotSupported',
  Forbidden: 'FieldValueForbidden',
  TooLong: 'FieldValueTooLong',
  TooMany: 'FieldValueTooMany',
  TooFew: 'FieldValueTooFew',
  TooShort: 'FieldValueTooShort',
  TypeInvalid: 'FieldValueTypeInvalid',
  Internal: 'InternalError',
}

const LEAD: Record<FieldErrorType, string> = {
  NotFound: 'Not found',
  Required: 'Required value',
  Duplicate: 'Duplicate value',
  Invalid: 'Invalid value',
  NotSupported: 'Unsupported value',
  Forbidden: 'Forbidden',
  TooLong: 'Too long',
  TooMany: 'Too many',
  TooFew: 'Too few',
  TooShort: 'Too short',
  TypeInvalid: 'Invalid value',
  Internal: 'Internal error',
}

/** As `badValue`: the message prints no value, as upstream's OmitValueType. */
export const OMITTED = Symbol('omitted')

const VALUELESS = new Set<FieldErrorType>(['Required', 'Forbidden', 'TooLong', 'TooShort', 'Internal'])

/** The cause's reason. */
export function fieldErrorReason(error: FieldError): string {
  return REASON[error.type]
}

/** The text of one error; with `withField` (default) led by the path, as the Status message has it and a cause's message has not. */
export function fieldErrorMessage(error: FieldError, withField = true): string {
  let text = LEAD[error.type]
  if (!VALUELESS.has(error.type) && error.badValue !== OMITTED) text += `: ${formatValue(error.badValue)}`
  if (error.detail !== '') text += `: ${error.detail}`
  return withField ? `${error.field === '' ? '<nil>' : error.field}: ${text}` : text
}

function formatValue(value: unknown): string {
  if (typeof value === 'string') return quote(value)
  return typeof value === 'bigint' ? String(value) : marshal(value)
}

/** The text of all errors, each once: one alone, several as `[a, b]`. Mirrors ErrorList.ToAggregate().Error(). */
export function aggregate(errors: readonly FieldError[]): string {
  const messages = [...new Set(errors.map((error) => fieldErrorMessage(error)))]
  return messages.length === 1 ? messages[0] : `[${messages.join(', ')}]`
}

export const required = (field: string, detail = ''): FieldError => ({ type: 'Required', field, detail })
export const invalid = (field: string, badValue: unknown, detail: string): FieldError => ({
  type: 'Invalid',
  field,
  badValue,
  detail,
})
export const typeInvalid = (field: string, badValue: unknown, detail: string): FieldError => ({
  type: 'TypeInvalid',
  field,
  badValue,
  detail,
})
export const duplicate = (field: string, badValue: unknown): FieldError => ({
  type: 'Duplicate',
  field,
  badValue,
  detail: '',
})
export const notFound = (field: string, badValue: unknown): FieldError => ({
  type: 'NotFound',
  field,
  badValue,
  detail: '',
})
export const forbidden = (field: string, detail: string): FieldError => ({ type: 'Forbidden', field, detail })
/** A negative limit is not told. */
export const tooLong = (field: string, maxBytes: number): FieldError => ({
  type: 'TooLong',
  field,
  detail: maxBytes < 0 ? 'value is too long' : `may not be more than ${count(maxBytes, 'byte')}`,
})
export const tooLongCharacters = (field: string, max: number): FieldError => ({
  type: 'TooLong',
  field,
  detail: max < 0 ? 'value is too long' : `may not be more than ${count(max, 'character')}`,
})
export const tooShort = (field: string, min: number): FieldError => ({
  type: 'TooShort',
  field,
  detail: min < 0 ? 'value is too short' : `must be at least ${count(min, 'character')}`,
})
export const tooMany = (field: string, actual: number, max: number): FieldError => ({
  type: 'TooMany',
  field,
  badValue: actual,
  detail: max < 0 ? 'has too many items' : `must have at most ${count(max, 'item')}`,
})
export const internalError = (field: string, detail: string): FieldError => ({ type: 'Internal', field, detail })

const count = (n: number, noun: string): string => `${n} ${noun}${n === 1 ? '' : 's'}`

/** `supported` prints in the order given: callers sort where upstream has a set. */
export const notSupported = (field: string, badValue: unknown, supported: readonly string[]): FieldError => ({
  type: 'NotSupported',
  field,
  badValue,
  detail: supported.length ? `supported values: ${supported.map((value) => quote(value)).join(', ')}` : '',
})

/** `spec.containers[0]`, `data[key]`: paths are plain strings, made only where an error is made or a list is walked. */
export const child = (path: string, name: string): string => (path === '' ? name : `${path}.${name}`)
export const index = (path: string, i: number): string => `${path}[${i}]`
export const key = (path: string, name: string): string => `${path}[${name}]`
