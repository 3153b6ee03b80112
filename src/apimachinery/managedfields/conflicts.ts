/** Conflicts of an apply with other managers. Mirrors structured-merge-diff/merge/conflict.go and managedfields/internal/conflict.go. */
import { failure, type StatusCause, type StatusError } from '../errors.ts'
import { quote } from '../go-text.ts'
import { type FieldSet, pathTexts } from './field-set.ts'
import { type Manager, type Managers, managerId } from './managers.ts'
import { compareText } from './path-element.ts'
import { type Comparisons, conflictsWith } from './update.ts'

export interface Conflict {
  manager: Manager
  set: FieldSet
}

/** In the order of the managers. Upstream's causes come in the order of a Go map, which is none. */
export function managersInConflict(managers: Managers, applier: Manager, comparisons: Comparisons): Conflict[] {
  const conflicts: Conflict[] = []
  for (const manager of managers.toSorted((a, b) => compareText(managerId(a), managerId(b)))) {
    const comparison = manager === applier ? undefined : comparisons.of(manager.apiVersion ?? '')
    const set = comparison && conflictsWith(manager, comparison)
    if (set !== undefined) conflicts.push({ manager, set })
  }
  return conflicts
}

/** The 409. */
export function conflictError(conflicts: readonly Conflict[]): StatusError {
  const causes: StatusCause[] = []
  for (const { manager, set } of conflicts) {
    for (const field of pathTexts(set)) {
      causes.push({ reason: 'FieldManagerConflict', message: `conflict with ${managerText(manager)}`, field })
    }
  }
  return failure(409, 'Conflict', conflictText(conflicts, causes), { causes })
}

function conflictText(conflicts: readonly Conflict[], causes: readonly StatusCause[]): string {
  if (causes.length === 1) return `Apply failed with 1 conflict: ${causes[0]!.message}: ${causes[0]!.field}`
  const lines = conflicts.flatMap(({ manager, set }) => [
    `conflicts with ${managerText(manager)}:`,
    ...pathTexts(set).map((path) => `- ${path}`),
  ])
  return `Apply failed with ${causes.length} conflicts: ${lines.join('\n')}`
}

function managerText({ manager = '', operation, apiVersion, subresource = '' }: Manager): string {
  const name = subresource === '' ? quote(manager) : `${quote(manager)} with subresource ${quote(subresource)}`
  return operation === 'Update' ? `${name} using ${apiVersion}` : name
}
