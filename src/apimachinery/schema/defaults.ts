/**
 * The scheme's defaults: constants from the facts and hand-written conditional ones, compiled to one walker a type that visits only where
 * something can be missing. Copy-on-write: what needs nothing is shared. Mirrors the zz_generated.defaults.go files: a type's own defaults
 * come before those of what is inside it.
 */
import type { Clock } from '../clock.ts'
import type { DynamicObject } from '../meta.ts'
import { CONDITIONAL_DEFAULTS, type ConditionalDefault, roundResourceList } from './conditional-defaults.ts'
import type { Decoders } from './decode.ts'
import type { FieldFact } from './facts.ts'
import type { FieldNode, Node, StructNode } from './nodes.ts'

type Fields = Record<string, unknown>
type Fill = (value: unknown, clock: Clock) => unknown

/** Answers its input when nothing was missing; never changes it. */
export type Defaulter = (object: DynamicObject, clock: Clock) => DynamicObject

interface Constant {
  name: string
  pointer: boolean
  /** A new value each time: drafts are changed in place. */
  make: () => unknown
  when: [sibling: string, value: unknown][]
}

const NOTHING_BEFORE = { keys: 0, unknown: 0 }

/** Compiles defaulters. Some rules hold only below some root kinds, so walkers are kept by root. */
export class Defaulters {
  readonly #decoders: Decoders

  constructor(decoders: Decoders) {
    this.#decoders = decoders
  }

  /** `root` is `group/version/Kind`, with nothing before the version's name for the core group: `v1/Pod`. */
  forRoot(node: StructNode, root: string): Defaulter {
    return (new Compiler(this.#decoders, root).of(node) as Defaulter | undefined) ?? ((object) => object)
  }
}

class Compiler {
  readonly #decoders: Decoders
  readonly #root: string
  readonly #structs = new Map<StructNode, Fill>()

  constructor(decoders: Decoders, root: string) {
    this.#decoders = decoders
    this.#root = root
  }

  /** undefined: nothing at or below this node has a default. */
  of(node: Node): Fill | undefined {
    if (!this.#matters(node, new Set())) return undefined
    if (node.kind === 'list') return everyItem(this.of(node.of)!)
    if (node.kind === 'map') return everyMember(this.of(node.of)!)
    return node.kind === 'struct' ? this.#struct(node) : undefined
  }

  #matters(node: Node, seen: Set<Node>): boolean {
    if (node.kind === 'list' || node.kind === 'map') return this.#matters(node.of, seen)
    if (node.kind !== 'struct' || seen.has(node)) return false
    seen.add(node)
    if (CONDITIONAL_DEFAULTS[node.name] || CONDITIONAL_DEFAULTS[`${this.#root}:${node.name}`]) return true
    return node.fields.some(
      (field) => this.#applies(field.fact) || isResourceList(field.fact) || this.#matters(field.node, seen),
    )
  }

  #applies({ d, dr }: FieldFact): boolean {
    if (d === undefined) return false
    if (dr === undefined) return true
    const listed = dr.some((root) => root.replace(/^!/, '') === this.#root)
    return dr[0].startsWith('!') ? !listed : listed
  }

  #struct(node: StructNode): Fill {
    const known = this.#structs.get(node)
    if (known) return known
    let fill: Fill = (value, clock) => {
      fill = this.#compile(node)
      return fill(value, clock)
    }
    const lazy: Fill = (value, clock) => fill(value, clock)
    this.#structs.set(node, lazy)
    return lazy
  }

  #compile(node: StructNode): Fill {
    const hooks = [CONDITIONAL_DEFAULTS[node.name], CONDITIONAL_DEFAULTS[`${this.#root}:${node.name}`]].filter(
      (hook) => hook !== undefined,
    )
    const constants = node.fields.filter((field) => this.#applies(field.fact)).map((field) => this.#constant(field))
    const children: [string, Fill][] = []
    for (const { fact, node: child } of node.fields) {
      const fill = isResourceList(fact) ? roundResourceList : this.of(child)
      if (fill) children.push([fact.n, fill])
    }
    const names = node.fields.map((field) => field.fact.n)
    return (value, clock) => fillStruct(value as Fields, clock, { hooks, constants, children, names })
  }

  #constant({ fact, node }: FieldNode): Constant {
    const isPlain = typeof fact.d !== 'object' || fact.d === null
    const decode = isPlain ? undefined : this.#decoders.of(node)
    return {
      name: fact.n,
      pointer: fact.ptr === true,
      make: decode ? () => decode(fact.d, { ...NOTHING_BEFORE }) : () => fact.d,
      when: Object.entries(fact.dw ?? {}),
    }
  }
}

interface Plan {
  hooks: ConditionalDefault[]
  constants: Constant[]
  children: [string, Fill][]
  names: string[]
}

function fillStruct(object: Fields, clock: Clock, { hooks, constants, children, names }: Plan): Fields {
  let patch: Fields | undefined
  for (const { name, pointer, make, when } of constants) {
    if (!isAbsent(object[name], pointer)) continue
    if (when.length > 0 && !when.every(([sibling, value]) => (patch?.[sibling] ?? object[sibling]) === value)) continue
    patch ??= {}
    patch[name] = make()
  }
  let current = patch === undefined ? object : merge(names, object, patch)
  for (const hook of hooks) {
    const more = hook(current, object, clock)
    if (more !== undefined && hasChange(current, more)) current = merge(names, current, more)
  }
  patch = undefined
  for (const [name, fill] of children) {
    const child = current[name]
    if (child === undefined || child === null) continue
    const filled = fill(child, clock)
    if (filled === child) continue
    patch ??= {}
    patch[name] = filled
  }
  return patch === undefined ? current : merge(names, current, patch)
}

/** Hooks may answer what is there already. */
function hasChange(object: Fields, patch: Fields): boolean {
  for (const name in patch) {
    if (object[name] !== patch[name] && JSON.stringify(object[name]) !== JSON.stringify(patch[name])) return true
  }
  return false
}

/** What Go's `== ""`, `== 0` and `== nil` say. */
function isAbsent(value: unknown, pointer: boolean): boolean {
  if (value === undefined || value === null) return true
  return !pointer && (value === '' || value === 0)
}

/** In struct order; a patched undefined removes the field. */
function merge(names: string[], object: Fields, patch: Fields): Fields {
  const out: Fields = {}
  for (const name of names) {
    const value = name in patch ? patch[name] : object[name]
    if (value !== undefined) out[name] = value
  }
  return out
}

function isResourceList({ go }: FieldFact): boolean {
  return go === 'v1.ResourceList'
}

function everyItem(fill: Fill): Fill {
  return (value, clock) => {
    const items = value as unknown[]
    let out: unknown[] | undefined
    for (let i = 0; i < items.length; i++) {
      const filled = fill(items[i], clock)
      if (filled === items[i]) continue
      out ??= [...items]
      out[i] = filled
    }
    return out ?? items
  }
}

function everyMember(fill: Fill): Fill {
  return (value, clock) => {
    const members = value as Fields
    let out: Fields | undefined
    for (const key of Object.keys(members)) {
      const filled = fill(members[key], clock)
      if (filled === members[key]) continue
      out ??= { ...members }
      out[key] = filled
    }
    return out ?? members
  }
}
