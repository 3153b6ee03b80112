/**
 * What reads the API facts: a Schema per kind that decodes, defaults and clears. The one door to this module for handlers, the store and
 * controllers. Mirrors what a codec factory with strict decoding is upstream.
 */
import type { Clock } from '../clock.ts'
import { newBadRequest, StatusError } from '../errors.ts'
import { type DynamicObject, formatGroupVersion } from '../meta.ts'
import { customSchemaParts } from './custom/custom-schema.ts'
import type { JsonSchema } from './custom/json-schema.ts'
import type { StructuralNode } from './custom/structural.ts'
import { Decoders } from './decode.ts'
import { type Decode, type Walk, WRONG_TYPE } from './decode-scalars.ts'
import { type Defaulter, Defaulters } from './defaults.ts'
import { type Diagnosis, diagnose } from './diagnose.ts'
import { type Clear, DisabledFields } from './disabled-fields.ts'
import { keepEmptied } from './emptied.ts'
import type { Facts, TypeFact } from './facts.ts'
import { type JsonNode, jsonValueOf } from './go-json.ts'
import { Resolver, type StructNode } from './nodes.ts'
import { type Parsed, parsedValue } from './parse.ts'

export interface GroupVersionKind {
  group: string
  version: string
  kind: string
}

export interface Decoded {
  /** In struct order, canonical, pruned. Shares nothing that is typed with the input. */
  object: DynamicObject
  /** Duplicate and unknown fields: what Strict refuses and Warn tells. */
  strict: StrictIssues
}

export interface StrictIssues {
  /** YAML's duplicate keys, without their common lead. */
  yaml: readonly string[]
  /** `duplicate field "a"`, `unknown field "b"` in document order. */
  fields: readonly string[]
}

const NO_ISSUES: StrictIssues = { yaml: [], fields: [] }

/** Whether there is anything that Strict refuses. */
export function hasIssues({ yaml, fields }: StrictIssues): boolean {
  return yaml.length > 0 || fields.length > 0
}

/** The text of the 400 that Strict answers, after the lead with the kind. */
export function strictDecodingError({ yaml, fields }: StrictIssues): string {
  const first = yaml.length > 0 ? [`yaml: unmarshal errors:\n  ${yaml.join('\n  ')}`] : []
  return `strict decoding error: ${[...first, ...fields].join(', ')}`
}

/** The texts of the warnings that Warn answers. */
export function strictWarnings({ yaml, fields }: StrictIssues): string[] {
  return [...yaml, ...fields]
}

/** What a CustomResourceDefinition's schema adds. */
export interface CustomWalkers {
  structural: StructuralNode
  /** What is wrong with a document of this kind. */
  diagnose: (document: JsonNode) => Diagnosis
}

export interface Walkers {
  decode: Decode
  /** Reads with defaults: absent, `decode` does, and all defaults are put in after it. */
  decodeDefaulted?: Decode
  defaults: Defaulter
  clear?: Clear
  custom?: CustomWalkers
}

/** One kind. Compiled on first use, then cheap. */
export class Schema {
  readonly gvk: GroupVersionKind
  readonly apiVersion: string
  readonly node: StructNode
  readonly #decode: Decode
  readonly #decodeDefaulted: Decode
  readonly #defaults: Defaulter
  readonly #clear: Clear | undefined
  readonly #diagnose: (document: JsonNode) => Diagnosis
  /** Of a kind that is known to one cluster only, by a CustomResourceDefinition. */
  readonly structural: StructuralNode | undefined

  constructor(gvk: GroupVersionKind, node: StructNode, walkers: Walkers) {
    this.gvk = gvk
    this.apiVersion = formatGroupVersion(gvk)
    this.node = node
    this.#decode = walkers.decode
    this.#decodeDefaulted = walkers.decodeDefaulted ?? walkers.decode
    this.#defaults = walkers.defaults
    this.#clear = walkers.clear
    this.structural = walkers.custom?.structural
    this.#diagnose = walkers.custom?.diagnose ?? ((document) => diagnose(document, node))
  }

  get isCustom(): boolean {
    return this.structural !== undefined
  }

  /** The type of its ObjectMeta. */
  get metadata(): StructNode {
    return this.node.fields[this.node.byName.get('metadata')!]!.node as StructNode
  }

  get type(): TypeFact {
    return this.node.type
  }

  /**
   * Throws the StatusError (400) that the API server answers when the value cannot be of this kind. Defaults are not put in. `as` is the kind
   * that was expected, for the text alone.
   */
  decode(parsed: Parsed, as = this.gvk.kind): Decoded {
    return this.#read(parsed, this.#decode, as)
  }

  /** As decode, with what the scheme's defaulting functions put in. */
  decodeWithDefaults(parsed: Parsed, clock: Clock): Decoded {
    const { object, strict } = this.#read(parsed, this.#decodeDefaulted, this.gvk.kind)
    return { object: this.#defaults(object, clock), strict }
  }

  /**
   * As decodeWithDefaults, of a value made in this process from `old`, an object of this kind. What is the same in both is taken as it is, and
   * shared, but for the metadata as a whole. Throws 400.
   */
  decodeChange(value: object, old: DynamicObject, clock: Clock): DynamicObject {
    if (this.isCustom) return this.decodeWithDefaults(parsedValue(value), clock).object
    const { object } = this.#read(parsedValue(value), this.#decodeDefaulted, this.gvk.kind, old)
    if (object.metadata === old.metadata) object.metadata = { ...object.metadata }
    return this.#defaults(object, clock, old)
  }

  #read(parsed: Parsed, decode: Decode, as: string, like?: DynamicObject): Decoded {
    const walk: Walk = { keys: 0, unknown: 0, like }
    const object = this.#fast(parsed.value, decode, walk, parsed, as)
    keepReset(parsed.value, object)
    const isClean = walk.unknown === 0 && !parsed.oddNumber && (parsed.keys === undefined || parsed.keys === walk.keys)
    if (isClean) return { object: this.#named(object), strict: withYaml(parsed, []) }
    const fields = this.#issues(parsed, as)
    // JSON.parse kept only the last of duplicate keys; Go decodes each into the same struct.
    const hasDuplicates = fields.some((text) => text.startsWith('duplicate'))
    const whole = hasDuplicates ? this.#fast(jsonValueOf(parsed.document()), decode, walk, parsed, as) : object
    return { object: this.#named(whole), strict: withYaml(parsed, fields) }
  }

  #fast(value: unknown, decode: Decode, walk: Walk, parsed: Parsed, as: string): DynamicObject {
    try {
      return decode(value ?? {}, walk) as DynamicObject
    } catch (error) {
      if (error !== WRONG_TYPE && !(error instanceof StatusError)) throw error
      this.#issues(parsed, as)
      throw newBadRequest(cannotHandle(this.gvk, as, 'the value does not fit its type'))
    }
  }

  /** What server-side apply merged, with defaults; a custom resource's nulls stay. Throws 400. */
  decodeMerged(value: unknown, clock: Clock): DynamicObject {
    const walk: Walk = { keys: 0, unknown: 0, keepsNulls: true }
    const object = this.#fast(value, this.#decodeDefaulted, walk, parsedValue(value), this.gvk.kind)
    return this.#defaults(this.#named(object), clock)
  }

  /** A value made in this process: pruned, canonical, in order. */
  decodeValue(value: unknown): Decoded {
    return this.decode(parsedValue(value))
  }

  /** Clears fields behind gates that are off, unless `old` uses them. Answers the same object when there was nothing to clear. */
  clearDisabled(object: DynamicObject, old?: DynamicObject): DynamicObject {
    return this.#clear === undefined ? object : this.#clear(object, old)
  }

  /** 400 of a body that has something for Strict to refuse. */
  strictError(issues: StrictIssues): StatusError {
    return newBadRequest(cannotHandle(this.gvk, this.gvk.kind, strictDecodingError(issues)))
  }

  #issues(parsed: Parsed, as: string): string[] {
    const { strict, error } = this.#diagnose(parsed.document())
    if (error !== undefined) throw newBadRequest(cannotHandle(this.gvk, as, error))
    return strict
  }

  /** Puts kind and apiVersion first, where they stand in Go. */
  #named(object: DynamicObject): DynamicObject {
    if (object.kind === this.gvk.kind && object.apiVersion === this.apiVersion) return object
    const { kind: _, apiVersion: __, ...rest } = object
    const named = { kind: this.gvk.kind, apiVersion: this.apiVersion, ...rest } as unknown as DynamicObject
    return keepEmptied(named, object)
  }
}

/** An empty list says nothing anywhere but here, where it asks to forget all managers. */
function keepReset(value: unknown, object: DynamicObject): void {
  const given = (value as Partial<DynamicObject> | null)?.metadata?.managedFields
  if (Array.isArray(given) && given.length === 0) object.metadata.managedFields = []
}

/** The lead of every 400 of a body whose kind is known. */
export function cannotHandle(given: GroupVersionKind, expected: string, why: string): string {
  return `${given.kind} in version "${given.version}" cannot be handled as a ${expected}: ${why}`
}

function withYaml(parsed: Parsed, fields: string[]): StrictIssues {
  return parsed.yamlDuplicates.length === 0 && fields.length === 0 ? NO_ISSUES : { yaml: parsed.yamlDuplicates, fields }
}

/** Forms of any kind that clients may ask for: PartialObjectMetadata, Table. No group serves them, so the facts register them nowhere. */
export const META_GROUP = 'meta.k8s.io'
const META_MODELS = 'io.k8s.apimachinery.pkg.apis.meta.v1'

/** How the facts name a root kind: `v1/Pod`, `batch/v1/Job`. */
function rootName(group: string, version: string, kind: string): string {
  return `${formatGroupVersion({ group, version })}/${kind}`
}

/** All kinds of one table of facts, each compiled when first asked for. */
export class Schemas {
  readonly resolver: Resolver
  readonly #decoders = new Decoders()
  readonly #defaulters = new Defaulters(this.#decoders)
  readonly #disabled = new DisabledFields()
  readonly #models = new Map<string, string>()
  readonly #schemas = new Map<string, Schema>()
  readonly #base: Schemas | undefined

  constructor(facts: Pick<Facts, 'types'>, base?: Schemas) {
    this.#base = base
    if (base) {
      this.resolver = base.resolver
      return
    }
    this.resolver = new Resolver(facts.types)
    for (const [name, type] of Object.entries(facts.types)) {
      for (const [group, version, kind] of type.gvk ?? []) this.#models.set(`${group}/${version}/${kind}`, name)
    }
  }

  /** These, and room for kinds that only one cluster knows. */
  layered(): Schemas {
    return new Schemas({ types: {} }, this)
  }

  /** Makes a custom kind known (again). Only on what `layered` answered. */
  setCustom(gvk: GroupVersionKind, schema: JsonSchema): void {
    const { node, ...walkers } = customSchemaParts(gvk, schema, this.resolver, (this.#base ?? this).#decoders)
    this.#schemas.set(`${gvk.group}/${gvk.version}/${gvk.kind}`, new Schema(gvk, node, walkers))
  }

  removeCustom({ group, version, kind }: GroupVersionKind): void {
    this.#schemas.delete(`${group}/${version}/${kind}`)
  }

  forKind(group: string, version: string, kind: string): Schema | undefined {
    const key = `${group}/${version}/${kind}`
    const known = this.#schemas.get(key)
    if (known) return known
    if (this.#base) return this.#base.forKind(group, version, kind)
    const model = this.#models.get(key) ?? (group === META_GROUP ? `${META_MODELS}.${kind}` : undefined)
    if (model === undefined || !this.resolver.has(model)) return undefined
    const node = this.resolver.named(model)
    if (node.kind !== 'struct') return undefined
    const defaulted = this.#defaulters.forRoot(node, rootName(group, version, kind))
    const schema = new Schema({ group, version, kind }, node, {
      decode: this.#decoders.of(node),
      decodeDefaulted: defaulted.decode,
      defaults: defaulted.defaults,
      clear: this.#disabled.forRoot(node),
    })
    this.#schemas.set(key, schema)
    return schema
  }
}
