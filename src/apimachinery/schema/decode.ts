/**
 * One compiled walker a type: a JSON value becomes the object as the server would print it after Go's decode and encode. It prunes unknown
 * fields, canonicalises values, prints the zero values that Go prints, puts in constant defaults if it is compiled to, and puts fields in
 * struct order. It is optimistic: it only says that something was unknown or wrong; diagnose.ts says what, in document order.
 */
import { asObject, list, map } from './decode-collections.ts'
import { countKeys, type Decode, decodeAt, SCALARS, type Walk } from './decode-scalars.ts'
import { special } from './decode-specials.ts'
import { rememberEmptied } from './emptied.ts'
import type { FieldFact } from './facts.ts'
import type { FieldNode, Node, StructNode } from './nodes.ts'

/** Whether decoding is to put in the field's constant default where the value has none. */
export type TakesConstant = (struct: StructNode, fact: FieldFact) => boolean

/** Compiles decoders, each once: struct types meet themselves in recursion. */
export class Decoders {
  readonly #structs = new Map<StructNode, Decode>()
  readonly #plain: Decoders | undefined
  readonly #takesConstant: TakesConstant

  /** With constant defaults, `plain` decodes what has none of them anywhere in it. */
  constructor(plain?: Decoders, takesConstant: TakesConstant = () => false) {
    this.#plain = plain
    this.#takesConstant = takesConstant
  }

  /** Makes the field's constant default, a new one each time: drafts are changed in place. */
  constantOf(struct: StructNode, { fact, node }: FieldNode): (() => unknown) | undefined {
    if (!this.#takesConstant(struct, fact)) return undefined
    if (typeof fact.d !== 'object' || fact.d === null) return () => fact.d
    const decode = this.of(node)
    return () => decode(fact.d, { keys: 0, unknown: 0 })
  }

  #hasConstants(node: Node, seen: Set<Node>): boolean {
    if (node.kind === 'list' || node.kind === 'map') return this.#hasConstants(node.of, seen)
    if (node.kind !== 'struct' || seen.has(node)) return false
    seen.add(node)
    return node.fields.some((field) => this.#takesConstant(node, field.fact) || this.#hasConstants(field.node, seen))
  }

  of(node: Node): Decode {
    if (this.#plain && !this.#hasConstants(node, new Set())) return this.#plain.of(node)
    switch (node.kind) {
      case 'struct':
        return this.#struct(node)
      case 'list':
        return list(this.of(node.of), zeroMaker(node.of, this))
      case 'map':
        return map(this.of(node.of), node.of.kind === 'bytes' ? () => '' : zeroMaker(node.of, this))
      case 'special':
        return special(node, (inner) => this.of(inner))
      default:
        return SCALARS[node.kind]
    }
  }

  #struct(node: StructNode): Decode {
    const known = this.#structs.get(node)
    if (known) return known
    let walk: Decode = (value, state) => {
      walk = struct(node, this)
      return walk(value, state)
    }
    const decode: Decode = (value, state) => walk(value, state)
    this.#structs.set(node, decode)
    return decode
  }
}

type Emit = (source: Record<string, unknown>, out: Record<string, unknown>, walk: Walk) => void

/** Fields present in the source are gathered as bits, so that they come out in struct order without a sort. */
function struct(node: StructNode, decoders: Decoders): Decode {
  if (node.fields.length > 64) return wideStruct(node, decoders)
  const emits = node.fields.map((field) => emitter(field, decoders, decoders.constantOf(node, field)))
  const index = node.byName
  let alwaysLow = 0
  let alwaysHigh = 0
  node.fields.forEach((field, i) => {
    if (!printsZero(field) && !decoders.constantOf(node, field)) return
    if (i < 32) alwaysLow |= 1 << i
    else alwaysHigh |= 1 << (i - 32)
  })
  return (value, walk) => {
    const source = asObject(value)
    let low = alwaysLow
    let high = alwaysHigh
    for (const key in source) {
      walk.keys++
      const i = index.get(key)
      if (i === undefined) skipUnknown(source[key], walk)
      else if (i < 32) low |= 1 << i
      else high |= 1 << (i - 32)
    }
    const out: Record<string, unknown> = {}
    while (low !== 0) {
      const i = 31 - Math.clz32(low & -low)
      low &= low - 1
      emits[i](source, out, walk)
    }
    while (high !== 0) {
      const i = 31 - Math.clz32(high & -high)
      high &= high - 1
      emits[i + 32](source, out, walk)
    }
    return out
  }
}

function wideStruct(node: StructNode, decoders: Decoders): Decode {
  const emits = node.fields.map((field) => emitter(field, decoders, decoders.constantOf(node, field)))
  return (value, walk) => {
    const source = asObject(value)
    for (const key in source) {
      walk.keys++
      if (!node.byName.has(key)) skipUnknown(source[key], walk)
    }
    const out: Record<string, unknown> = {}
    for (const emit of emits) emit(source, out, walk)
    return out
  }
}

function skipUnknown(value: unknown, walk: Walk): void {
  walk.unknown++
  countKeys(value, walk)
}

/** Go's omitempty never omits a struct; omitzero does. */
function printsZero({ fact, node }: FieldNode): boolean {
  if (fact.omit === 'zero') return false
  if (fact.omit === 'empty') return !fact.ptr && isStructLike(node)
  return true
}

function isStructLike(node: Node): boolean {
  if (node.kind === 'struct') return true
  return node.kind === 'special' && STRUCT_SPECIALS.has(node.special)
}

const STRUCT_SPECIALS = new Set<string>([
  'Quantity',
  'Time',
  'MicroTime',
  'IntOrString',
  'RawExtension',
  'Duration',
  'JSON',
])

/** JSON tells empty lists from absent ones; protobuf, in which nearly everything is stored, does not. */
const STORED_AS_JSON = new Set(['[]v1.CustomResourceDefinitionVersion'])

/** `constant`: what takes the place of a value that is missing, or that Go takes for empty. */
function emitter({ fact, node }: FieldNode, decoders: Decoders, constant?: () => unknown): Emit {
  const name = fact.n
  const decode = decoders.of(node)
  const always = printsZero({ fact, node })
  const zero = fact.ptr ? () => null : zeroMaker(node, decoders)
  const drops = emptyTest(fact, node, zero)
  const isCollection = node.kind === 'list' || node.kind === 'map'
  const nullsEmpty = isCollection && !fact.ptr && !fact.omit && !STORED_AS_JSON.has(fact.go)
  return (source, out, walk) => {
    const given = source[name]
    if (given === undefined || given === null) {
      if (constant) out[name] = constant()
      else if (always) out[name] = zero(walk)
      return
    }
    const value = decodeAt(name, given, walk, decode)
    if (drops?.(value)) {
      if (isCollection) rememberEmptied(out, name, value)
      if (constant) out[name] = constant()
      return
    }
    if (constant && !fact.ptr && (value === '' || value === 0)) {
      out[name] = constant()
      return
    }
    if (nullsEmpty && isEmptyCollection(value)) {
      rememberEmptied(out, name, value)
      out[name] = null
    } else out[name] = value
  }
}

function isEmptyCollection(value: unknown): boolean {
  if (Array.isArray(value)) return value.length === 0
  for (const _ in value as object) return false
  return true
}

/** Which present values are left out all the same: those that Go takes for empty. A pointer is empty only when absent. */
function emptyTest(
  fact: FieldFact,
  node: Node,
  zero: (walk: Walk) => unknown,
): ((value: unknown) => boolean) | undefined {
  if (!fact.omit) return undefined
  if (node.kind === 'list' || node.kind === 'map') return isEmptyCollection
  if (fact.ptr) return undefined
  if (isStructLike(node)) {
    if (fact.omit !== 'zero') return undefined
    return (value) => JSON.stringify(value) === JSON.stringify(zero({ keys: 0, unknown: 0 }))
  }
  if (node.kind === 'any' || node.kind === 'special') return undefined
  return (value) => value === '' || value === 0 || value === false
}

/** Makes what Go prints for a value that was never set. A new one each time: drafts are changed in place. */
function zeroMaker(node: Node, decoders: Decoders): (walk: Walk) => unknown {
  switch (node.kind) {
    case 'string':
      return () => ''
    case 'boolean':
      return () => false
    case 'struct': {
      const decode = decoders.of(node)
      return (walk) => decode({}, walk)
    }
    case 'special':
      return () => ZERO_SPECIALS[node.special] ?? null
    case 'list':
    case 'map':
    case 'any':
    case 'bytes':
      return () => null
    default:
      return () => 0
  }
}

const ZERO_SPECIALS: Record<string, unknown> = { Quantity: '0', IntOrString: 0, Duration: '0s' }
