/** Namespaces. Mirrors pkg/registry/core/namespace/strategy.go and pkg/registry/core/namespace/storage/storage.go. */
import { child, type FieldError, index, invalid } from '../../apimachinery/field-error.ts'
import { isQualifiedName } from '../../apimachinery/names.ts'
import type { Namespace } from '../../types/core-v1.ts'
import { defineResource } from '../definition.ts'
import { invalids, nameIsDnsLabel } from '../validation.ts'
import { ageCell } from './cells.ts'

const NAME_LABEL = 'kubernetes.io/metadata.name'
const FINALIZER = 'kubernetes'
const STANDARD_FINALIZERS = [FINALIZER, 'orphan', 'foregroundDeletion']

export const namespaces = defineResource<Namespace>('v1', 'namespaces', {
  validateName: nameIsDnsLabel,
  prepareForCreate(namespace) {
    namespace.status = { phase: 'Active' }
    const finalizers = namespace.spec?.finalizers ?? []
    if (!finalizers.includes(FINALIZER)) namespace.spec = { ...namespace.spec, finalizers: [...finalizers, FINALIZER] }
  },
  prepareForUpdate(namespace, old) {
    namespace.spec = { ...namespace.spec, finalizers: old.spec?.finalizers }
  },
  validate: validateNamespace,
  canonicalize(namespace) {
    namespace.metadata.labels = { ...namespace.metadata.labels, [NAME_LABEL]: namespace.metadata.name ?? '' }
  },
  prepareForDelete(namespace) {
    // A namespace is not deleted gracefully: upstream sets the time and nothing else.
    delete namespace.metadata.deletionGracePeriodSeconds
    namespace.status = { ...namespace.status, phase: 'Terminating' }
  },
  deletesDuringUpdate: (namespace) => !namespace.spec?.finalizers?.length,
  selectableFields: { 'status.phase': (namespace) => namespace.status?.phase ?? '' },
  row: (namespace, { now }) => [
    namespace.metadata.name ?? '',
    namespace.status?.phase ?? '',
    ageCell(namespace.metadata.creationTimestamp, now),
  ],
  subresources: {
    status: { validateUpdate: validateStatus },
    finalize: {
      validateUpdate: (namespace) =>
        (namespace.spec?.finalizers ?? []).flatMap((name, i) => validateFinalizer(name, index('spec.finalizers', i))),
    },
  },
})

function validateNamespace(namespace: Namespace): FieldError[] {
  return (namespace.spec?.finalizers ?? []).flatMap((name) => validateFinalizer(name, child('spec', 'finalizers')))
}

function validateFinalizer(name: string, path: string): FieldError[] {
  const errors = invalids(path, name, isQualifiedName(name))
  if (name.includes('/') || STANDARD_FINALIZERS.includes(name)) return errors
  return [...errors, invalid(path, name, 'name is neither a standard finalizer name nor is it fully qualified')]
}

/** The phase follows the deletionTimestamp and nothing else. */
function validateStatus(namespace: Namespace): FieldError[] {
  const phase = namespace.status?.phase ?? ''
  const [only, is] = namespace.metadata.deletionTimestamp ? ['Terminating', 'not empty'] : ['Active', 'empty']
  return phase === only
    ? []
    : [invalid('status.Phase', phase, `may only be '${only}' if \`deletionTimestamp\` is ${is}`)]
}
