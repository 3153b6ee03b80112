/** Numbers against their format and limits. Mirrors numberValidator of kube-openapi/pkg/validation/validate/validator.go. */
import { Findings } from './findings.ts'
import type { JsonSchema } from './json-schema.ts'

const RANGES: Record<string, number> = { int32: 2 ** 31, int64: 2 ** 63 }

/** The text of a number that its type cannot hold; undefined: it can. */
function outOfRange(value: number, types: string[], format: string, what: string, path: string): string | undefined {
  if (types.length !== 1 || types[0] !== 'integer') return undefined
  const limit = RANGES[format || 'int64'] ?? 2 ** 63
  if (Number.isInteger(value) && value < limit && value >= -limit) return undefined
  const shown = format ? `with format ${format}` : '(default format)'
  return `${what} value must be of type integer ${shown} in ${path}`
}

/** As Go prints a float64. */
function formatNumber(value: number): string {
  return String(value)
}

export function checkNumber(
  value: number,
  schema: JsonSchema,
  types: string[],
  format: string,
  path: string,
): Findings {
  const findings = new Findings()
  const checkRange = (number: number, what: string): void => {
    const message = outOfRange(number, types, format, what, path)
    if (message !== undefined) findings.add({ kind: 'composite', path, message })
  }
  const fail = (message: string): void => {
    findings.add({ kind: 'other', path, value, message: `${path} in body should be ${message}` })
  }
  const { multipleOf, maximum, minimum } = schema
  checkRange(value, 'Checked')
  if (multipleOf !== undefined) {
    checkRange(multipleOf, 'MultipleOf')
    if (multipleOf <= 0) {
      const message = `factor MultipleOf declared for ${path} must be positive: ${formatNumber(multipleOf)}`
      findings.add({ kind: 'other', path, value: multipleOf, message })
    } else if (!isMultiple(value, multipleOf)) fail(`a multiple of ${formatNumber(multipleOf)}`)
  }
  if (minimum !== undefined) {
    checkRange(minimum, 'Minimum boundary')
    const open = schema.exclusiveMinimum === true
    if (open ? value <= minimum : value < minimum) {
      fail(`greater than ${open ? '' : 'or equal to '}${formatNumber(minimum)}`)
    }
  }
  if (maximum !== undefined) {
    checkRange(maximum, 'Maximum boundary')
    const open = schema.exclusiveMaximum === true
    if (open ? value >= maximum : value > maximum) {
      fail(`less than ${open ? '' : 'or equal to '}${formatNumber(maximum)}`)
    }
  }
  findings.matches++
  return findings
}

/** As upstream: with the precision of doubles. */
function isMultiple(value: number, factor: number): boolean {
  if (Number.isInteger(value) && Number.isInteger(factor)) return value % factor === 0
  const times = factor < 1 ? (1 / factor) * value : value / factor
  const distance = Math.abs(times - Math.round(times))
  return times === Math.trunc(times) || distance < 1e-9
}
