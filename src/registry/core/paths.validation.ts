/** File paths in volumes and mounts. Mirrors pkg/apis/core/validation/validation.go (validateLocalDescendingPath and its siblings). */
import { child, type FieldError, index, invalid, required } from '../../apimachinery/field-error.ts'
import type { KeyToPath } from '../../types/core-v1.ts'

const FILE_MODE = 'must be a number between 0 and 0777 (octal), both inclusive'

export function validateNoBacksteps(path: string, field: string): FieldError[] {
  return path.split('/').includes('..') ? [invalid(field, path, "must not contain '..'")] : []
}

/** Relative, and never up. */
export function validateDescendingPath(path: string, field: string): FieldError[] {
  const errors = path.startsWith('/') ? [invalid(field, path, 'must be a relative path')] : []
  return [...errors, ...validateNoBacksteps(path, field)]
}

/** As validateDescendingPath; names that start with two dots are the volume plug-in's own. */
export function validateUnreservedPath(path: string, field: string): FieldError[] {
  const errors = validateDescendingPath(path, field)
  if (path.startsWith('..') && !path.startsWith('../')) errors.push(invalid(field, path, "must not start with '..'"))
  return errors
}

export function validateFileMode(mode: number | undefined, path: string): FieldError[] {
  return mode !== undefined && (mode > 0o777 || mode < 0) ? [invalid(path, mode, FILE_MODE)] : []
}

export function validateKeysToPaths(keys: readonly KeyToPath[] | undefined, path: string): FieldError[] {
  const errors: FieldError[] = []
  keys?.forEach((one, i) => {
    const at = index(path, i)
    if (!one.key) errors.push(required(child(at, 'key')))
    if (!one.path) errors.push(required(child(at, 'path')))
    errors.push(...validateUnreservedPath(one.path ?? '', child(at, 'path')))
    errors.push(...validateFileMode(one.mode, child(at, 'mode')))
  })
  return errors
}
