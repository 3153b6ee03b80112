/** Conditions of the common shape (metav1.Condition). Mirrors ValidateConditions of apimachinery/pkg/apis/meta/v1/validation. */
import {
  child,
  duplicate,
  type FieldError,
  index,
  invalid,
  notSupported,
  required,
  tooLong,
} from '../apimachinery/field-error.ts'
import { byteLength } from '../apimachinery/go-text.ts'
import { isQualifiedName, regexMessage } from '../apimachinery/names.ts'
import { invalids } from './validation.ts'

interface Condition {
  type?: string
  status?: string
  observedGeneration?: number
  lastTransitionTime?: string | null
  reason?: string
  message?: string
}

const STATUSES = ['False', 'True', 'Unknown']
const MAX_REASON_BYTES = 1024
const MAX_MESSAGE_BYTES = 32 * 1024
const REASON = '[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?'
const REASON_RULE =
  "a condition reason must start with alphabetic character, optionally followed by a string of alphanumeric characters or '_,:', and must end with an alphanumeric character or '_'"
const reasonPattern = new RegExp(`^${REASON}$`)

export function validateConditions(conditions: readonly Condition[] = [], path: string): FieldError[] {
  const seen = new Set<string>()
  return conditions.flatMap((condition, i) => {
    const { type = '' } = condition ?? {}
    const repeated = seen.has(type) ? [duplicate(index(path, i), type)] : []
    seen.add(type)
    return [...repeated, ...validateCondition(condition ?? {}, index(path, i))]
  })
}

function validateCondition(condition: Condition, path: string): FieldError[] {
  const { type = '', status = '', observedGeneration = 0, lastTransitionTime, reason = '', message = '' } = condition
  const errors: FieldError[] = []
  if (type === '') errors.push(required(child(path, 'type'), 'is required'))
  else errors.push(...invalids(child(path, 'type'), type, isQualifiedName(type)))
  if (status === '') errors.push(required(child(path, 'status')))
  else if (!STATUSES.includes(status)) errors.push(notSupported(child(path, 'status'), status, STATUSES))
  if (observedGeneration < 0) {
    const why = 'must be greater than or equal to zero'
    errors.push(invalid(child(path, 'observedGeneration'), observedGeneration, why))
  }
  if (!lastTransitionTime) errors.push(required(child(path, 'lastTransitionTime')))
  errors.push(...validateReason(reason, child(path, 'reason')))
  if (byteLength(message) > MAX_MESSAGE_BYTES) errors.push(tooLong(child(path, 'message'), MAX_MESSAGE_BYTES))
  return errors
}

function validateReason(reason: string, path: string): FieldError[] {
  if (reason === '') return [required(path)]
  const errors: FieldError[] = []
  if (!reasonPattern.test(reason)) {
    errors.push(
      invalid(
        path,
        reason,
        regexMessage(REASON_RULE, REASON, 'my_name', 'MY_NAME', 'MyName', 'ReasonA,ReasonB', 'ReasonA:ReasonB'),
      ),
    )
  }
  if (byteLength(reason) > MAX_REASON_BYTES) errors.push(tooLong(path, MAX_REASON_BYTES))
  return errors
}
