/** Tokens as a parser takes them, with the error recovery of ANTLR's generated parsers where users see it. */
import type { Token } from './lexer.ts'
import type { Problem } from './problems.ts'

/** In the order in which messages list them. */
const ORDER = [
  ...['<EOF>', '==', '!=', 'in', '<', '<=', '>=', '>', '&&', '||', '[', ']', '{', '}', '(', ')', '.', ',', '-', '!'],
  ...['?', ':', '+', '*', '/', '%', 'true', 'false', 'null'],
  ...['NUM_FLOAT', 'NUM_INT', 'NUM_UINT', 'STRING', 'BYTES', 'IDENTIFIER', 'ESC_IDENTIFIER'],
]

export const OPERAND = [
  ...['[', '{', '(', '.', '-', '!', 'true', 'false', 'null'],
  ...['NUM_FLOAT', 'NUM_INT', 'NUM_UINT', 'STRING', 'BYTES', 'IDENTIFIER'],
]
export const RESERVED = new Set(
  'as break const continue else for function if import let loop package namespace return var void while'.split(' '),
)
export const RELATIONS = new Set(['<', '<=', '>=', '>', '==', '!=', 'in'])
export const BINDING: Record<string, number> = { '*': 2, '/': 2, '%': 2, '+': 1, '-': 1 }
export const AFTER_OPERAND = new Set([
  '<EOF>',
  ...RELATIONS,
  '&&',
  '||',
  '?',
  ':',
  ')',
  ']',
  '}',
  ',',
  ...Object.keys(BINDING),
])

/** Thrown when reading cannot go on; the problem is noted already. */
export class Unreadable extends Error {}

/** A place in the tokens, and what brackets are open. */
export class TokenReader {
  protected position = 0
  /** What may come after the innermost expression, for each bracket that is open. */
  protected readonly follow: string[][] = [['<EOF>']]
  protected readonly tokens: Token[]
  protected readonly problems: Problem[]

  constructor(tokens: Token[], problems: Problem[]) {
    this.tokens = tokens
    this.problems = problems
  }

  protected get token(): Token {
    return this.tokens[this.position]
  }

  protected get next(): Token {
    return this.tokens[Math.min(this.position + 1, this.tokens.length - 1)]
  }

  protected take(): Token {
    const token = this.token
    if (this.position < this.tokens.length - 1) this.position++
    return token
  }

  protected takeIf(kind: string): Token | undefined {
    return this.token.kind === kind ? this.take() : undefined
  }

  protected fail(message: string): never {
    this.problems.push({ offset: this.token.offset, message: `Syntax error: ${message}` })
    throw new Unreadable()
  }

  /** Takes the token; one that is too much before it is told and dropped. */
  protected expect(...kinds: string[]): Token {
    this.sync(kinds)
    return this.take()
  }

  /** Takes what closes a bracket; where only it is missing that is told, and reading goes on. */
  protected close(kind: string): void {
    this.follow.pop()
    if (this.token.kind === kind || this.next.kind === kind) {
      this.expect(kind)
      return
    }
    if (!this.follow.at(-1)!.includes(this.token.kind)) this.fail(mismatch(this.token, [kind]))
    const message = `Syntax error: missing '${kind}' at '${this.token.text}'`
    this.problems.push({ offset: this.token.offset, message })
    if (this.token.kind === '<EOF>') throw new Unreadable()
  }

  protected within<T>(follow: string[], read: () => T): T {
    this.follow.push(follow)
    return read()
  }

  /** The present token is one of these, or the next is and the present is dropped; else reading ends. */
  protected sync(kinds: readonly string[]): void {
    if (kinds.includes(this.token.kind)) return
    if (this.token.kind === '<EOF>' || !kinds.includes(this.next.kind)) this.fail(mismatch(this.token, kinds))
    this.extraneous(kinds)
    this.take()
  }

  protected extraneous(kinds: readonly string[]): void {
    const message = `Syntax error: extraneous input '${this.token.text}' expecting ${expectation(kinds)}`
    this.problems.push({ offset: this.token.offset, message })
  }
}

export const noAlternative = (before: string, { kind, text }: Token): string =>
  `no viable alternative at input '${before}${kind === '<EOF>' ? '' : text}'`

export const mismatch = ({ text }: Token, kinds: readonly string[]): string =>
  `mismatched input '${text}' expecting ${expectation(kinds)}`

/** `')'`, or `{'(', IDENTIFIER}` for several. */
function expectation(kinds: readonly string[]): string {
  const shown = ORDER.filter((kind) => kinds.includes(kind)).map((kind) =>
    /^[A-Z_<]{2,}/.test(kind) ? kind : `'${kind}'`,
  )
  return shown.length === 1 ? shown[0] : `{${shown.join(', ')}}`
}
