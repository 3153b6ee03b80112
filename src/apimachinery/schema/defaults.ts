/**
 * The scheme's defaults: constants from the facts, which decoding puts in, and hand-written conditional ones, compiled to one walker a type
 * that visits only where something can be missing. Copy-on-write: what needs nothing is shared. Mirrors the zz_generated.defaults.go files: a type's own defaults
 * come before those of what is inside it.
 */
import type { Clock } from '../clock.ts'
import type { DynamicObject } from '../meta.ts'
import { CONDITIONAL_DEFAULTS, type ConditionalDefault, roundResourceList } from './conditional-defaults.ts'
import { Decoders } from './decode.ts'
import type { Decode } from './decode-scalars.ts'
import { keepEmptied } from './emptied.ts'
import type { FieldFact } from './facts.ts'
import type { FieldNode, Node, StructNode } from './nodes.ts'

type Fields = Record<string, unknown>
/** What is the same as in `like`, which has its defaults, is passed over. */
type Fill = (value: unknown, clock: Clock, like?: unknown) => unknown

/** Answers its input when nothing was missing; never changes it. `like`: an object of the kind with its defaults, which this one was made from. */
export type Defaulter = (object: DynamicObject, clock: Clock, like?: DynamicObject) => DynamicObject

/** A default that depends on a sibling, or that a conditional rule must not see yet. */
interface Constant {
  /** Of the field in its struct. */
  index: number
  name: string
  pointer: boolean
  make: () => unknown
  when: [sibling: string, value: unknown][]
}

/** The two steps of reading a value with defaults. */
export interface DefaultedWalkers {
  /** Puts in the constants while it decodes. */
  decode: Decode
  /** Puts in the rest, into what `decode` answered. */
  defaults: Defaulter
}

/** Compiles walkers of kinds. Some rules hold only below some root kinds, so they are kept by root. */
export class Defaulters {
  readonly #decoders: Decoders

  constructor(decoders: Decoders) {
    this.#decoders = decoders
  }

  /** `root` is `group/version/Kind`, with nothing before the version's name for the core group: `v1/Pod`. */
  forRoot(node: StructNode, root: string): DefaultedWalkers {
    const decoders = new Decoders(this.#decoders, (struct, fact) => isConstant(struct, fact, root))
    const defaults = new Compiler(decoders, root).of(node) as Defaulter | undefined
    return { decode: decoders.of(node), defaults: defaults ?? ((object) => object) }
  }
}

function hooksOf({ name }: StructNode, root: string): ConditionalDefault[] {
  return [CONDITIONAL_DEFAULTS[name], CONDITIONAL_DEFAULTS[`${root}:${name}`]].filter((hook) => hook !== undefined)
}

function applies({ d, dr }: FieldFact, root: string): boolean {
  if (d === undefined) return false
  if (dr === undefined) return true
  const listed = dr.some((one) => one.replace(/^!/, '') === root)
  return dr[0].startsWith('!') ? !listed : listed
}

/** Depends on nothing, and no rule of its struct asks what was given before the constants. */
function isConstant(struct: StructNode, fact: FieldFact, root: string): boolean {
  return applies(fact, root) && fact.dw === undefined && hooksOf(struct, root).every((hook) => hook.length < 2)
}

class Compiler {
  readonly #decoders: Decoders
  readonly #root: string
  readonly #structs = new Map<StructNode, Fill>()

  constructor(decoders: Decoders, root: string) {
    this.#decoders = decoders
    this.#root = root
  }

  /** undefined: nothing at or below this node is left to default. */
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
    if (hooksOf(node, this.#root).length > 0) return true
    return node.fields.some(
      (field) => this.#isLeft(node, field.fact) || isResourceList(field.fact) || this.#matters(field.node, seen),
    )
  }

  #isLeft(struct: StructNode, fact: FieldFact): boolean {
    return applies(fact, this.#root) && !isConstant(struct, fact, this.#root)
  }

  #struct(node: StructNode): Fill {
    const known = this.#structs.get(node)
    if (known) return known
    let fill: Fill = (value, clock, like) => {
      fill = this.#compile(node)
      return fill(value, clock, like)
    }
    const lazy: Fill = (value, clock, like) => fill(value, clock, like)
    this.#structs.set(node, lazy)
    return lazy
  }

  #compile(node: StructNode): Fill {
    // Two words of bits say which fields are there.
    if (node.fields.length > 64) throw new Error(`${node.name} has too many fields for defaults`)
    const constants: Constant[] = []
    const children: Child[] = []
    node.fields.forEach((field, index) => {
      if (this.#isLeft(node, field.fact)) constants.push(this.#constant(field, index))
      const fill = isResourceList(field.fact) ? roundResourceList : this.of(field.node)
      if (fill) children.push({ name: field.fact.n, fill })
    })
    const plan: Plan = { node, hooks: hooksOf(node, this.#root), constants, children }
    return (value, clock, like) => fillStruct(value as Fields, clock, plan, like as Fields | null | undefined)
  }

  #constant({ fact, node }: FieldNode, index: number): Constant {
    const isPlain = typeof fact.d !== 'object' || fact.d === null
    const decode = isPlain ? undefined : this.#decoders.of(node)
    return {
      index,
      name: fact.n,
      pointer: fact.ptr === true,
      make: decode ? () => decode(fact.d, { keys: 0, unknown: 0 }) : () => fact.d,
      when: Object.entries(fact.dw ?? {}),
    }
  }
}

interface Plan {
  node: StructNode
  hooks: ConditionalDefault[]
  constants: Constant[]
  children: Child[]
}

interface Child {
  name: string
  fill: Fill
}

/** Copied only when something was missing, and in struct order. */
function fillStruct(
  object: Fields,
  clock: Clock,
  { node, hooks, constants, children }: Plan,
  like: Fields | null | undefined,
): Fields {
  let out = constants.length === 0 ? object : withConstants(object, node, constants)
  for (const hook of hooks) {
    const patch = hook(out, object, clock)
    if (patch !== undefined && hasChange(patch)) out = withPatch(out, node, patch)
  }
  for (const { name, fill } of children) {
    const child = out[name]
    const before = like?.[name]
    if (child === undefined || child === null || child === before) continue
    const filled = fill(child, clock, before)
    if (filled === child) continue
    if (out === object) out = { ...object }
    out[name] = filled
  }
  return out === object ? out : keepEmptied(out, object)
}

/**
 * Fields that are there, gathered as bits: to ask an object for a field that it lacks costs more than all the rest, and most lack most. That
 * is also what makes struct order without a sort.
 */
interface Bits {
  low: number
  high: number
}

function bitsOf(object: Fields, { byName }: StructNode): Bits {
  const bits = { low: 0, high: 0 }
  for (const key in object) setBit(bits, byName.get(key) as number)
  return bits
}

function setBit(bits: Bits, i: number): void {
  if (i < 32) bits.low |= 1 << i
  else bits.high |= 1 << (i - 32)
}

const hasBit = ({ low, high }: Bits, i: number): boolean => (i < 32 ? low & (1 << i) : high & (1 << (i - 32))) !== 0

function withConstants(object: Fields, node: StructNode, constants: readonly Constant[]): Fields {
  const bits = bitsOf(object, node)
  let patch: Fields | undefined
  for (const { index, name, pointer, make, when } of constants) {
    if (hasBit(bits, index) && !isAbsent(object[name], pointer)) continue
    if (!when.every(([sibling, value]) => (patch?.[sibling] ?? object[sibling]) === value)) continue
    patch ??= {}
    patch[name] = make()
    setBit(bits, index)
  }
  return patch === undefined ? object : inOrder(object, patch, bits, node)
}

/** A patched undefined removes the field. */
function withPatch(object: Fields, node: StructNode, patch: Fields): Fields {
  const bits = bitsOf(object, node)
  for (const key in patch) setBit(bits, node.byName.get(key) as number)
  return inOrder(object, patch, bits, node)
}

function inOrder(object: Fields, patch: Fields, { low, high }: Bits, { fields }: StructNode): Fields {
  const out: Fields = {}
  for (; low !== 0; low &= low - 1) take(31 - Math.clz32(low & -low))
  for (; high !== 0; high &= high - 1) take(63 - Math.clz32(high & -high))
  return out

  function take(i: number): void {
    const name = fields[i]!.fact.n
    const value = name in patch ? patch[name] : object[name]
    if (value !== undefined) out[name] = value
  }
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

function isResourceList({ go }: FieldFact): boolean {
  return go === 'v1.ResourceList'
}

function everyItem(fill: Fill): Fill {
  return (value, clock, like) => {
    const items = value as unknown[]
    let out: unknown[] | undefined
    for (let i = 0; i < items.length; i++) {
      const before = (like as unknown[] | null | undefined)?.[i]
      if (items[i] === before) continue
      const filled = fill(items[i], clock, before)
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
