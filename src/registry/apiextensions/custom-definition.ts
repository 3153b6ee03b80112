/** A CustomResourceDefinition as the definitions of what it serves: one a version, with hooks of the same kind as built-ins have. Mirrors apiextensions-apiserver/pkg/registry/customresource. */
import { createHash } from 'node:crypto'
import { deepEqual } from '../../apimachinery/equality.ts'
import type { DynamicObject, ManagedFieldsEntry } from '../../apimachinery/meta.ts'
import { pruneStored } from '../../apimachinery/schema/custom/decode.ts'
import { applyStructuralDefaults, sortKeys } from '../../apimachinery/schema/custom/defaults.ts'
import type { JsonSchema } from '../../apimachinery/schema/custom/json-schema.ts'
import { structuralRoot } from '../../apimachinery/schema/custom/structural.ts'
import type { ResourceFact, SubresourceFact } from '../../apimachinery/schema/facts.ts'
import type { Schemas } from '../../apimachinery/schema/schema.ts'
import type { ResourceDefinition, ResourceHooks, Subresource } from '../definition.ts'
import { columnFacts, customRow } from './columns.ts'
import { type CustomResourceDefinition, storageVersion, type Version } from './crd.ts'
import { finalizerWarnings, type ResourceRules, resourceRules } from './custom-resource.validation.ts'
import { deprecationOf } from './deprecation.ts'
import { compileJsonPath, valueText } from './json-path.ts'
import { customScale } from './scale.ts'
import { compareVersions } from './versions.ts'
import { type ConversionCalls, type WebhookConverter, webhookConverter } from './webhook-conversion.ts'

const VERBS = ['delete', 'deletecollection', 'get', 'list', 'patch', 'create', 'update', 'watch']
const TERMINATING_VERBS = ['delete', 'deletecollection', 'get', 'list', 'watch']
const SUBRESOURCE_VERBS = ['get', 'patch', 'update']
const SCALE = { group: 'autoscaling', version: 'v1', kind: 'Scale' }

/** Also makes the kinds known to `schemas`. In the order of preference; versions that are not served are left out. */
export function defineCustomResource(
  crd: CustomResourceDefinition,
  schemas: Schemas,
  calls: ConversionCalls,
): ResourceDefinition[] {
  const converter = crd.spec.conversion?.strategy === 'Webhook' ? webhookConverter(crd, calls) : undefined
  const served = (crd.spec.versions ?? []).filter((version) => version.served)
  return served
    .sort((a, b) => compareVersions(a.name, b.name))
    .map((version) => {
      const schema = version.schema?.openAPIV3Schema ?? {}
      const { group } = crd.spec
      schemas.setCustom({ group, version: version.name, kind: crd.status.acceptedNames.kind }, schema)
      return defineVersion(crd, version, schema, converter)
    })
}

function defineVersion(
  crd: CustomResourceDefinition,
  version: Version,
  schema: JsonSchema,
  converter: WebhookConverter | undefined,
): ResourceDefinition {
  const { group } = crd.spec
  const names = crd.status.acceptedNames
  const terminating = crd.metadata.deletionTimestamp !== undefined
  const hasStatus = version.subresources?.status !== undefined
  const rules = resourceRules(schema, version.subresources?.scale)
  const fact: ResourceFact = {
    group,
    version: version.name,
    resource: names.plural,
    singular: names.singular ?? '',
    kind: names.kind,
    namespaced: crd.spec.scope === 'Namespaced',
    verbs: terminating ? TERMINATING_VERBS : VERBS,
    ...(names.shortNames ? { shortNames: names.shortNames } : {}),
    ...(names.categories ? { categories: names.categories } : {}),
    type: '',
    subresources: subresourceFacts(version),
    ...(hasStatus ? { resetFields: ['.status'] } : {}),
    generation: true,
    allowUnconditionalUpdate: false,
    fieldLabels: fieldLabels(crd, version),
    ownFieldLabels: true,
    columns: columnFacts(version),
    storageVersionHash: storageVersionHash(group, storageVersion(crd) ?? '', names.kind),
  }
  return {
    ...fact,
    groupResource: `${names.plural}.${group}`,
    apiVersion: `${group}/${version.name}`,
    storagePrefix: `/registry/${group}/${names.plural}/`,
    custom: { listKind: names.listKind ?? '', schema: schema as Record<string, unknown>, terminating },
    hooks: {
      ...hooksOf(crd, version, rules),
      conversion: converter ? webhookConversionOf(crd, version, schema, converter) : conversionOf(crd, version, schema),
    },
  }
}

function storageVersionHash(group: string, version: string, kind: string): string {
  return createHash('sha256').update(`${group}/${version}/${kind}`).digest().subarray(0, 8).toString('base64')
}

function subresourceFacts({ subresources }: Version): SubresourceFact[] {
  const facts: SubresourceFact[] = []
  if (subresources?.status)
    facts.push({ name: 'status', verbs: SUBRESOURCE_VERBS, resetFields: ['.metadata', '.spec'] })
  if (subresources?.scale) {
    const resetFields = subresources.status ? ['.status'] : []
    facts.push({ name: 'scale', verbs: SUBRESOURCE_VERBS, kind: SCALE, resetFields })
  }
  return facts
}

function fieldLabels({ spec }: CustomResourceDefinition, { selectableFields }: Version): Record<string, string> {
  const labels = (selectableFields ?? []).map(({ jsonPath }) => jsonPath.replace(/^\./, ''))
  if (spec.scope === 'Namespaced') labels.push('metadata.namespace')
  return Object.fromEntries(labels.map((label) => [label, label]))
}

function hooksOf(crd: CustomResourceDefinition, version: Version, rules: ResourceRules): ResourceHooks {
  const scale = version.subresources?.scale
  const subresources: Record<string, Subresource> = {}
  if (version.subresources?.status) {
    subresources['status'] = { prepareForUpdate: keepAllButStatus, validateUpdate: rules.validateStatusUpdate }
  }
  if (scale) subresources['scale'] = { projection: customScale(scale), validateUpdate: rules.validateUpdate }
  const selectable = (version.selectableFields ?? []).map(
    ({ jsonPath }): [string, (object: DynamicObject) => string] => {
      const find = compileJsonPath(jsonPath)
      return [jsonPath.replace(/^\./, ''), (object) => valueText(find(object)[0])]
    },
  )
  const deprecation = deprecationOf(crd, version)
  return {
    validate: rules.validate,
    validateUpdate: rules.validateUpdate,
    warnings: finalizerWarnings,
    canonicalize: sortMetadata,
    generationChanges: differsOutsideMetadata,
    selectableFields: Object.fromEntries(selectable),
    row: customRow(version),
    subresources,
    ...(deprecation ? { deprecation } : {}),
  }
}

/** Strategy None: versions differ by name only. Each is pruned and defaulted by its own schema, on the way in and out. */
function conversionOf(
  crd: CustomResourceDefinition,
  version: Version,
  schema: JsonSchema,
): NonNullable<ResourceHooks['conversion']> {
  const root = structuralRoot(schema)
  const own = `${crd.spec.group}/${version.name}`
  const stored = `${crd.spec.group}/${storageVersion(crd)}`
  return {
    toStored: (object) => (stored === own ? object : { ...object, apiVersion: stored }),
    fromStored(object) {
      const shown = applyStructuralDefaults(pruneStored({ ...object, apiVersion: own }, root), root)
      return deepEqual(shown, object) ? object : shown
    },
  }
}

/** Strategy Webhook. As upstream: defaults come from the schema of the version that is stored, before the webhook sees the object. */
function webhookConversionOf(
  crd: CustomResourceDefinition,
  version: Version,
  schema: JsonSchema,
  converter: WebhookConverter,
): NonNullable<ResourceHooks['conversion']> {
  const root = structuralRoot(schema)
  const own = `${crd.spec.group}/${version.name}`
  const stored = `${crd.spec.group}/${storageVersion(crd)}`
  const roots = new Map(
    (crd.spec.versions ?? []).map(({ name, schema }) => [
      `${crd.spec.group}/${name}`,
      structuralRoot(schema?.openAPIV3Schema ?? {}),
    ]),
  )
  const sources = new WeakMap<DynamicObject, DynamicObject>()
  const sourceOf = (object: DynamicObject): DynamicObject => {
    let source = sources.get(object)
    if (!source) {
      const from = roots.get(object.apiVersion) ?? root
      source = applyStructuralDefaults(pruneStored(object, from), from)
      if (deepEqual(source, object)) source = object
      sources.set(object, source)
    }
    return source
  }
  return {
    toStored: (object) => converter.convert(object, stored, false),
    fromStored(object) {
      const source = sourceOf(object)
      return source.apiVersion === own ? source : pruneStored(converter.convert(source, own, true), root)
    },
    require: (objects) => converter.require(objects.map(sourceOf), own),
  }
}

/** Through the door of status nothing else is written. */
function keepAllButStatus(object: DynamicObject, old: DynamicObject): void {
  const { status } = object
  const { resourceVersion, managedFields } = object.metadata
  for (const field of Object.keys(object)) delete object[field]
  Object.assign(object, old, { metadata: { ...old.metadata, resourceVersion } })
  if (managedFields) object.metadata.managedFields = managedFields
  if (status === undefined) delete object['status']
  else object['status'] = status
}

function differsOutsideMetadata(object: DynamicObject, old: DynamicObject): boolean {
  const { metadata: _, ...rest } = object
  const { metadata: __, ...before } = old
  return !deepEqual(rest, before)
}

function sortMetadata(object: DynamicObject): void {
  const metadata = sortKeys(object.metadata as Record<string, unknown>) as DynamicObject['metadata']
  if (metadata.managedFields) metadata.managedFields = metadata.managedFields.map(sortEntry)
  object.metadata = metadata
}

function sortEntry(entry: ManagedFieldsEntry): ManagedFieldsEntry {
  return sortKeys(entry as unknown as Record<string, unknown>) as unknown as ManagedFieldsEntry
}
