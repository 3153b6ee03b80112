/**
 * Fields behind a feature gate that is off by default: cleared on write unless the old object uses them, without a word. Mirrors the
 * dropDisabledFields functions of pkg/registry and pkg/api, which ask whether the old object has the field anywhere.
 */
import type { DynamicObject } from '../meta.ts'
import type { FieldFact } from './facts.ts'
import type { Node, StructNode } from './nodes.ts'

type Fields = Record<string, unknown>

/** Answers the same object when there was nothing to clear; never changes its inputs. */
export type Clear = (object: DynamicObject, old: DynamicObject | undefined) => DynamicObject

/** One struct on the way to gated fields: which of its fields are gated, and below which others there are more. */
interface Trail {
  gated: FieldFact[]
  below: [name: string, node: Node][]
}

/** Compiles the clearing of a root kind; undefined when nothing in it is gated. */
export class DisabledFields {
  readonly #trails = new Map<StructNode, Trail>()

  forRoot(root: StructNode): Clear | undefined {
    if (!this.#leads(root, new Set())) return undefined
    return (object, old) => {
      const used = new Set<FieldFact>()
      this.#collect(object, root, used)
      if (used.size === 0) return object
      const kept = new Set<FieldFact>()
      if (old !== undefined) this.#collect(old, root, kept)
      for (const fact of kept) used.delete(fact)
      return used.size === 0 ? object : (this.#without(object, root, used) as DynamicObject)
    }
  }

  #leads(node: Node, seen: Set<Node>): boolean {
    if (node.kind === 'list' || node.kind === 'map') return this.#leads(node.of, seen)
    if (node.kind !== 'struct' || seen.has(node)) return false
    seen.add(node)
    return node.fields.some((field) => field.fact.gate !== undefined || this.#leads(field.node, seen))
  }

  #trail(node: StructNode): Trail {
    let trail = this.#trails.get(node)
    if (trail === undefined) {
      trail = { gated: [], below: [] }
      this.#trails.set(node, trail)
      for (const { fact, node: child } of node.fields) {
        if (fact.gate !== undefined) trail.gated.push(fact)
        else if (this.#leads(child, new Set())) trail.below.push([fact.n, child])
      }
    }
    return trail
  }

  #collect(value: unknown, node: Node, found: Set<FieldFact>): void {
    if (value === undefined || value === null) return
    if (node.kind === 'list') for (const item of value as unknown[]) this.#collect(item, node.of, found)
    else if (node.kind === 'map') for (const item of Object.values(value)) this.#collect(item, node.of, found)
    if (node.kind !== 'struct') return
    const fields = value as Fields
    const { gated, below } = this.#trail(node)
    for (const fact of gated) if (fields[fact.n] !== undefined) found.add(fact)
    for (const [name, child] of below) this.#collect(fields[name], child, found)
  }

  #without(value: unknown, node: Node, cleared: Set<FieldFact>): unknown {
    if (value === undefined || value === null) return value
    if (node.kind === 'list') return sharedList(value as unknown[], (item) => this.#without(item, node.of, cleared))
    if (node.kind === 'map') {
      const members = Object.entries(value).map(([key, item]) => [key, this.#without(item, node.of, cleared)])
      return Object.fromEntries(members)
    }
    if (node.kind !== 'struct') return value
    let out = value as Fields
    const { gated, below } = this.#trail(node)
    for (const [name, child] of below) {
      const next = this.#without(out[name], child, cleared)
      if (next !== out[name]) out = { ...out, [name]: next }
    }
    for (const { n } of gated.filter((fact) => cleared.has(fact))) {
      const { [n]: _, ...rest } = out
      out = rest
    }
    return out
  }
}

function sharedList(items: unknown[], change: (item: unknown) => unknown): unknown[] {
  const out = items.map(change)
  return out.some((item, i) => item !== items[i]) ? out : items
}
