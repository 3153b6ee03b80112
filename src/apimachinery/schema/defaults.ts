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
    const plan: Plan = { node, hooks, constants, children }
    return (value, clock) => fillStruct(value as Fields, clock, plan)
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
  node: StructNode
  hooks: ConditionalDefault[]
  constants: Constant[]
  children: [string, Fill][]
}

/** Puts everything together first, so that the struct is copied in order once, and only when something was missing. */
function fillStruct(object: Fields, clock: Clock, { node, hooks, constants, children }: Plan): Fields {
  let patch: Fields | undefined
  for (const { name, pointer, make, when } of constants) {
    if (!isAbsent(object[name], pointer)) continue
    if (when.length > 0 && !when.every(([sibling, value]) => (patch?.[sibling] ?? object[sibling]) === value)) continue
    patch ??= {}
    patch[name] = make()
  }
  let view = patch === undefined ? object : { ...object, ...patch }
  for (const hook of hooks) {
    const more = hook(view, object, clock)
    if (more === undefined || !hasChange(more)) continue
    patch = { ...patch, ...more }
    view = { ...view, ...more }
  }
  for (const [name, fill] of children) {
    const child = view[name]
    if (child === undefined || child === null) continue
    const filled = fill(child, clock)
    if (filled === child) continue
    patch ??= {}
    patch[name] = filled
  }
  return patch === undefined ? object : merge(node, object, patch)
}

function hasChange(patch: Fields): boolean {
  for (const _ in patch) return true
  return false
}

/** What Go's `== ""`, `== 0` and `== nil` say. */
function isAbsent(value: unknown, pointer: boolean): boolean {
  if (value === undefined || value === null) return true
  return !pointer && (value === '' || value === 0)
}

/** In struct order; a patched undefined removes the field. Present fields are gathered as bits, which saves looking for all the others. */
function merge({ fields, byName }: StructNode, object: Fields, patch: Fields): Fields {
  const out: Fields = {}
  if (fields.length > 64) {
    for (const { fact } of fields) take(out, fact.n, object, patch)
    return out
  }
  const bits: Bits = { low: 0, high: 0 }
  for (const key in object) setBit(bits, byName.get(key))
  for (const key in patch) setBit(bits, byName.get(key))
  for (let low = bits.low; low !== 0; low &= low - 1)
    take(out, fields[31 - Math.clz32(low & -low)].fact.n, object, patch)
  for (let high = bits.high; high !== 0; high &= high - 1) {
    take(out, fields[63 - Math.clz32(high & -high)].fact.n, object, patch)
  }
  return out
}

interface Bits {
  low: number
  high: number
}

function setBit(bits: Bits, i: number | undefined): void {
  if (i === undefined) return
  if (i < 32) bits.low |= 1 << i
  else bits.high |= 1 << (i - 32)
}

function take(out: Fields, name: string, object: Fields, patch: Fields): void {
  const patched = patch[name]
  const value = patched === undefined && !(name in patch) ? object[name] : patched
  if (value !== undefined) out[name] = value
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
