/** Text into tokens. Mirrors the lexer rules of cel-go parser/gen/CEL.g4. */
import type { Problem } from './problems.ts'

export interface Token {
  /** A punctuation or keyword is its own kind; the others are named as the grammar names them. */
  kind: string
  text: string
  offset: number
}

const WHITESPACE = /[\t \r\n\f]+|\/\/[^\n]*/y
const ESCAPE = String.raw`\\(?:[abfnrtv"'\\?\x60]|[0-3][0-7][0-7]|[xX][0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8})`
const STRINGS = [
  '[rR]"""[^]*?"""',
  "[rR]'''[^]*?'''",
  String.raw`"""(?:${ESCAPE}|[^\\])*?"""`,
  String.raw`'''(?:${ESCAPE}|[^\\])*?'''`,
  String.raw`[rR]"[^"\n\r]*"`,
  String.raw`[rR]'[^'\n\r]*'`,
  String.raw`"(?:${ESCAPE}|[^\\"\n\r])*"`,
  String.raw`'(?:${ESCAPE}|[^\\'\n\r])*'`,
].join('|')

const PATTERNS: [kind: string, pattern: RegExp][] = [
  ['STRING', new RegExp(`(?:${STRINGS})`, 'y')],
  ['BYTES', new RegExp(`[bB](?:${STRINGS})`, 'y')],
  ['NUM_FLOAT', /[0-9]+\.[0-9]+(?:[eE][+-]?[0-9]+)?|[0-9]+[eE][+-]?[0-9]+|\.[0-9]+(?:[eE][+-]?[0-9]+)?/y],
  ['NUM_UINT', /0x[0-9a-fA-F]+[uU]|[0-9]+[uU]/y],
  ['NUM_INT', /0x[0-9a-fA-F]+|[0-9]+/y],
  ['IDENTIFIER', /[A-Za-z_][A-Za-z0-9_]*/y],
  ['ESC_IDENTIFIER', /`[A-Za-z0-9_.\-/ ]+`/y],
  ['', /==|!=|<=|>=|&&|\|\||[<>[\]{}().,\-!?:+*/%]/y],
]
const KEYWORDS = new Set(['in', 'true', 'false', 'null'])

/** The tokens, closed by `<EOF>`; characters that begin none are told and passed over. */
export function tokenize(source: string, problems: Problem[]): Token[] {
  const tokens: Token[] = []
  let offset = 0
  while (offset < source.length) {
    WHITESPACE.lastIndex = offset
    const space = WHITESPACE.exec(source)
    if (space) {
      offset += space[0].length
      continue
    }
    const token = longest(source, offset)
    if (token) {
      tokens.push(token)
      offset += token.text.length
      continue
    }
    offset += unrecognized(source, offset, problems)
  }
  tokens.push({ kind: '<EOF>', text: '<EOF>', offset: source.length })
  return tokens
}

function longest(source: string, offset: number): Token | undefined {
  let best: Token | undefined
  for (const [kind, pattern] of PATTERNS) {
    pattern.lastIndex = offset
    const text = pattern.exec(source)?.[0]
    if (text === undefined || (best && text.length <= best.text.length)) continue
    best = { kind: kind === '' || KEYWORDS.has(text) ? text : kind, text, offset }
  }
  return best
}

// The generated lexer reads on while a token may come of it, and tells the character that ends the hope as well.
const PARTIAL = new RegExp(
  `^(?:[bB]?(?:"(?:${ESCAPE}|[^\\\\"\\n\\r])*|'(?:${ESCAPE}|[^\\\\'\\n\\r])*)\\\\?|\`[\\w.\\-/ ]*|[&|=]|)[^]?`,
  'u',
)

/** Tells what cannot be read, and answers its length. */
function unrecognized(source: string, offset: number, problems: Problem[]): number {
  const text = PARTIAL.exec(source.slice(offset))![0]
  problems.push({ offset, message: `Syntax error: token recognition error at: '${shown(text)}'` })
  return text.length
}

const shown = (text: string): string => text.replaceAll('\n', '\\n').replaceAll('\r', '\\r').replaceAll('\t', '\\t')
