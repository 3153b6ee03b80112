/** Type facts resolved into nodes that walkers are compiled from. Built-in types come from the facts file, custom resources at run time. */
import type { FieldFact, SpecialType, TypeFact, TypeRef } from './facts.ts'

export type ScalarKind = 'string' | 'boolean' | 'int32' | 'int64' | 'float32' | 'float64' | 'bytes' | 'any'

export interface ScalarNode {
  kind: ScalarKind
}
export interface ListNode {
  kind: 'list'
  of: Node
}
export interface MapNode {
  kind: 'map'
  of: Node
}
export interface SpecialNode {
  kind: 'special'
  special: SpecialType
  type: TypeFact
  /** The struct a JSONSchemaPropsOr* holds. */
  inner?: StructNode
}
export interface StructNode {
  kind: 'struct'
  /** Model name, or any name that is unique in its resolver. */
  name: string
  type: TypeFact
  /** In Go declaration order. */
  fields: FieldNode[]
  byName: Map<string, number>
}
export type Node = ScalarNode | ListNode | MapNode | SpecialNode | StructNode

export interface FieldNode {
  fact: FieldFact
  node: Node
}

const JSON_SCHEMA_HOLDERS = new Set<SpecialType>([
  'JSONSchemaPropsOrBool',
  'JSONSchemaPropsOrArray',
  'JSONSchemaPropsOrStringArray',
])

/** Resolves type names to nodes, each once: recursive types meet themselves. */
export class Resolver {
  readonly #types: Record<string, TypeFact>
  readonly #nodes = new Map<string, StructNode | SpecialNode>()

  constructor(types: Record<string, TypeFact>) {
    this.#types = types
  }

  has(name: string): boolean {
    return Object.hasOwn(this.#types, name)
  }

  /** The node of a named type. Throws for a name that the table lacks: the data file is broken then. */
  named(name: string): StructNode | SpecialNode {
    const known = this.#nodes.get(name)
    if (known) return known
    const type = this.#types[name]
    if (type === undefined) throw new Error(`no type ${name} in the API facts`)
    return type.special ? this.#special(name, type, type.special) : this.#struct(name, type)
  }

  resolve(ref: TypeRef): Node {
    if (typeof ref === 'string') return { kind: ref }
    if ('list' in ref) return { kind: 'list', of: this.resolve(ref.list) }
    if ('map' in ref) return { kind: 'map', of: this.resolve(ref.map) }
    return this.named(ref.ref)
  }

  #special(name: string, type: TypeFact, special: SpecialType): SpecialNode {
    const node: SpecialNode = { kind: 'special', special, type }
    this.#nodes.set(name, node)
    if (JSON_SCHEMA_HOLDERS.has(special)) {
      node.inner = this.named(name.replace(/JSONSchemaPropsOr\w+$/, 'JSONSchemaProps')) as StructNode
    }
    return node
  }

  #struct(name: string, type: TypeFact): StructNode {
    const node: StructNode = { kind: 'struct', name, type, fields: [], byName: new Map() }
    this.#nodes.set(name, node)
    for (const fact of type.fields ?? []) {
      node.byName.set(fact.n, node.fields.length)
      node.fields.push({ fact, node: this.resolve(fact.t) })
    }
    return node
  }
}

/** The Go name of a struct without its package, as error texts lead a path with it. */
export function shortGoName(type: TypeFact): string {
  return type.go.slice(type.go.lastIndexOf('.') + 1)
}
