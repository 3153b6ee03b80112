/** Cuts a Go template into texts and the words of its actions. Mirrors text/template/parse/lex.go. */
import { TemplateError } from './nodes.ts'

export type Piece = { kind: 'text'; text: string } | { kind: 'action'; words: Word[] }

export interface Word {
  kind: 'name' | 'field' | 'variable' | 'string' | 'number' | 'mark'
  /** The content of a string, the name of a field without its dot. */
  text: string
  /** A space stands before it: `.a .b` are two arguments, `.a.b` is one. */
  spaced: boolean
}

/** Throws TemplateError. */
export function cut(source: string): Piece[] {
  const pieces: Piece[] = []
  let rest = source
  let trims = false
  for (;;) {
    const open = rest.indexOf('{{')
    const text = open < 0 ? rest : rest.slice(0, open)
    const trimsNext = open >= 0 && /^{{-\s/.test(rest.slice(open, open + 4))
    const shown = trimmed(text, trims, trimsNext)
    if (shown !== '') pieces.push({ kind: 'text', text: shown })
    if (open < 0) return pieces
    const [words, length, trimsAfter] = action(rest.slice(open + (trimsNext ? 3 : 2)))
    if (words) pieces.push({ kind: 'action', words })
    rest = rest.slice(open + (trimsNext ? 3 : 2) + length)
    trims = trimsAfter
  }
}

function trimmed(text: string, start: boolean, end: boolean): string {
  const left = start ? text.trimStart() : text
  return end ? left.trimEnd() : left
}

const WORD =
  /(\s*)(?:(\.[A-Za-z_][\w]*)|(\$[\w]*)|([A-Za-z_]\w*)|("(?:[^"\\\n]|\\.)*")|(`[^`]*`)|([-+]?(?:0[xX][\da-fA-F]+|\d+(?:\.\d+)?(?:[eE][-+]?\d+)?))|(:=|[|(),=.]))/y

/** The words of an action, its length with the closing mark, and whether the mark trims what follows. A comment has no words. */
function action(source: string): [Word[] | undefined, number, boolean] {
  const comment = /^\s*\/\*[\s\S]*?\*\/\s*?(-)?}}/.exec(source)
  if (comment) return [undefined, comment[0].length, comment[1] !== undefined]
  const words: Word[] = []
  let at = 0
  for (;;) {
    const close = /^(\s+-)?}}|^\s+}}/.exec(source.slice(at))
    if (close) return [words, at + close[0].length, close[1] !== undefined]
    WORD.lastIndex = at
    const match = WORD.exec(source)
    if (!match) throw new TemplateError(problemAt(source.slice(at)))
    words.push(wordOf(match))
    at = WORD.lastIndex
  }
}

function problemAt(rest: string): string {
  const text = rest.trimStart()
  if (text === '') return 'unclosed action'
  if (text[0] === '"') return 'unterminated quoted string'
  return `unexpected ${JSON.stringify(text[0])} in an action`
}

function wordOf([, space, field, variable, name, quoted, raw, number, mark]: RegExpExecArray): Word {
  const spaced = space !== ''
  if (field) return { kind: 'field', text: field.slice(1), spaced }
  if (variable) return { kind: 'variable', text: variable, spaced }
  if (name) return { kind: 'name', text: name, spaced }
  if (quoted) return { kind: 'string', text: unquoted(quoted), spaced }
  if (raw) return { kind: 'string', text: raw.slice(1, -1), spaced }
  if (number) return { kind: 'number', text: number, spaced }
  return { kind: 'mark', text: mark, spaced }
}

const ESCAPES: Record<string, string> = { n: '\n', t: '\t', r: '\r', '\\': '\\', '"': '"', "'": "'" }

function unquoted(text: string): string {
  return text.slice(1, -1).replace(/\\(?:u([\da-fA-F]{4})|x([\da-fA-F]{2})|(.))/g, (_, u, x, other) => {
    if (u ?? x) return String.fromCharCode(Number.parseInt(u ?? x, 16))
    if (ESCAPES[other] === undefined) throw new TemplateError(`unknown escape \\${other} in a string`)
    return ESCAPES[other]
  })
}
