/**
 * How the parts of a type are merged and owned: which lists are sets or have keys, what is atomic. Made from the schema nodes of the API
 * facts. Mirrors kube-openapi/pkg/schemaconv, which makes the same of OpenAPI documents.
 */
import type { FieldFact } from '../schema/facts.ts'
import type { ListNode, MapNode, Node, SpecialNode, StructNode } from '../schema/nodes.ts'
import { compareText, fieldElement } from './path-element.ts'

export type MergeNode = MergeScalar | MergeStruct | MergeMap | MergeList | MergeAny

export interface MergeScalar {
  kind: 'scalar'
  type: 'numeric' | 'string' | 'boolean' | 'untyped'
}
export interface MergeStruct {
  kind: 'struct'
  atomic: boolean
  /** By name, which is the canonical order. Those that nobody owns are left out. */
  fields: MergeField[]
  byName: Map<string, MergeField>
  /** What other names hold; undefined: there are none. */
  rest?: MergeNode
}
export interface MergeField {
  name: string
  element: string
  node: MergeNode
  /** Place in `fields`. */
  rank: number
}
export interface MergeMap {
  kind: 'map'
  atomic: boolean
  of: MergeNode
}
export interface MergeList {
  kind: 'list'
  relation: 'atomic' | 'set' | 'map'
  /** Sorted by name. */
  keys: MergeKey[]
  of: MergeNode
}
export interface MergeKey {
  name: string
  /** What an item without the key has. */
  default?: unknown
}
/** Whatever the value is: maps are merged, lists are atomic. */
export interface MergeAny {
  kind: 'any'
}

export const ANY: MergeAny = { kind: 'any' }
export const UNTYPED: MergeScalar = { kind: 'scalar', type: 'untyped' }
export const TEXT: MergeScalar = { kind: 'scalar', type: 'string' }
export const NUMERIC: MergeScalar = { kind: 'scalar', type: 'numeric' }
export const BOOLEAN: MergeScalar = { kind: 'scalar', type: 'boolean' }

const structs = new WeakMap<StructNode, MergeStruct | MergeMap>()

/** The merge rules of a type. Each struct is made once. */
export function mergeNodeOf(node: Node, fact?: FieldFact): MergeNode {
  switch (node.kind) {
    case 'struct':
      return withMapType(structOf(node), fact)
    case 'map':
      return mapOf(node, fact)
    case 'list':
      return listOf(node, fact)
    case 'special':
      return specialOf(node)
    case 'any':
      return ANY
    case 'boolean':
      return BOOLEAN
    case 'string':
    case 'bytes':
      return TEXT
    default:
      return NUMERIC
  }
}

/** A reference may say another map type than the struct it refers to. */
function withMapType(struct: MergeStruct | MergeMap, fact: FieldFact | undefined): MergeNode {
  if (fact?.mt === undefined || struct.atomic === (fact.mt === 'atomic')) return struct
  return { ...struct, atomic: fact.mt === 'atomic' }
}

function structOf(node: StructNode): MergeStruct | MergeMap {
  const known = structs.get(node)
  if (known) return known
  const atomic = node.type.atomic === true
  if (node.fields.length === 0) {
    const free: MergeMap = { kind: 'map', atomic, of: ANY }
    structs.set(node, free)
    return free
  }
  const struct: MergeStruct = { kind: 'struct', atomic, fields: [], byName: new Map() }
  structs.set(node, struct)
  for (const { fact, node: of } of node.fields) addField(struct, fact.n, mergeNodeOf(of, fact))
  return ranked(struct)
}

function addField(struct: MergeStruct, name: string, node: MergeNode): void {
  const field = { name, element: fieldElement(name), node, rank: UNTRACKED_RANK }
  struct.fields.push(field)
  struct.byName.set(name, field)
}

const UNTRACKED_RANK = -1

function ranked(struct: MergeStruct): MergeStruct {
  struct.fields.sort((a, b) => compareText(a.name, b.name))
  struct.fields.forEach((field, rank) => {
    field.rank = rank
  })
  return struct
}

function mapOf(node: MapNode, fact: FieldFact | undefined): MergeMap {
  return { kind: 'map', atomic: fact?.mt === 'atomic', of: mergeNodeOf(node.of) }
}

function listOf(node: ListNode, fact: FieldFact | undefined): MergeList {
  const of = mergeNodeOf(node.of)
  const names = keyNames(fact)
  if (names === undefined) return { kind: 'list', relation: 'atomic', keys: [], of }
  if (names.length === 0) return { kind: 'list', relation: 'set', keys: [], of }
  const facts = node.of.kind === 'struct' ? node.of.type.fields : undefined
  const keys = [...names].sort(compareText).map((name): MergeKey => {
    const key = facts?.find((candidate) => candidate.n === name)
    return { name, default: key?.od ?? key?.d ?? zeroDefault(key) }
  })
  return { kind: 'list', relation: 'map', keys, of }
}

/** OpenAPI documents give scalars that are always printed their zero value as default. */
function zeroDefault(key: FieldFact | undefined): unknown {
  if (key === undefined || key.ptr || key.omit) return undefined
  if (key.t === 'string') return ''
  return key.t === 'int32' || key.t === 'int64' ? 0 : undefined
}

/** undefined: atomic; none: a set. Where no list type is said, the patch strategy says it. */
function keyNames(fact: FieldFact | undefined): string[] | undefined {
  if (fact?.lt === 'map') return fact.lk ?? []
  if (fact?.lt === 'set') return []
  if (fact?.lt === 'atomic' || !fact?.ms?.includes('merge')) return undefined
  return fact.mk === undefined ? [] : [fact.mk]
}

function specialOf({ special }: SpecialNode): MergeNode {
  switch (special) {
    case 'Verbs':
    case 'ExtraValue':
      return { kind: 'list', relation: 'atomic', keys: [], of: TEXT }
    case 'RawExtension':
    case 'FieldsV1':
      return { kind: 'map', atomic: true, of: ANY }
    case 'IntOrString':
    case 'Quantity':
    case 'JSON':
    case 'JSONSchemaPropsOrBool':
    case 'JSONSchemaPropsOrArray':
    case 'JSONSchemaPropsOrStringArray':
      return ANY
    case 'Duration':
      return TEXT
    default:
      return UNTYPED
  }
}

const MAP_OF_ANY: MergeMap = { kind: 'map', atomic: false, of: ANY }
const LIST_OF_ANY: MergeList = { kind: 'list', relation: 'atomic', keys: [], of: ANY }

/** A struct of named fields; `rest`: what other names hold. */
export function structFrom(
  atomic: boolean,
  fields: Iterable<[name: string, node: MergeNode]>,
  rest: MergeNode | undefined,
): MergeStruct {
  const struct: MergeStruct = { kind: 'struct', atomic, fields: [], byName: new Map(), ...(rest && { rest }) }
  for (const [name, node] of fields) addField(struct, name, node)
  return ranked(struct)
}

/** The node of a member; undefined: there is no such field. */
export function memberOf(node: MergeStruct | MergeMap, name: string): MergeNode | undefined {
  return node.kind === 'map' ? node.of : (node.byName.get(name)?.node ?? node.rest)
}

/**
 * The fields that either value has, by name. Found from the values: most fields of a struct are missing in most values, and to ask a value for
 * what it lacks costs more than all the rest. Ranks are gathered as bits, which saves the sort.
 */
export function presentFields(node: MergeStruct, a: Members | null | undefined, b?: Members | null): MergeField[] {
  if (node.rest !== undefined || node.fields.length > 64) return allFields(node, a, b)
  let low = 0
  let high = 0
  for (const value of [a, b]) {
    for (const name in value) {
      const rank = node.byName.get(name)?.rank ?? UNTRACKED_RANK
      if (rank === UNTRACKED_RANK) continue
      if (rank < 32) low |= 1 << rank
      else high |= 1 << (rank - 32)
    }
  }
  const found: MergeField[] = []
  for (; low !== 0; low &= low - 1) found.push(node.fields[31 - Math.clz32(low & -low)]!)
  for (; high !== 0; high &= high - 1) found.push(node.fields[63 - Math.clz32(high & -high)]!)
  return found
}

/** The fields of the struct, and those that `rest` describes. */
function allFields(node: MergeStruct, a: Members | null | undefined, b?: Members | null): MergeField[] {
  const { rest } = node
  if (rest === undefined) return node.fields
  const names = new Set([...Object.keys(a ?? {}), ...Object.keys(b ?? {})])
  const others = [...names].filter((name) => !node.byName.has(name))
  const more = others.map((name) => ({ name, element: fieldElement(name), node: rest, rank: 0 }))
  return [...node.fields, ...more].sort((x, y) => compareText(x.name, y.name))
}

type Members = Record<string, unknown>

/** What `any` is for a value. */
export function deduced(value: unknown): MergeScalar | MergeMap | MergeList {
  if (Array.isArray(value)) return LIST_OF_ANY
  return typeof value === 'object' ? MAP_OF_ANY : UNTYPED
}

/** System fields: nobody owns them. */
const UNTRACKED = ['apiVersion', 'kind']
const UNTRACKED_METADATA = [
  'name',
  'namespace',
  'creationTimestamp',
  'selfLink',
  'uid',
  'clusterName',
  'generation',
  'managedFields',
  'resourceVersion',
]

/** A root type without the fields that nobody owns: what comparisons walk. */
export function trackedNodeOf(root: MergeStruct): MergeStruct {
  return without(root, UNTRACKED, (field) =>
    field.name === 'metadata' && field.node.kind === 'struct' ? without(field.node, UNTRACKED_METADATA) : field.node,
  )
}

/** The names stay known: they are not fields that `rest` describes. */
function without(
  { fields, ...node }: MergeStruct,
  names: readonly string[],
  nodeOf: (field: MergeField) => MergeNode = (field) => field.node,
): MergeStruct {
  const all = fields.map((field) => ({ ...field, node: nodeOf(field), rank: UNTRACKED_RANK }))
  const byName = new Map(all.map((field) => [field.name, field]))
  return ranked({ ...node, fields: all.filter(({ name }) => !names.includes(name)), byName })
}

/** The same fields as a set, to take them out of what an applied configuration owns. */
export const UNTRACKED_SET = {
  'f:apiVersion': {},
  'f:kind': {},
  'f:metadata': { '.': {}, ...Object.fromEntries(UNTRACKED_METADATA.map((name) => [fieldElement(name), {}])) },
}
