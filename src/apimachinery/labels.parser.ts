/** The grammar of label selectors: a lexer and a recursive-descent parser. Mirrors the Lexer and Parser of apimachinery/pkg/labels/selector.go. */
import { newBadRequest, StatusError } from './errors.ts'
import { fieldErrorMessage, invalid } from './field-error.ts'
import { BINARY_OPERATORS, type LabelOperator, type LabelRequirement, newRequirement } from './labels.requirement.ts'
import { isQualifiedName } from './names.ts'

type TokenKind = 'end' | 'identifier' | 'in' | 'notin' | '(' | ')' | ',' | '!' | '=' | '==' | '!=' | '>' | '<'

interface Token {
  kind: TokenKind
  text: string
}

/** Where keywords count: after a key `in` is an operator, anywhere else it is an identifier. */
type Context = 'operator' | 'values'

// Upstream's reader answers a NUL at the end of the text: one after a token is swallowed, one where a token should start ends everything.
const TOKEN = /[ \t\r\n]*(==|!=|[=!(),<>]|[^=!(),<> \t\r\n\0]+)\0?/y

function lex(text: string): Token[] {
  const tokens: Token[] = []
  TOKEN.lastIndex = 0
  for (let match = TOKEN.exec(text); match; match = TOKEN.exec(text)) {
    const word = match[1]
    const symbol = /^[=!(),<>]/.test(word) || word === 'in' || word === 'notin'
    tokens.push({ kind: symbol ? (word as TokenKind) : 'identifier', text: word })
  }
  tokens.push({ kind: 'end', text: '' })
  return tokens
}

/** Requirements in the order written. Throws 400 with upstream's message. */
export function parseRequirements(text: string): LabelRequirement[] {
  const tokens = new TokenReader(lex(text))
  const requirements: LabelRequirement[] = []
  for (;;) {
    const next = tokens.peek()
    if (next.kind === 'end') return requirements
    if (next.kind !== 'identifier' && next.kind !== '!') {
      throw newBadRequest(`found '${next.text}', expected: !, identifier, or 'end of string'`)
    }
    requirements.push(named(() => parseRequirement(tokens)))
    const after = tokens.take()
    if (after.kind === 'end') return requirements
    if (after.kind !== ',') throw newBadRequest(`found '${after.text}', expected: ',' or 'end of string'`)
    const following = tokens.peek()
    if (following.kind !== 'identifier' && following.kind !== '!') {
      throw newBadRequest(`found '${following.text}', expected: identifier after ','`)
    }
  }
}

/** Errors inside a requirement carry this lead, those between requirements do not. */
function named(parse: () => LabelRequirement): LabelRequirement {
  try {
    return parse()
  } catch (error) {
    if (!(error instanceof StatusError)) throw error
    throw newBadRequest(`unable to parse requirement: ${error.message}`)
  }
}

class TokenReader {
  private readonly tokens: Token[]
  private position = 0
  constructor(tokens: Token[]) {
    this.tokens = tokens
  }
  peek(context: Context = 'values'): Token {
    const token = this.tokens[Math.min(this.position, this.tokens.length - 1)]
    if (context === 'values' && (token.kind === 'in' || token.kind === 'notin')) {
      return { kind: 'identifier', text: token.text }
    }
    return token
  }
  take(context: Context = 'values'): Token {
    const token = this.peek(context)
    this.position++
    return token
  }
}

function parseRequirement(tokens: TokenReader): LabelRequirement {
  let first = tokens.take()
  const negated = first.kind === '!'
  if (negated) first = tokens.take()
  if (first.kind !== 'identifier') throw newBadRequest(`found '${first.text}', expected: identifier`)
  const messages = isQualifiedName(first.text)
  if (messages.length > 0) throw newBadRequest(fieldErrorMessage(invalid('', first.text, messages.join('; '))))
  if (negated) return newRequirement(first.text, '!', [])
  const next = tokens.peek().kind
  if (next === 'end' || next === ',') return newRequirement(first.text, 'exists', [])
  const operator = parseOperator(tokens)
  const values = operator === 'in' || operator === 'notin' ? parseValues(tokens) : [parseExactValue(tokens)]
  return newRequirement(first.text, operator, values)
}

const OPERATOR: Partial<Record<TokenKind, LabelOperator>> = {
  in: 'in',
  notin: 'notin',
  '=': '=',
  '==': '==',
  '!=': '!=',
  '>': 'gt',
  '<': 'lt',
}

function parseOperator(tokens: TokenReader): LabelOperator {
  const token = tokens.take('operator')
  const operator = OPERATOR[token.kind]
  if (!operator) throw newBadRequest(`found '${token.text}', expected: ${BINARY_OPERATORS.join(', ')}`)
  return operator
}

function parseExactValue(tokens: TokenReader): string {
  const { kind } = tokens.peek()
  if (kind === 'end' || kind === ',') return ''
  const token = tokens.take()
  if (token.kind !== 'identifier') throw newBadRequest(`found '${token.text}', expected: identifier`)
  return token.text
}

/** `(a,b)`: a sorted set. `()` and a comma without a neighbour mean the empty value. */
function parseValues(tokens: TokenReader): string[] {
  const open = tokens.take()
  if (open.kind !== '(') throw newBadRequest(`found '${open.text}' expected: '('`)
  const first = tokens.peek()
  if (first.kind === ')') {
    tokens.take()
    return ['']
  }
  if (first.kind !== 'identifier' && first.kind !== ',') {
    throw newBadRequest(`found '${first.text}', expected: ',', ')' or identifier`)
  }
  const values = parseIdentifiers(tokens)
  tokens.take()
  return [...values].sort()
}

/** Stops before the closing parenthesis. */
function parseIdentifiers(tokens: TokenReader): Set<string> {
  const values = new Set<string>()
  for (;;) {
    const token = tokens.take()
    const next = tokens.peek()
    if (token.kind === 'identifier') {
      values.add(token.text)
      if (next.kind === ')') return values
      if (next.kind !== ',') throw newBadRequest(`found '${next.text}', expected: ',' or ')'`)
    } else if (token.kind === ',') {
      if (values.size === 0) values.add('')
      if (next.kind === ')') return values.add('')
      if (next.kind === ',') values.add('')
    } else {
      throw newBadRequest(`found '${token.text}', expected: ',', or identifier`)
    }
  }
}
