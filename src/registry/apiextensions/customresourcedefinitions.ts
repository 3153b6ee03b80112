/** customresourcedefinitions: what is written of them; custom-resources.ts makes them live. Mirrors apiextensions-apiserver/pkg/registry/customresourcedefinition. */

import { formatTime } from '../../apimachinery/clock.ts'
import { type FieldError, invalid } from '../../apimachinery/field-error.ts'
import { quote } from '../../apimachinery/go-text.ts'
import { isSupportedFormat } from '../../apimachinery/schema/custom/formats.ts'
import { hasSchemaWith, itemsOf, type JsonSchema } from '../../apimachinery/schema/custom/json-schema.ts'
import { defineResource } from '../definition.ts'
import { nameIsDnsSubdomain } from '../validation.ts'
import { CLEANUP_FINALIZER, type CustomResourceDefinition, isTrue, storageVersion, withCondition } from './crd.ts'
import { validateDefinition, validateDefinitionStatus, validateDefinitionUpdate } from './definition.validation.ts'

export const customresourcedefinitions = defineResource<CustomResourceDefinition>(
  'apiextensions.k8s.io/v1',
  'customresourcedefinitions',
  {
    prepareForCreate(crd) {
      const storage = storageVersion(crd)
      crd.status = {
        conditions: null,
        acceptedNames: { plural: '', kind: '' },
        storedVersions: storage === undefined ? null : [storage],
      }
    },
    prepareForUpdate(crd) {
      const storage = storageVersion(crd)
      const stored = crd.status.storedVersions ?? []
      if (storage !== undefined && !stored.includes(storage))
        crd.status = { ...crd.status, storedVersions: [...stored, storage] }
    },
    validateName: nameIsDnsSubdomain,
    validate: (crd) => [...nameErrors(crd), ...validateDefinition(crd)],
    validateUpdate: validateDefinitionUpdate,
    warnings: (crd, old) => newWarnings(crd, old),
    // The first deletion only marks: instances go before their definition.
    deletesDuringUpdate: (crd, old) =>
      crd.metadata.deletionTimestamp !== undefined && old.metadata.deletionTimestamp !== undefined,
    prepareForDelete(crd, { clock }) {
      const { metadata } = crd
      metadata.deletionTimestamp = formatTime(clock.now())
      delete metadata.deletionGracePeriodSeconds
      // Upstream marks definitions by itself, and does not count that as a change.
      if (metadata.generation) metadata.generation--
      if (!metadata.finalizers?.includes(CLEANUP_FINALIZER)) {
        metadata.finalizers = [...(metadata.finalizers ?? []), CLEANUP_FINALIZER]
      }
      const condition = {
        type: 'Terminating',
        status: 'True',
        reason: 'InstanceDeletionPending',
        message: 'CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon',
      }
      crd.status = { ...crd.status, conditions: withCondition(crd, condition, clock.now()) }
    },
    subresources: { status: { validateUpdate: validateDefinitionStatus } },
    row: (crd) => [
      crd.metadata.name ?? '',
      crd.spec.scope,
      versionsCell(crd),
      crd.metadata.creationTimestamp ?? '<unknown>',
      crd.spec.group,
      crd.spec.names.kind,
      crd.spec.names.shortNames?.join() ?? '',
      isTrue(crd, 'Established'),
    ],
  },
)

/** What is generated would not be it, either. */
function nameErrors({ metadata, spec }: CustomResourceDefinition): FieldError[] {
  const wanted = `${spec.names.plural}.${spec.group}`
  const why = 'must be spec.names.plural+"."+spec.group'
  return (['generateName', 'name'] as const).flatMap((field) => {
    const name = metadata[field] ?? ''
    return name === '' || name === wanted ? [] : [invalid(`metadata.${field}`, name, why)]
  })
}

function schemasOf({ spec }: CustomResourceDefinition): JsonSchema[] {
  return (spec.versions ?? []).flatMap(({ schema }) => schema?.openAPIV3Schema ?? [])
}

function newWarnings(crd: CustomResourceDefinition, old: CustomResourceDefinition | undefined): string[] {
  const before = new Set(old ? warningsOf(old) : [])
  return warningsOf(crd).filter((warning) => !before.has(warning))
}

function warningsOf(crd: CustomResourceDefinition): string[] {
  const formats: string[] = []
  const sets = new Set<string>()
  for (const schema of schemasOf(crd)) {
    hasSchemaWith(schema, (one) => {
      if (one.format && !isSupportedFormat(one.format, one.type ?? '')) {
        formats.push(`unrecognized format ${quote(one.format)}`)
      }
      const type = itemsOf(one)?.type
      if (one['x-kubernetes-list-type'] === 'set' && (type === 'object' || type === 'array')) {
        const why = 'is not supported by server-side apply or CEL validation rules'
        sets.add(`x-kubernetes-list-type: set for items of type ${quote(type)} ${why}`)
      }
      return false
    })
  }
  return [...formats, ...[...sets].sort()]
}

function versionsCell({ spec }: CustomResourceDefinition): string {
  const served = (spec.versions ?? []).filter((version) => version.served)
  return served
    .map(({ name, storage }) => (storage ? `${name}(storage)` : name))
    .sort()
    .join()
}
