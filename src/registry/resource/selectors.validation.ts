/** CEL expressions that choose devices. Mirrors validateSelector of pkg/apis/resource/validation and dynamic-resource-allocation/cel/compile.go. */
import { compileExpression } from '../../apimachinery/cel/compile.ts'
import { deviceEnvironment } from '../../apimachinery/cel/device-environment.ts'
import { typeText } from '../../apimachinery/cel/types.ts'
import { child, type FieldError, index, invalid, required, tooLong, tooMany } from '../../apimachinery/field-error.ts'
import { byteLength } from '../../apimachinery/go-text.ts'
import type { DynamicObject } from '../../apimachinery/meta.ts'

const MAX_BYTES = 10 * 1024
const MAX_SELECTORS = 32

export function validateSelectors(selectors: DynamicObject['spec'][], path: string, stored = false): FieldError[] {
  if (selectors.length > MAX_SELECTORS) return [tooMany(path, selectors.length, MAX_SELECTORS)]
  return selectors.flatMap((selector, i) => {
    const at = child(index(path, i), 'cel')
    if (!selector?.cel) return [required(at)]
    return stored ? [] : validateExpression(selector.cel.expression ?? '', child(at, 'expression'))
  })
}

function validateExpression(expression: string, path: string): FieldError[] {
  if (byteLength(expression) > MAX_BYTES) return [tooLong(path, MAX_BYTES)]
  const compiled = compileExpression(deviceEnvironment(), expression)
  if (!compiled.program) return [invalid(path, expression, `compilation failed: ${compiled.problem}`)]
  const { type } = compiled.program
  if (type.kind === 'bool' || type.kind === 'dyn') return []
  return [invalid(path, expression, `must evaluate to bool or the unknown type, not ${typeText(type)}`)]
}
