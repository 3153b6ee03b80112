/** The parsed form of a Go template. Mirrors text/template/parse/node.go. */

/** What stands where one value is wanted. */
export type Operand =
  | { kind: 'literal'; value: string | number | boolean | null }
  | { kind: 'dot' }
  | { kind: 'variable'; name: string }
  | { kind: 'function'; name: string }
  | { kind: 'pipeline'; pipeline: Pipeline }
  | { kind: 'chain'; of: Operand; fields: readonly string[] }

/** A function or value, and its arguments. */
export type Command = readonly [Operand, ...Operand[]]

export interface Pipeline {
  /** `$i, $x :=` of a range, or `$x :=`, `$x =`. */
  variables: readonly string[]
  declares: boolean
  commands: readonly Command[]
}

export type Node =
  | { kind: 'text'; text: string }
  | { kind: 'action'; pipeline: Pipeline }
  | { kind: 'if' | 'with' | 'range'; pipeline: Pipeline; body: readonly Node[]; otherwise: readonly Node[] }
  | { kind: 'break' | 'continue' }

/** What is wrong with a template, or with what it was given. */
export class TemplateError extends Error {}
