/** storageclasses. Mirrors pkg/registry/storage/storageclass/strategy.go and pkg/apis/storage/validation. */
import { child, duplicate, type FieldError, index, notSupported, required } from '../../apimachinery/field-error.ts'
import type { DynamicObject } from '../../apimachinery/meta.ts'
import { defaultClassOf } from '../admission/default-class.ts'
import { DEFAULT_CLASS } from '../admission/default-storage-class.ts'
import { age } from '../cells.ts'
import { declaredImmutable } from '../declarative.ts'
import { defineResource, type RowContext } from '../definition.ts'
import { deprecatedNodeLabel } from '../node-labels.warnings.ts'
import { validateQualifiedName } from '../validation.ts'
import { validateParameters, validateProvisioner } from './parameters.validation.ts'

type Fields = DynamicObject['spec']

const RECLAIM_POLICIES = ['Delete', 'Retain']
const BINDING_MODES = ['Immediate', 'WaitForFirstConsumer']
const IMMUTABLE_FIELDS = ['parameters', 'provisioner', 'reclaimPolicy', 'volumeBindingMode']

export const storageclasses = defineResource('storage.k8s.io/v1', 'storageclasses', {
  validate: (storageClass) => validateStorageClass(storageClass),
  validateUpdate: (storageClass, old) => [
    ...validateStorageClass(storageClass),
    ...IMMUTABLE_FIELDS.flatMap((name) => declaredImmutable(storageClass[name], old[name], name)),
  ],
  warnings: ({ allowedTopologies }) =>
    (allowedTopologies ?? []).flatMap((term: Fields, t: number) =>
      (term.matchLabelExpressions ?? []).flatMap((expression: Fields, e: number) => {
        const message = deprecatedNodeLabel(expression.key ?? '')
        return message ? [`allowedTopologies[${t}].matchLabelExpressions[${e}].key: ${message}`] : []
      }),
    ),
  row: (storageClass, context) => [
    nameCell(storageClass, context),
    storageClass['provisioner'] ?? '',
    storageClass['reclaimPolicy'] ?? 'Delete',
    storageClass['volumeBindingMode'] ?? 'Immediate',
    storageClass['allowVolumeExpansion'] ?? false,
    age(storageClass, context),
  ],
})

/** Only in a list can be seen which of several default classes counts. */
function nameCell({ metadata }: DynamicObject, { list }: RowContext): string {
  const counts = list && defaultClassOf(list, DEFAULT_CLASS)?.metadata.name === metadata.name
  return counts ? `${metadata.name} (default)` : (metadata.name ?? '')
}

function validateStorageClass(storageClass: DynamicObject): FieldError[] {
  const { provisioner, parameters, reclaimPolicy, volumeBindingMode: mode, allowedTopologies = [] } = storageClass
  const errors = [...validateProvisioner(provisioner, 'provisioner'), ...validateParameters(parameters, true)]
  if (reclaimPolicy && !RECLAIM_POLICIES.includes(reclaimPolicy)) {
    errors.push(notSupported('reclaimPolicy', reclaimPolicy, RECLAIM_POLICIES))
  }
  if (mode === undefined) errors.push(required('volumeBindingMode'))
  else if (!BINDING_MODES.includes(mode)) errors.push(notSupported('volumeBindingMode', mode, BINDING_MODES))
  errors.push(...validateTopologies(allowedTopologies))
  return provisioner ? errors : [...errors, required('provisioner')]
}

function validateTopologies(topologies: Fields[]): FieldError[] {
  // Upstream compares with as many empty terms as there are terms: one without expressions is a duplicate of each.
  const seen = new Map<string, number>([['{}', topologies.length]])
  return topologies.flatMap((term, i) => {
    const path = child(index('allowedTopologies', i), 'matchLabelExpressions')
    const errors: FieldError[] = []
    const byKey: Record<string, string[]> = {}
    term.matchLabelExpressions?.forEach((expression: Fields, e: number) => {
      const at = index(path, e)
      const { key = '', values } = expression
      // A list that is always printed is null when it is empty.
      const allowed: string[] = values ?? []
      if (allowed.length === 0) errors.push(required(child(at, 'values')))
      allowed.forEach((value: string, v: number) => {
        if (allowed.indexOf(value) !== v) errors.push(duplicate(index(child(at, 'values'), v), value))
      })
      if (byKey[key]) errors.push(duplicate(child(at, 'key'), key))
      errors.push(...validateQualifiedName(key, child(at, 'key')))
      byKey[key] = [...allowed].sort()
    })
    const text = JSON.stringify(Object.fromEntries(Object.entries(byKey).sort(([a], [b]) => (a < b ? -1 : 1))))
    const before = seen.get(text) ?? 0
    seen.set(text, before + 1)
    return [...errors, ...Array.from({ length: before }, () => duplicate(path, ''))]
  })
}
