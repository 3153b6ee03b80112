/** One requirement of a label selector, checked. Mirrors NewRequirement of apimachinery/pkg/labels/selector.go. */
import { newBadRequest } from './errors.ts'
import { aggregate, type FieldError, index, invalid, key as keyed, notSupported } from './field-error.ts'
import { isLabelValue, isQualifiedName } from './names.ts'

export type LabelOperator = '=' | '==' | '!=' | 'in' | 'notin' | 'exists' | '!' | 'gt' | 'lt'

/** As upstream lists them in messages. */
export const BINARY_OPERATORS: readonly LabelOperator[] = ['in', 'notin', '=', '==', '!=', 'gt', 'lt']

export interface LabelRequirement {
  key: string
  operator: LabelOperator
  values: readonly string[]
}

/** One checked requirement. Throws 400 whose message is the field errors'. */
export function newRequirement(key: string, operator: LabelOperator, values: readonly string[]): LabelRequirement {
  const errors: FieldError[] = []
  const badKey = isQualifiedName(key)
  if (badKey.length > 0) errors.push(invalid('key', key, badKey.join('; ')))
  errors.push(...countErrors(operator, values))
  values.forEach((value, i) => {
    const messages = isLabelValue(value)
    if (messages.length > 0) errors.push(invalid(keyed(index('values', i), key), value, messages.join('; ')))
  })
  if (errors.length > 0) throw newBadRequest(aggregate(errors))
  return { key, operator, values }
}

function countErrors(operator: LabelOperator, values: readonly string[]): FieldError[] {
  const wrong = (detail: string): FieldError[] => [invalid('values', values, detail)]
  switch (operator) {
    case 'in':
    case 'notin':
      return values.length === 0 ? wrong("for 'in', 'notin' operators, values set can't be empty") : []
    case '=':
    case '==':
    case '!=':
      return values.length !== 1 ? wrong('exact-match compatibility requires one single value') : []
    case 'exists':
    case '!':
      return values.length !== 0 ? wrong('values set must be empty for exists and does not exist') : []
    case 'gt':
    case 'lt': {
      const errors = values.length !== 1 ? wrong("for 'Gt', 'Lt' operators, exactly one value is required") : []
      values.forEach((value, i) => {
        if (parseInt64(value) !== undefined) return
        errors.push(invalid(index('values', i), value, "for 'Gt', 'Lt' operators, the value must be an integer"))
      })
      return errors
    }
    default:
      return [notSupported('operator', operator, [...BINARY_OPERATORS, 'exists', '!'])]
  }
}

/** strconv.ParseInt(text, 10, 64). */
export function parseInt64(text: string): bigint | undefined {
  if (!/^[+-]?[0-9]+$/.test(text)) return undefined
  const value = text.startsWith('+') ? BigInt(text.slice(1)) : BigInt(text)
  return BigInt.asIntN(64, value) === value ? value : undefined
}
