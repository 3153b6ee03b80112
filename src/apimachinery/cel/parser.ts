/** CEL source into a tree, macros expanded. Mirrors cel-go parser/parser.go and, for messages, the error recovery of its generated parser. */
import { call, type Expr, type MapEntry, type StructField } from './ast.ts'
import { tokenize } from './lexer.ts'
import { literalValue } from './literals.ts'
import { expandMacro } from './macros.ts'
import type { Problem } from './problems.ts'
import {
  AFTER_OPERAND,
  BINDING,
  mismatch,
  noAlternative,
  OPERAND,
  RELATIONS,
  RESERVED,
  TokenReader,
  Unreadable,
} from './token-reader.ts'

const MAX_DEPTH = 250
const MAX_CODE_POINTS = 100_000

/** The tree, or undefined with what is wrong added to `problems`. */
export function parse(source: string, problems: Problem[]): Expr | undefined {
  const size = source.length > MAX_CODE_POINTS ? [...source].length : source.length
  if (size > MAX_CODE_POINTS) {
    const message = `expression code point size exceeds limit: size: ${size}, limit ${MAX_CODE_POINTS}`
    problems.push({ offset: -1, message })
    return undefined
  }
  const parser = new Parser(tokenize(source, problems), problems)
  const expr = parser.start()
  return problems.length > 0 ? undefined : expr
}

class Parser extends TokenReader {
  private depth = 0

  start(): Expr | undefined {
    try {
      const expr = this.expr()
      this.expect('<EOF>')
      return expr
    } catch (error) {
      if (error instanceof Unreadable) return undefined
      throw error
    }
  }

  private report(offset: number, message: string): Expr {
    this.problems.push({ offset, message })
    return { kind: 'literal', offset, value: null }
  }

  private expr(): Expr {
    if (++this.depth > MAX_DEPTH) {
      this.problems.push({ offset: -1, message: `expression recursion limit exceeded: ${MAX_DEPTH}` })
      throw new Unreadable()
    }
    const condition = this.logical('||', () => this.logical('&&', () => this.relation()))
    const mark = this.takeIf('?')
    this.depth--
    if (!mark) return condition
    const yes = this.logical('||', () => this.logical('&&', () => this.relation()))
    this.expect(':')
    const no = this.expr()
    return call(mark.offset, '_?_:_', condition, yes, no)
  }

  private logical(operator: '&&' | '||', operand: () => Expr): Expr {
    let left = operand()
    for (let op = this.takeIf(operator); op; op = this.takeIf(operator)) {
      left = call(op.offset, `_${operator}_`, left, operand())
    }
    return left
  }

  private relation(): Expr {
    let left = this.calculation(1)
    while (RELATIONS.has(this.token.kind)) {
      const op = this.take()
      left = call(op.offset, op.kind === 'in' ? '@in' : `_${op.kind}_`, left, this.calculation(1))
    }
    return left
  }

  private calculation(binding: number): Expr {
    let left = this.unary()
    for (let power = BINDING[this.token.kind]; power >= binding; power = BINDING[this.token.kind]) {
      const op = this.take()
      left = call(op.offset, `_${op.kind}_`, left, this.calculation(power + 1))
    }
    return left
  }

  private unary(): Expr {
    this.sync(OPERAND)
    const { kind } = this.token
    const isNumber = kind === '-' && (this.next.kind === 'NUM_INT' || this.next.kind === 'NUM_FLOAT')
    if (isNumber || (kind !== '!' && kind !== '-')) return this.member()
    const first = this.take()
    let count = 1
    while (this.takeIf(kind)) count++
    if (!OPERAND.includes(this.token.kind)) this.noOperand(kind)
    const operand = this.member()
    return count % 2 === 0 ? operand : call(first.offset, kind === '!' ? '!_' : '-_', operand)
  }

  private member(): Expr {
    let expr = this.primary()
    for (;;) {
      if (this.token.kind === '.') expr = this.selection(expr)
      else if (this.token.kind === '[') expr = this.indexing(expr)
      else return expr
    }
  }

  private selection(operand: Expr): Expr {
    const dot = this.take()
    const optional = this.takeIf('?')
    const { kind, text } = this.token
    if (kind !== 'IDENTIFIER' && kind !== 'ESC_IDENTIFIER') {
      return this.noField(operand, `.${optional ? '?' : ''}`)
    }
    const name = this.take()
    const field = kind === 'IDENTIFIER' ? text : text.slice(1, -1)
    if (optional) {
      return call(dot.offset, '_?._', operand, { kind: 'literal', offset: name.offset, value: field })
    }
    if (kind !== 'IDENTIFIER' || this.token.kind !== '(') {
      return { kind: 'select', offset: dot.offset, operand, field, testOnly: false }
    }
    const open = this.take()
    return this.macroOrCall(open.offset, field, operand, this.args())
  }

  private noOperand(operator: string): never {
    if (operator === '!') {
      this.extraneous(OPERAND)
      throw new Unreadable()
    }
    const message = `Syntax error: ${noAlternative(operator, this.token)}`
    this.problems.push({ offset: this.token.offset, message })
    this.fail(mismatch(this.token, OPERAND))
  }

  /** What follows a dot is no name: it is told, and reading goes on where an operator or a bracket stands. */
  private noField(operand: Expr, before: string): Expr {
    const { kind, text, offset } = this.token
    const message = ['true', 'false', 'null'].includes(kind)
      ? `mismatched input '${text}' expecting IDENTIFIER`
      : noAlternative(before, this.token)
    this.problems.push({ offset, message: `Syntax error: ${message}` })
    while (!AFTER_OPERAND.has(this.token.kind)) this.take()
    return operand
  }

  private indexing(operand: Expr): Expr {
    const open = this.take()
    this.sync([...OPERAND, '?'])
    const optional = this.takeIf('?')
    const index = this.within([']'], () => this.expr())
    this.close(']')
    return call(open.offset, optional ? '_[?_]' : '_[_]', operand, index)
  }

  private args(): Expr[] {
    this.sync([...OPERAND, ')'])
    const args: Expr[] = []
    if (this.takeIf(')')) return args
    this.follow.push([')', ','])
    do args.push(this.expr())
    while (this.takeIf(','))
    this.close(')')
    return args
  }

  private macroOrCall(offset: number, name: string, target: Expr | undefined, args: Expr[]): Expr {
    const expanded = expandMacro({ offset, name, target, args })
    if (!expanded) return { kind: 'call', offset, name, ...(target ? { target } : {}), args }
    return 'problem' in expanded ? this.report(expanded.offset, expanded.problem) : expanded.expr
  }

  private primary(): Expr {
    const { kind, offset } = this.token
    switch (kind) {
      case '(': {
        this.take()
        const expr = this.within([')'], () => this.expr())
        this.close(')')
        return expr
      }
      case '[':
        return this.list()
      case '{':
        return this.map()
      case '.':
      case 'IDENTIFIER':
        return this.named()
      case 'true':
      case 'false':
      case 'null':
        this.take()
        return { kind: 'literal', offset, value: kind === 'null' ? null : kind === 'true' }
      default:
        return this.literal()
    }
  }

  private named(): Expr {
    const dot = this.takeIf('.')
    if (this.token.kind !== 'IDENTIFIER') this.fail(`no viable alternative at input '.${this.token.text}'`)
    const message = this.messageName()
    if (message !== undefined) return this.struct(dot ? `.${message}` : message)
    const { text, offset } = this.take()
    const name = dot ? `.${text}` : text
    if (RESERVED.has(text)) {
      if (this.takeIf('(')) this.args()
      return this.report((dot ?? { offset }).offset, `reserved identifier: ${text}`)
    }
    const open = this.takeIf('(')
    if (!open) return { kind: 'ident', offset, name }
    return this.macroOrCall(open.offset, name, undefined, this.args())
  }

  /** `a.b.C`, taken, when a brace follows it. */
  private messageName(): string | undefined {
    let at = this.position
    while (this.tokens[at + 1].kind === '.' && this.tokens[at + 2]?.kind === 'IDENTIFIER') at += 2
    if (this.tokens[at + 1].kind !== '{') return undefined
    const name = this.tokens.slice(this.position, at + 1).map(({ text }) => text)
    this.position = at + 1
    return name.join('')
  }

  private struct(name: string): Expr {
    const open = this.take()
    this.follow.push(['}', ','])
    const fields: StructField[] = []
    this.sync(['IDENTIFIER', 'ESC_IDENTIFIER', '?', ',', '}'])
    while (this.token.kind !== '}' && this.token.kind !== ',') {
      const optional = this.takeIf('?') !== undefined
      const { kind, text } = this.expect('IDENTIFIER', 'ESC_IDENTIFIER')
      const { offset } = this.expect(':')
      const field = kind === 'IDENTIFIER' ? text : text.slice(1, -1)
      fields.push({ offset, name: field, value: this.expr(), optional })
      if (!this.takeIf(',')) break
    }
    this.end('}')
    return { kind: 'struct', offset: open.offset, name, fields }
  }

  private list(): Expr {
    const open = this.take()
    this.follow.push([']', ','])
    const elements: Expr[] = []
    const optional = new Set<number>()
    this.sync([...OPERAND, '?', ',', ']'])
    while (this.token.kind !== ']' && this.token.kind !== ',') {
      if (this.takeIf('?')) optional.add(elements.length)
      elements.push(this.expr())
      if (!this.takeIf(',')) break
    }
    this.end(']')
    return { kind: 'list', offset: open.offset, elements, optional }
  }

  private map(): Expr {
    const open = this.take()
    this.follow.push(['}', ','])
    const entries: MapEntry[] = []
    this.sync([...OPERAND, '?', ',', '}'])
    while (this.token.kind !== '}' && this.token.kind !== ',') {
      const optional = this.takeIf('?') !== undefined
      const key = this.expr()
      const { offset } = this.expect(':')
      entries.push({ offset, key, value: this.expr(), optional })
      if (!this.takeIf(',')) break
    }
    this.end('}')
    return { kind: 'map', offset: open.offset, entries }
  }

  /** Of a list, a map or a struct. */
  private end(kind: string): void {
    this.sync([kind, ','])
    this.takeIf(',')
    this.close(kind)
  }

  private literal(): Expr {
    const { offset } = this.token
    const sign = this.takeIf('-')
    const { kind, text } = this.expect('NUM_INT', 'NUM_UINT', 'NUM_FLOAT', 'STRING', 'BYTES')
    try {
      return { kind: 'literal', offset, value: literalValue(kind, text, sign !== undefined) }
    } catch (error) {
      return this.report(offset, (error as Error).message)
    }
  }
}
