/** Parses Go templates: actions, pipelines, `if`, `with`, `range`, variables. `define` and `template` are refused. Mirrors text/template/parse/parse.go. */
import { cut, type Piece, type Word } from './lexer.ts'
import { type Command, type Node, type Operand, type Pipeline, TemplateError } from './nodes.ts'

/** `isFunction` says which names may be called. Throws TemplateError. */
export function parse(source: string, isFunction: (name: string) => boolean): Node[] {
  const parser = new Parser(cut(source), isFunction)
  return parser.parse()
}

const REFUSED = new Set(['define', 'template', 'block'])
const BLOCKS = new Set(['if', 'with', 'range'])

class Parser {
  readonly #pieces: Piece[]
  readonly #isFunction: (name: string) => boolean
  #next = 0
  #variables: string[] = ['$']
  #loops = 0

  constructor(pieces: Piece[], isFunction: (name: string) => boolean) {
    this.#pieces = pieces
    this.#isFunction = isFunction
  }

  parse(): Node[] {
    const { nodes, stop } = this.#list()
    if (stop) throw new TemplateError(`unexpected {{${stop[0].text}}}`)
    return nodes
  }

  /** Nodes up to an `end` or `else`, whose words it answers, or to the end of all. */
  #list(): { nodes: Node[]; stop?: Word[] } {
    const nodes: Node[] = []
    while (this.#next < this.#pieces.length) {
      const piece = this.#pieces[this.#next++]
      if (piece.kind === 'text') {
        nodes.push(piece)
        continue
      }
      const [first, ...rest] = piece.words
      if (!first) throw new TemplateError('missing value for command')
      const word = first.kind === 'name' ? first.text : ''
      if (word === 'end' || word === 'else') return { nodes, stop: piece.words }
      if (REFUSED.has(word)) throw new TemplateError(`{{${word}}} is not supported`)
      if (BLOCKS.has(word)) nodes.push(this.#block(word as 'if', rest))
      else if (word === 'break' || word === 'continue') nodes.push(this.#jump(word))
      else nodes.push({ kind: 'action', pipeline: this.#pipeline(piece.words) })
    }
    return { nodes }
  }

  #jump(kind: 'break' | 'continue'): Node {
    if (this.#loops === 0) throw new TemplateError(`{{${kind}}} outside {{range}}`)
    return { kind }
  }

  #block(kind: 'if' | 'with' | 'range', words: Word[]): Node {
    const declared = this.#variables.length
    const pipeline = this.#pipeline(words, kind === 'range')
    if (kind === 'range') this.#loops++
    const body = this.#list()
    if (kind === 'range') this.#loops--
    const node = { kind, pipeline, body: body.nodes, otherwise: this.#otherwise(kind, body.stop) }
    this.#variables.length = declared
    return node
  }

  #otherwise(kind: string, stop: Word[] | undefined): readonly Node[] {
    if (!stop) throw new TemplateError(`{{${kind}}} without {{end}}`)
    const [first, second, ...rest] = stop
    if (first.text === 'end') return []
    // `else if`: a block of its own that shares the end.
    if (second && (second.text === kind || (kind === 'range' && second.text === 'if')))
      return [this.#block(second.text as 'if', rest)]
    if (second) throw new TemplateError(`unexpected ${second.text} after else`)
    const { nodes, stop: end } = this.#list()
    if (end?.[0].text !== 'end') throw new TemplateError(`{{${kind}}} without {{end}}`)
    return nodes
  }

  #pipeline(words: Word[], inRange = false): Pipeline {
    const mark = words.findIndex(({ kind, text }) => kind === 'mark' && (text === ':=' || text === '='))
    if (mark < 0) return { variables: [], declares: false, commands: this.#commands(words) }
    const names = words.slice(0, mark)
    const variables = names.filter(({ kind }) => kind === 'variable').map(({ text }) => text)
    const separators = names.filter(({ kind }) => kind !== 'variable')
    if (variables.length === 0 || separators.some(({ text }) => text !== ',') || variables.length > (inRange ? 2 : 1)) {
      throw new TemplateError(`unexpected ${words[mark].text} in an action`)
    }
    const declares = words[mark].text === ':='
    if (!declares) for (const name of variables) this.#require(name)
    const commands = this.#commands(words.slice(mark + 1))
    if (declares) this.#variables.push(...variables)
    return { variables, declares, commands }
  }

  #require(name: string): void {
    if (!this.#variables.includes(name)) throw new TemplateError(`undefined variable ${JSON.stringify(name)}`)
  }

  #commands(words: Word[]): Command[] {
    const commands: Command[] = []
    const reader = { words, at: 0 }
    do {
      commands.push(this.#command(reader))
    } while (reader.words[reader.at++]?.text === '|')
    if (reader.at <= words.length)
      throw new TemplateError(`unexpected ${JSON.stringify(words[reader.at - 1].text)} in an action`)
    return commands
  }

  #command(reader: Reader): Command {
    const operands: Operand[] = []
    for (;;) {
      const operand = this.#operand(reader)
      if (!operand) break
      operands.push(operand)
    }
    if (operands.length === 0) throw new TemplateError('missing value for command')
    return operands as unknown as Command
  }

  #operand(reader: Reader): Operand | undefined {
    const word = reader.words[reader.at]
    if (!word || (word.kind === 'mark' && '|),'.includes(word.text))) return undefined
    const base = this.#base(reader, word)
    const fields: string[] = word.kind === 'field' ? [word.text] : []
    for (let next = reader.words[reader.at]; next?.kind === 'field' && !next.spaced; next = reader.words[reader.at]) {
      fields.push(next.text)
      reader.at++
    }
    return fields.length > 0 ? { kind: 'chain', of: base, fields } : base
  }

  #base(reader: Reader, word: Word): Operand {
    reader.at++
    switch (word.kind) {
      case 'string':
        return { kind: 'literal', value: word.text }
      case 'number':
        return { kind: 'literal', value: Number(word.text) }
      case 'field':
        return { kind: 'dot' }
      case 'variable':
        this.#require(word.text)
        return { kind: 'variable', name: word.text }
      case 'name':
        return this.#name(word.text)
    }
    if (word.text === '.') return { kind: 'dot' }
    if (word.text !== '(') throw new TemplateError(`unexpected ${JSON.stringify(word.text)} in an action`)
    return { kind: 'pipeline', pipeline: this.#parenthesized(reader) }
  }

  #name(name: string): Operand {
    if (name === 'true' || name === 'false') return { kind: 'literal', value: name === 'true' }
    if (name === 'nil') return { kind: 'literal', value: null }
    if (!this.#isFunction(name)) throw new TemplateError(`function ${JSON.stringify(name)} not defined`)
    return { kind: 'function', name }
  }

  #parenthesized(reader: Reader): Pipeline {
    const commands: Command[] = []
    for (;;) {
      commands.push(this.#command(reader))
      const mark = reader.words[reader.at++]?.text
      if (mark === ')') return { variables: [], declares: false, commands }
      if (mark !== '|') throw new TemplateError('unclosed left paren')
    }
  }
}

interface Reader {
  words: Word[]
  at: number
}
