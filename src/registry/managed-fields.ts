/** Where writes meet field ownership: metadata.managedFields of every object, and server-side apply. Mirrors endpoints/handlers/{create,update,patch}.go. */
import { formatTime } from '../apimachinery/clock.ts'
import { deepEqual } from '../apimachinery/equality.ts'
import { type Applied, applyConfiguration } from '../apimachinery/managedfields/apply.ts'
import { excludeFilter, type FieldFilter } from '../apimachinery/managedfields/compare.ts'
import { type FieldSet, setOfPath, union } from '../apimachinery/managedfields/field-set.ts'
import { includeFilter, type Pattern } from '../apimachinery/managedfields/include-filter.ts'
import { fieldElement } from '../apimachinery/managedfields/path-element.ts'
import { parentManagedFields, type ReplicasPaths, scaleManagedFields } from '../apimachinery/managedfields/scale.ts'
import { type KindFields, kindFields, type Writer } from '../apimachinery/managedfields/types.ts'
import { trackWrite } from '../apimachinery/managedfields/update.ts'
import type { DynamicObject, ManagedFieldsEntry } from '../apimachinery/meta.ts'
import { type Kind, schemaOf, zeroOf } from './decode.ts'
import type { ResourceDefinition } from './definition.ts'
import type { Environment, WriteRequest } from './environment.ts'
import { mergeRulesOf } from './merge-rules.ts'

/** The resource that a write goes to. */
export interface Target {
  readonly environment: Environment
  readonly definition: ResourceDefinition
}

/** Clusters share definitions, and have versions of their own. */
const kinds = new WeakMap<Environment, WeakMap<ResourceDefinition, KindFields>>()

/** Fields of a resource's kind. Made on first use. */
function fieldsOf({ environment, definition }: Target): KindFields {
  let known = kinds.get(environment)
  if (known === undefined) {
    known = new WeakMap()
    kinds.set(environment, known)
  }
  let kind = known.get(definition)
  if (kind === undefined) {
    kind = fieldsOfKind(environment, definition, {
      inVersion(apiVersion) {
        const other = environment.inVersion(definition, apiVersion)
        return other && fieldsOf({ environment, definition: other })
      },
      convert(object, apiVersion) {
        const whole = withZeros(object as DynamicObject, zeroOf(environment, definition))
        const stored = definition.hooks.conversion?.toStored(whole) ?? whole
        const other = environment.inVersion(definition, apiVersion)
        return other?.hooks.conversion?.fromStored(stored as DynamicObject) ?? stored
      },
    })
    known.set(definition, kind)
  }
  return kind
}

/** Conversions count on structs that pruning may have taken away. */
function withZeros(object: DynamicObject, zero: DynamicObject): DynamicObject {
  const whole = { ...object }
  for (const [name, value] of Object.entries(zero)) whole[name] ??= value
  return whole
}

function fieldsOfKind(
  environment: Environment,
  kind: Kind,
  versions?: Pick<KindFields, 'inVersion' | 'convert'>,
): KindFields {
  const schema = schemaOf(environment, kind)
  return kindFields(mergeRulesOf(schema), schema.apiVersion, schema.isCustom, versions)
}

/** Puts managedFields into a draft that takes the place of `live`; `isNew`: live is the kind with nothing set. Untracked writes keep theirs. */
export function trackFields(
  target: Target,
  live: DynamicObject,
  draft: DynamicObject,
  request: WriteRequest,
  isNew = false,
): void {
  if (request.managesFields) return
  if (request.fieldManager === undefined) {
    if (draft.metadata.managedFields?.length === 0) delete draft.metadata.managedFields
    return
  }
  setManagedFields(draft, trackWrite(fieldsOf(target), live, draft, writerOf(target, request), isNew))
}

function setManagedFields(draft: DynamicObject, entries: ManagedFieldsEntry[] | undefined): void {
  if (entries === undefined) delete draft.metadata.managedFields
  else draft.metadata.managedFields = entries
}

function writerOf(target: Target, request: WriteRequest): Writer {
  const subresource = request.subresource ?? ''
  return {
    manager: request.fieldManager ?? '',
    subresource,
    filter: filterOf(target.definition, subresource),
    now: formatTime(target.environment.clock.now()),
  }
}

const filters = new WeakMap<ResourceDefinition, Map<string, FieldFilter | undefined>>()

function filterOf(definition: ResourceDefinition, subresource: string): FieldFilter | undefined {
  let known = filters.get(definition)
  if (known === undefined) {
    known = new Map()
    filters.set(definition, known)
  }
  if (!known.has(subresource)) known.set(subresource, makeFilter(definition, subresource))
  return known.get(subresource)
}

const RESIZED: Pattern[] = ['containers', 'initContainers'].flatMap((list) =>
  ['resources', 'resizePolicy'].map((field) => ['f:spec', fieldElement(list), '*', fieldElement(field)]),
)

/** Doors that write a few fields instead of resetting a few. */
const INCLUDED: Record<string, Pattern[]> = {
  'pods/ephemeralcontainers': [['f:spec', 'f:ephemeralContainers']],
  'pods/resize': RESIZED,
}

function makeFilter(definition: ResourceDefinition, subresource: string): FieldFilter | undefined {
  const patterns = INCLUDED[`${definition.groupResource}/${subresource}`]
  if (patterns) return includeFilter(patterns)
  const fact = definition.subresources?.find(({ name }) => name === subresource)
  const paths = subresource === '' ? definition.resetFields : fact?.resetFields
  if (!paths || paths.length === 0) return undefined
  const sets = paths.map((path) => setOfPath(path.slice(1).split('.').map(fieldElement)))
  return excludeFilter(sets.reduce<FieldSet | undefined>((all, set) => union(all, set), undefined) as FieldSet)
}

/** A write that changed nothing but times keeps the old ones: it is no write. */
export function keepTimes(draft: DynamicObject, old: DynamicObject): void {
  const was = old.metadata.managedFields
  const is = draft.metadata.managedFields
  if (was === undefined || is === undefined || was === is || was.length !== is.length) return
  for (let i = 0; i < is.length; i++) if (!sameButTime(is[i]!, was[i]!)) return
  const { managedFields: _, ...before } = old.metadata
  const { managedFields: __, ...after } = draft.metadata
  if (!deepEqual({ ...draft, metadata: after }, { ...old, metadata: before })) return
  draft.metadata.managedFields = was
}

function sameButTime(a: ManagedFieldsEntry, b: ManagedFieldsEntry): boolean {
  return a === b || deepEqual({ ...a, time: undefined }, { ...b, time: undefined })
}

/**
 * Puts an applied configuration over `live` (`zero` when there is no object) as one door shows it. Throws 409, 400, 500. The result is not
 * decoded yet.
 */
export function applyFields(
  target: Target,
  kind: Kind,
  live: DynamicObject,
  zero: DynamicObject,
  config: DynamicObject,
  request: WriteRequest,
  force: boolean,
): Applied {
  const fields = kind === target.definition ? fieldsOf(target) : fieldsOfKind(target.environment, kind)
  return applyConfiguration(fields, live, zero, config, writerOf(target, request), force)
}

const replicasPaths = ({ apiVersion }: ResourceDefinition): ReplicasPaths => ({
  [apiVersion]: ['f:spec', 'f:replicas'],
})

/** A Scale with the managers of what it shows. */
export function withScaleManagers({ definition }: Target, scale: DynamicObject, old: DynamicObject): DynamicObject {
  const managedFields = scaleManagedFields(old.metadata.managedFields, replicasPaths(definition))
  return managedFields === undefined ? scale : { ...scale, metadata: { ...scale.metadata, managedFields } }
}

/** Puts managedFields into the object whose Scale a write changed. `scaled` has its own already when it was applied. */
export function trackScale(
  target: Target,
  kind: Kind,
  before: DynamicObject,
  scaled: DynamicObject,
  old: DynamicObject,
  draft: DynamicObject,
  request: WriteRequest,
): void {
  const entries =
    request.fieldManager === undefined || request.managesFields
      ? scaled.metadata.managedFields
      : trackWrite(fieldsOfKind(target.environment, kind), before, scaled, writerOf(target, request), false)
  const { definition } = target
  const parents = parentManagedFields(
    old.metadata.managedFields,
    entries,
    definition.apiVersion,
    replicasPaths(definition),
  )
  setManagedFields(draft, parents)
}
