/** Parses the part of jq that selectors are written in. */
import { JqError } from './values.ts'

export type Expression =
  | { kind: 'identity' }
  | { kind: 'literal'; value: unknown }
  | { kind: 'member'; of: Expression; key: Expression }
  | { kind: 'each'; of: Expression }
  | { kind: 'try'; body: Expression }
  | { kind: 'call'; name: string; args: readonly Expression[] }
  | { kind: 'list'; body: Expression | undefined }
  | { kind: 'binary'; operator: string; left: Expression; right: Expression }
  | { kind: 'if'; condition: Expression; then: Expression; otherwise: Expression }

const WORD = /\s*(?:("(?:[^"\\]|\\.)*")|(\d+(?:\.\d+)?)|([A-Za-z_]\w*)|(\/\/|==|!=|<=|>=|[.|,()[\]<>+\-?]))/y

/** Operators from the loosest to the tightest. `|` and `//` go to the right. */
const LEVELS: readonly (readonly string[])[] = [
  ['|'],
  [','],
  ['//'],
  ['or'],
  ['and'],
  ['==', '!=', '<', '<=', '>', '>='],
  ['+', '-'],
]
const KEYWORDS = new Set(['or', 'and', 'if', 'then', 'elif', 'else', 'end'])

/** Throws JqError. */
export function parse(source: string): Expression {
  const parser = new Parser(source)
  return parser.parse()
}

class Parser {
  readonly #source: string
  readonly #words: string[]
  #at = 0

  constructor(source: string) {
    this.#source = source
    this.#words = words(source)
  }

  parse(): Expression {
    const expression = this.#binary(0)
    if (this.#at < this.#words.length) this.#fail()
    return expression
  }

  #fail(): never {
    const word = this.#words[this.#at]
    const what = word === undefined ? 'it ends too early' : `${JSON.stringify(word)} is not expected`
    throw new JqError(`cannot read the jq expression ${JSON.stringify(this.#source)}: ${what}`)
  }

  #take(word: string): boolean {
    if (this.#words[this.#at] !== word) return false
    this.#at++
    return true
  }

  #expect(word: string): void {
    if (!this.#take(word)) this.#fail()
  }

  #binary(level: number): Expression {
    if (level === LEVELS.length) return this.#postfix()
    let left = this.#binary(level + 1)
    for (;;) {
      const operator = this.#words[this.#at]
      if (!LEVELS[level].includes(operator)) return left
      this.#at++
      const goesRight = operator === '|' || operator === '//'
      const right = this.#binary(goesRight ? level : level + 1)
      left = { kind: 'binary', operator, left, right }
    }
  }

  #postfix(): Expression {
    let expression = this.#term()
    for (;;) {
      const word = this.#words[this.#at]
      const next = this.#words[this.#at + 1] ?? ''
      if (word === '?') {
        this.#at++
        expression = { kind: 'try', body: expression }
      } else if (word === '[') expression = this.#bracket(expression)
      else if (word === '.' && (next === '[' || isName(next))) {
        this.#at++
        if (next !== '[') expression = this.#named(expression)
      } else return expression
    }
  }

  #named(of: Expression): Expression {
    const word = this.#words[this.#at++]
    const value = word.startsWith('"') ? (JSON.parse(word) as string) : word
    return { kind: 'member', of, key: { kind: 'literal', value } }
  }

  #bracket(of: Expression): Expression {
    this.#expect('[')
    if (this.#take(']')) return { kind: 'each', of }
    const key = this.#binary(0)
    this.#expect(']')
    return { kind: 'member', of, key }
  }

  #term(): Expression {
    const word = this.#words[this.#at]
    if (word === undefined) this.#fail()
    this.#at++
    if (word === '.') {
      const next = this.#words[this.#at] ?? ''
      return isName(next) ? this.#named({ kind: 'identity' }) : { kind: 'identity' }
    }
    if (word === '(') {
      const inner = this.#binary(0)
      this.#expect(')')
      return inner
    }
    if (word === '[') {
      const body = this.#words[this.#at] === ']' ? undefined : this.#binary(0)
      this.#expect(']')
      return { kind: 'list', body }
    }
    if (word.startsWith('"')) return { kind: 'literal', value: JSON.parse(word) as string }
    if (/^\d/.test(word)) return { kind: 'literal', value: Number(word) }
    if (word === '-')
      return { kind: 'binary', operator: '-', left: { kind: 'literal', value: 0 }, right: this.#postfix() }
    if (word === 'if') return this.#condition()
    if (!/^[A-Za-z_]/.test(word) || KEYWORDS.has(word)) {
      this.#at--
      this.#fail()
    }
    return this.#call(word)
  }

  #condition(): Expression {
    const condition = this.#binary(0)
    this.#expect('then')
    const then = this.#binary(0)
    if (this.#take('elif')) return { kind: 'if', condition, then, otherwise: this.#condition() }
    const otherwise: Expression = this.#take('else') ? this.#binary(0) : { kind: 'identity' }
    this.#expect('end')
    return { kind: 'if', condition, then, otherwise }
  }

  #call(name: string): Expression {
    if (name === 'true' || name === 'false') return { kind: 'literal', value: name === 'true' }
    if (name === 'null') return { kind: 'literal', value: null }
    if (!this.#take('(')) return { kind: 'call', name, args: [] }
    const arg = this.#binary(0)
    this.#expect(')')
    return { kind: 'call', name, args: [arg] }
  }
}

const isName = (word: string): boolean => /^["A-Za-z_]/.test(word)

function words(source: string): string[] {
  const found: string[] = []
  let at = 0
  while (source.slice(at).trim() !== '') {
    WORD.lastIndex = at
    const match = WORD.exec(source)
    if (!match) {
      const rest = JSON.stringify(source.slice(at).trim()[0])
      throw new JqError(`cannot read the jq expression ${JSON.stringify(source)}: ${rest} is not expected`)
    }
    found.push(match[1] ?? match[2] ?? match[3] ?? match[4])
    at = WORD.lastIndex
  }
  return found
}
