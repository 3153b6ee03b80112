/** Errors as declarative validation words them, where they took the place of hand-written ones. Mirrors apimachinery/pkg/api/validate. */
import { deepEqual } from '../apimachinery/equality.ts'
import { type FieldError, invalid } from '../apimachinery/field-error.ts'
import { IMMUTABLE } from './validation.ts'

/** Unlike the hand-written check it prints no value. */
export function declaredImmutable(value: unknown, old: unknown, path: string): FieldError[] {
  return deepEqual(value, old) ? [] : [invalid(path, null, IMMUTABLE)]
}
