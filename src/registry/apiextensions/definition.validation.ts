/** Validation of CustomResourceDefinitions. Mirrors apiextensions-apiserver/pkg/apis/apiextensions/validation/validation.go. */
import { deepEqual } from '../../apimachinery/equality.ts'
import { child, type FieldError, index, invalid, key, notSupported, required } from '../../apimachinery/field-error.ts'
import { isDns1035Label, isDns1123Subdomain } from '../../apimachinery/names.ts'
import { hasSchemaWith } from '../../apimachinery/schema/custom/json-schema.ts'
import { APPROVED, approvalIn, isProtectedGroup } from './approval.ts'
import { conversionErrors } from './conversion.validation.ts'
import { type CustomResourceDefinition, isTrue, type Names, type Version } from './crd.ts'
import { expressionsIn, NO_HISTORY, type RuleHistory } from './rules.validation.ts'
import { validateSchema } from './schema.validation.ts'
import { columnErrors, deprecationErrors, selectableErrors, subresourceErrors } from './version.validation.ts'

type Spec = CustomResourceDefinition['spec']

export function validateDefinition(crd: CustomResourceDefinition): FieldError[] {
  return [...specErrors(crd.spec), ...commonErrors(crd), ...approvalErrors(crd)]
}

export function validateDefinitionUpdate(crd: CustomResourceDefinition, old: CustomResourceDefinition): FieldError[] {
  const { spec } = crd
  const errors = specErrors(spec, old.spec)
  const immutable = (value: string, before: string, path: string): void => {
    if (value !== before) errors.push(invalid(path, value, 'field is immutable'))
  }
  if (isTrue(old, 'Established')) {
    immutable(spec.scope, old.spec.scope, 'spec.scope')
    immutable(spec.names.kind, old.spec.names.kind, 'spec.names.kind')
  }
  immutable(spec.group, old.spec.group, 'spec.group')
  immutable(spec.names.plural, old.spec.names.plural, 'spec.names.plural')
  const annotation = (one: CustomResourceDefinition): string => one.metadata.annotations?.[APPROVED] ?? ''
  const approval = annotation(crd) === annotation(old) ? [] : approvalErrors(crd)
  return [...errors, ...commonErrors(crd), ...approval]
}

export function validateDefinitionStatus({ status }: CustomResourceDefinition): FieldError[] {
  return namesErrors(status.acceptedNames, 'status.acceptedNames')
}

function commonErrors(crd: CustomResourceDefinition): FieldError[] {
  const errors = [...validateDefinitionStatus(crd), ...storedVersionErrors(crd)]
  if (crd.spec.preserveUnknownFields) {
    const why =
      'cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead'
    errors.push(invalid('spec.preserveUnknownFields', true, why))
  }
  return errors
}

/** What all versions say alike, upstream says once, above them: paths follow that. */
interface Hoisted {
  schema: boolean
  subresources: boolean
  columns: boolean
  selectable: boolean
}

function hoist(versions: readonly Version[]): Hoisted {
  const alike = (of: (version: Version) => unknown): boolean =>
    versions.every((version) => deepEqual(of(version), of(versions[0]!)))
  return {
    schema: alike(({ schema }) => schema),
    subresources: alike(({ subresources }) => subresources),
    columns: alike(({ additionalPrinterColumns }) => additionalPrinterColumns),
    selectable: alike(({ selectableFields }) => selectableFields),
  }
}

function specErrors(spec: Spec, old?: Spec): FieldError[] {
  const { group, scope, names } = spec
  const versions = spec.versions ?? []
  const errors: FieldError[] = []
  if (!group) errors.push(required('spec.group'))
  else {
    const messages = isDns1123Subdomain(group)
    if (messages.length > 0) errors.push(invalid('spec.group', group, messages.join(',')))
    else if (!group.includes('.')) {
      errors.push(invalid('spec.group', group, 'should be a domain with at least one dot'))
    }
  }
  if (!scope) errors.push(required('spec.scope'))
  else if (scope !== 'Cluster' && scope !== 'Namespaced') {
    errors.push(notSupported('spec.scope', scope, ['Cluster', 'Namespaced']))
  }
  const hoisted = hoist(versions)
  const histories = historiesOf(old)
  errors.push(...missingSchemas(versions, hoisted))
  if (spec.preserveUnknownFields && versions.some(hasDefaults)) {
    const why = 'must be false in order to use defaults in the schema'
    errors.push(invalid('spec.preserveUnknownFields', true, why))
  }
  errors.push(
    ...versionsErrors(versions, hoisted, spec.versions === null, histories),
    ...requiredNames(names),
    ...namesErrors(names, 'spec.names'),
  )
  const first = versions[0]
  if (first) errors.push(...hoistedErrors(first, versions, hoisted, histories))
  errors.push(...conversionErrors(spec.conversion))
  return errors
}

const hasDefaults = ({ schema }: Version): boolean =>
  hasSchemaWith(schema?.openAPIV3Schema, (one) => one.default !== undefined && one.default !== null)

function missingSchemas(versions: readonly Version[], hoisted: Hoisted): FieldError[] {
  if (hoisted.schema && versions[0]?.schema?.openAPIV3Schema) return []
  return versions.flatMap(({ schema }, i) =>
    schema?.openAPIV3Schema ? [] : [required(child(child(index('spec.versions', i), 'schema'), 'openAPIV3Schema'))],
  )
}

type Histories = (version: Version) => RuleHistory

/** What the definition before says of the rules of a version. */
function historiesOf(old: Spec | undefined): Histories {
  if (!old) return () => NO_HISTORY
  const before = old.versions ?? []
  const stored = expressionsIn(before.map(({ schema }) => schema?.openAPIV3Schema))
  return ({ name, schema }) => {
    const same = before.find((version) => version.name === name)
    return { isStored: (expression) => stored.has(expression), unchanged: !!same && deepEqual(same.schema, schema) }
  }
}

function versionsErrors(
  versions: readonly Version[],
  hoisted: Hoisted,
  absent: boolean,
  histories: Histories,
): FieldError[] {
  const errors: FieldError[] = []
  versions.forEach((version, i) => {
    const path = index('spec.versions', i)
    const messages = isDns1035Label(version.name)
    if (messages.length > 0) errors.push(invalid(child(path, 'name'), version.name, messages.join(',')))
    errors.push(...deprecationErrors(version, path))
    const schema = version.schema?.openAPIV3Schema
    if (!hoisted.schema && schema) {
      const hasStatus = version.subresources?.status !== undefined
      errors.push(...validateSchema(schema, hasStatus, child(path, 'schema'), histories(version)))
    }
    if (!hoisted.subresources) errors.push(...subresourceErrors(version, child(path, 'subresources')))
    if (!hoisted.columns) errors.push(...columnErrors(version, child(path, 'additionalPrinterColumns')))
    if (!hoisted.selectable) errors.push(...selectableErrors(version, child(path, 'selectableFields'), false))
  })
  const shown = absent ? null : versions.map((version) => internalVersion(version, hoisted))
  if (new Set(versions.map(({ name }) => name)).size < versions.length) {
    errors.push(invalid('spec.versions', shown, 'must contain unique version names'))
  }
  if (versions.filter(({ storage }) => storage).length !== 1) {
    const why = 'must have exactly one version marked as storage version'
    errors.push(invalid('spec.versions', shown, why))
  }
  const name = versions[0]?.name ?? ''
  const messages = name ? isDns1035Label(name) : []
  if (messages.length > 0) errors.push(invalid('spec.version', name, messages.join(',')))
  return errors
}

/** As Go prints the type that upstream validates. */
function internalVersion(version: Version, hoisted: Hoisted): object {
  return {
    Name: version.name,
    Served: version.served,
    Storage: version.storage,
    Deprecated: version.deprecated ?? false,
    DeprecationWarning: version.deprecationWarning ?? null,
    Schema: hoisted.schema ? null : (version.schema ?? null),
    Subresources: hoisted.subresources ? null : (version.subresources ?? null),
    AdditionalPrinterColumns: hoisted.columns ? null : (version.additionalPrinterColumns ?? null),
    SelectableFields: hoisted.selectable ? null : (version.selectableFields ?? null),
  }
}

/** What is said above the versions finds only the schema that is above them, too. */
const withTopSchema = (version: Version, hoisted: Hoisted): Version =>
  hoisted.schema ? version : { ...version, schema: undefined }

function hoistedErrors(
  first: Version,
  versions: readonly Version[],
  hoisted: Hoisted,
  histories: Histories,
): FieldError[] {
  const errors: FieldError[] = []
  const schema = first.schema?.openAPIV3Schema
  if (hoisted.schema && schema) {
    const hasStatus = versions.some(({ subresources }) => subresources?.status !== undefined)
    errors.push(...validateSchema(schema, hasStatus, 'spec.validation', histories(first)))
  }
  if (hoisted.subresources) errors.push(...subresourceErrors(first, 'spec.subresources'))
  if (hoisted.columns) errors.push(...columnErrors(first, 'spec.additionalPrinterColumns'))
  if (hoisted.selectable) errors.push(...selectableErrors(withTopSchema(first, hoisted), 'spec.selectableFields', true))
  return errors
}

function requiredNames(names: Names): FieldError[] {
  return (['plural', 'singular', 'kind', 'listKind'] as const)
    .filter((field) => !names[field])
    .map((field) => required(child('spec.names', field)))
}

function namesErrors(names: Names, path: string): FieldError[] {
  const errors: FieldError[] = []
  const label = (value: string | undefined, at: string): void => {
    const messages = value ? isDns1035Label(value) : []
    if (messages.length > 0) errors.push(invalid(at, value, messages.join(',')))
  }
  // An entry of a list is there, if empty.
  const listed = (value: string | null, at: string): void => {
    const messages = isDns1035Label(value ?? '')
    if (messages.length > 0) errors.push(invalid(at, value ?? '', messages.join(',')))
  }
  const mixed = (value: string | undefined, at: string): void => {
    const messages = value ? isDns1035Label(value.toLowerCase()) : []
    if (messages.length === 0) return
    errors.push(invalid(at, value, `may have mixed case, but should otherwise match: ${messages.join(',')}`))
  }
  label(names.plural, child(path, 'plural'))
  label(names.singular, child(path, 'singular'))
  mixed(names.kind, child(path, 'kind'))
  mixed(names.listKind, child(path, 'listKind'))
  names.shortNames?.forEach((name, i) => {
    listed(name, index(child(path, 'shortNames'), i))
  })
  if (names.kind && names.kind === names.listKind) {
    errors.push(invalid(child(path, 'listKind'), names.listKind, 'kind and listKind may not be the same'))
  }
  names.categories?.forEach((name, i) => {
    listed(name, index(child(path, 'categories'), i))
  })
  return errors
}

function storedVersionErrors({ spec, status }: CustomResourceDefinition): FieldError[] {
  const path = 'status.storedVersions'
  const stored = status.storedVersions ?? []
  if (stored.length === 0) {
    return [invalid(path, status.storedVersions?.length === 0 ? [] : null, 'must have at least one stored version')]
  }
  const versions = spec.versions ?? []
  // A stored version stands for one in the list.
  const left = new Set(stored)
  const missing = versions.filter(({ storage, name }) => !left.delete(name) && storage)
  const gone = stored.flatMap((name, i) => {
    if (versions.some((version) => version.name === name)) return []
    const why = `missing from spec.versions; ${name} was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in ${name} and removes ${name} from status.storedVersions`
    return [invalid(index(path, i), name, why)]
  })
  return [...missing.map(({ name }) => invalid(path, stored, `must have the storage version ${name}`)), ...gone]
}

/** Groups of the Kubernetes community are asked for an approval. */
function approvalErrors(crd: CustomResourceDefinition): FieldError[] {
  if (!isProtectedGroup(crd.spec.group)) return []
  const path = key('metadata.annotations', APPROVED)
  const [approval, message] = approvalIn(crd)
  if (approval === 'Missing') return [required(path, message)]
  return approval === 'Invalid' ? [invalid(path, crd.metadata.annotations?.[APPROVED], message)] : []
}
