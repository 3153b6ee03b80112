/** IntOrString: `3`, `"http"`, `"25%"`. Mirrors apimachinery/pkg/util/intstr. */
import { newBadRequest } from './errors.ts'
import { quote } from './go-text.ts'

export type IntOrString = number | string

/** A percentage of `total`, or the number itself. Throws 400 with upstream's message for any other string. */
export function scaledIntOrPercent(value: IntOrString, total: number, rounding: 'up' | 'down'): number {
  if (typeof value === 'number') return value
  const wrong = (why: string) => newBadRequest(`invalid value for IntOrString: ${why}`)
  if (!value.endsWith('%')) throw wrong('invalid type: string is not a percentage')
  const number = value.slice(0, -1)
  if (!/^[+-]?[0-9]+$/.test(number)) {
    throw wrong(`invalid value ${quote(value)}: strconv.Atoi: parsing ${quote(number)}: invalid syntax`)
  }
  const percent = Number(number)
  if (!Number.isSafeInteger(percent)) {
    throw wrong(`invalid value ${quote(value)}: strconv.Atoi: parsing ${quote(number)}: value out of range`)
  }
  const scaled = (percent * total) / 100
  return (rounding === 'up' ? Math.ceil(scaled) : Math.floor(scaled)) || 0
}

/** What text becomes where either is allowed: digits that fit an int32 are a number. */
export function parseIntOrString(text: string): IntOrString {
  if (!/^[+-]?[0-9]+$/.test(text)) return text
  const number = Number(text)
  return number >= -(2 ** 31) && number < 2 ** 31 ? number || 0 : text
}
