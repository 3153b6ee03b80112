/** Go templates over JSON values: compiled once, executed often. Mirrors text/template/exec.go, with `missingkey=default`. */
import { DEFAULT_FUNCTIONS, type Functions, isTrue, printed } from './functions.ts'
import { type Command, type Node, type Operand, type Pipeline, TemplateError } from './nodes.ts'
import { parse } from './parser.ts'

export interface Template {
  /** The text for `data`. `functions` are those that were announced. Throws TemplateError. */
  execute(data: unknown, functions?: Functions): string
}

/** `announced`: names of functions that `execute` is given. Throws TemplateError. */
export function compileTemplate(source: string, announced: readonly string[] = []): Template {
  const names = new Set([...Object.keys(DEFAULT_FUNCTIONS), 'and', 'or', ...announced])
  const nodes = parse(source, (name) => names.has(name))
  return {
    execute(data, functions = {}) {
      const run = new Execution({ ...DEFAULT_FUNCTIONS, ...functions }, data)
      run.list(nodes, data)
      return run.text
    },
  }
}

type Jump = 'break' | 'continue' | undefined

class Execution {
  text = ''
  readonly #functions: Functions
  /** The innermost of a name comes last. */
  readonly #variables: { name: string; value: unknown }[]

  constructor(functions: Functions, data: unknown) {
    this.#functions = functions
    this.#variables = [{ name: '$', value: data }]
  }

  list(nodes: readonly Node[], dot: unknown): Jump {
    for (const node of nodes) {
      const jump = this.#node(node, dot)
      if (jump) return jump
    }
    return undefined
  }

  #node(node: Node, dot: unknown): Jump {
    switch (node.kind) {
      case 'text':
        this.text += node.text
        return undefined
      case 'action': {
        const value = this.#pipeline(node.pipeline, dot)
        if (node.pipeline.variables.length === 0) this.text += printed(value)
        return undefined
      }
      case 'break':
      case 'continue':
        return node.kind
    }
    const depth = this.#variables.length
    const jump = this.#block(node, dot)
    this.#variables.length = depth
    return jump
  }

  #block(node: Node & { kind: 'if' | 'with' | 'range' }, dot: unknown): Jump {
    if (node.kind === 'range') return this.#range(node, dot)
    const value = this.#pipeline(node.pipeline, dot)
    if (!isTrue(value)) return this.list(node.otherwise, dot)
    return this.list(node.body, node.kind === 'with' ? value : dot)
  }

  #range({ pipeline, body, otherwise }: Node & { kind: 'if' | 'with' | 'range' }, dot: unknown): Jump {
    const entries = entriesOf(this.#commands(pipeline.commands, dot))
    if (entries.length === 0) return this.list(otherwise, dot)
    const depth = this.#variables.length
    for (const [key, value] of entries) {
      this.#variables.length = depth
      const { variables } = pipeline
      if (variables.length === 2) this.#set(variables[0], key, pipeline.declares)
      if (variables.length > 0) this.#set(variables.at(-1) as string, value, pipeline.declares)
      if (this.list(body, value) === 'break') break
    }
    return undefined
  }

  #pipeline(pipeline: Pipeline, dot: unknown): unknown {
    const value = this.#commands(pipeline.commands, dot)
    for (const name of pipeline.variables) this.#set(name, value, pipeline.declares)
    return value
  }

  #set(name: string, value: unknown, declares: boolean): void {
    const present = declares ? undefined : this.#variables.findLast((variable) => variable.name === name)
    if (present) present.value = value
    else this.#variables.push({ name, value })
  }

  #commands(commands: readonly Command[], dot: unknown): unknown {
    let value: unknown
    for (const [i, command] of commands.entries()) value = this.#command(command, dot, i === 0 ? [] : [value])
    return value
  }

  /** `piped`: what comes through the pipe is the last argument. */
  #command([first, ...rest]: Command, dot: unknown, piped: readonly unknown[]): unknown {
    if (first.kind === 'function') return this.#call(first.name, rest, dot, piped)
    if (rest.length > 0 || piped.length > 0) throw new TemplateError("can't give argument to non-function")
    return this.#operand(first, dot)
  }

  #call(name: string, operands: readonly Operand[], dot: unknown, piped: readonly unknown[]): unknown {
    if (name === 'and' || name === 'or') return this.#decide(name === 'or', operands, dot, piped)
    const args = [...operands.map((operand) => this.#operand(operand, dot)), ...piped]
    const call = this.#functions[name]
    if (!call) throw new TemplateError(`function ${JSON.stringify(name)} not defined`)
    try {
      return call(...(args as never[]))
    } catch (error) {
      if (error instanceof TemplateError) throw error
      throw new TemplateError(`error calling ${name}: ${(error as Error).message}`)
    }
  }

  #decide(wanted: boolean, operands: readonly Operand[], dot: unknown, piped: readonly unknown[]): unknown {
    let value: unknown
    for (const operand of operands) {
      value = this.#operand(operand, dot)
      if (isTrue(value) === wanted) return value
    }
    return piped.length > 0 ? piped[0] : value
  }

  #operand(operand: Operand, dot: unknown): unknown {
    switch (operand.kind) {
      case 'literal':
        return operand.value
      case 'dot':
        return dot
      case 'variable':
        return this.#variables.findLast(({ name }) => name === operand.name)?.value
      case 'function':
        return this.#call(operand.name, [], dot, [])
      case 'pipeline':
        return this.#pipeline(operand.pipeline, dot)
      case 'chain':
        return operand.fields.reduce(member, this.#operand(operand.of, dot))
    }
  }
}

/** Absent members of maps are no value, and so is what would be in them. */
function member(of: unknown, name: string): unknown {
  if (of === undefined || of === null) return undefined
  if (typeof of !== 'object' || Array.isArray(of))
    throw new TemplateError(`can't evaluate field ${name} in type ${Array.isArray(of) ? '[]interface {}' : typeof of}`)
  return Object.hasOwn(of, name) ? (of as Record<string, unknown>)[name] : undefined
}

function entriesOf(value: unknown): [unknown, unknown][] {
  if (value === undefined || value === null) return []
  if (typeof value === 'number') return Array.from({ length: value }, (_, i) => [i, i])
  if (Array.isArray(value)) return value.map((each, i) => [i, each])
  if (typeof value === 'object') return Object.entries(value).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
  throw new TemplateError(`range can't iterate over ${printed(value)}`)
}
