/** YAML as the API server writes it: keys in natural order, lines folded at 80 columns. Mirrors go.yaml.in/yaml/v2 (encode.go, emitterc.go, sorter.go). */

const WIDTH = 80
const MAX_SIMPLE_KEY = 128
const LINE_BREAK = /[\n\r\x85\u2028\u2029]/

/** A value of JSON, as one document. */
export function encodeYaml(value: unknown): string {
  const writer = new Writer()
  writer.node(value, 0)
  return writer.text()
}

class Writer {
  readonly #lines: string[] = []
  #line = ''

  text(): string {
    return `${[...this.#lines, this.#line].join('\n')}\n`
  }

  /** What stands after `key:` or `-`, or at the top. `indent` is that of a collection's entries. */
  node(value: unknown, indent: number): void {
    if (Array.isArray(value)) this.#sequence(value, indent)
    else if (value !== null && typeof value === 'object') this.#mapping(value as Record<string, unknown>, indent)
    else this.#scalar(value, indent)
  }

  #break(indent: number): void {
    this.#lines.push(this.#line)
    this.#line = ' '.repeat(indent)
  }

  #sequence(items: readonly unknown[], indent: number): void {
    if (items.length === 0) this.#put('[]')
    items.forEach((item, i) => {
      if (i > 0) this.#break(indent)
      this.#line += '-'
      this.#below(item, indent + 2, true)
    })
  }

  #mapping(object: Record<string, unknown>, indent: number): void {
    const keys = Object.keys(object).sort(compareKeys)
    if (keys.length === 0) this.#put('{}')
    keys.forEach((name, i) => {
      if (i > 0) this.#break(indent)
      const simple = Buffer.byteLength(name) <= MAX_SIMPLE_KEY && !LINE_BREAK.test(name)
      if (!simple) this.#line += '?'
      this.#text(name, indent + 2, simple)
      if (!simple) this.#break(indent)
      this.#line += ':'
      const value = object[name]
      // Sequences stand as deep as the mapping that they are in.
      this.#below(value, Array.isArray(value) && simple ? indent : indent + 2, !simple)
    })
  }

  /** Collections go to a line of their own below a key, and stay on it behind a dash. */
  #below(value: unknown, indent: number, afterDash: boolean): void {
    const isCollection = value !== null && typeof value === 'object' && Object.keys(value).length > 0
    if (isCollection && !afterDash) this.#break(indent)
    else if (isCollection) this.#line += ' '
    this.node(value, indent)
  }

  #put(text: string): void {
    const last = this.#line.at(-1)
    if (last === ':' || last === '-' || last === '?') this.#line += ' '
    this.#line += text
  }

  #scalar(value: unknown, indent: number): void {
    if (typeof value === 'string') this.#text(value, indent, false)
    else if (typeof value === 'number') this.#put(numberText(value))
    else this.#put(String(value ?? null))
  }

  #text(value: string, indent: number, isKey: boolean): void {
    const style = styleOf(value, isKey)
    if (style === 'literal') this.#literal(value, indent)
    else if (style === 'plain') {
      this.#put('')
      this.#folded(value, indent, isKey, (char) => char)
    } else {
      const quote = style === 'single' ? "'" : '"'
      this.#put(quote)
      if (style === 'double') this.#double(value, indent, isKey)
      else this.#folded(value, indent, isKey, (char) => (char === "'" ? "''" : char), false)
      this.#line += quote
    }
  }

  /** Breaks at single spaces behind the width. */
  #folded(text: string, indent: number, whole: boolean, shown: (char: string) => string, atEnds = true): void {
    let spaces = false
    for (let i = 0; i < text.length; i++) {
      const char = text[i] as string
      const breaks = char === ' ' && !whole && !spaces && this.#line.length > WIDTH && text[i + 1] !== ' '
      if (breaks && (atEnds || (i > 0 && i < text.length - 1))) this.#break(indent)
      else this.#line += shown(char)
      spaces = char === ' '
    }
  }

  #double(text: string, indent: number, whole: boolean): void {
    let spaces = false
    const chars = [...text]
    chars.forEach((char, i) => {
      const inside = i > 0 && i < chars.length - 1
      if (char === ' ' && !whole && !spaces && inside && this.#line.length > WIDTH) {
        this.#break(indent)
        if (chars[i + 1] === ' ') this.#line += '\\'
      } else this.#line += escaped(char)
      spaces = char === ' '
    })
  }

  #literal(text: string, indent: number): void {
    const hint = /^[ \n]/.test(text) ? '2' : ''
    const chomp = !text.endsWith('\n') ? '-' : text === '\n' || text.endsWith('\n\n') ? '+' : ''
    this.#put(`|${hint}${chomp}`)
    const lines = text.split('\n')
    if (lines.at(-1) === '') lines.pop()
    for (const line of lines) {
      this.#break(line === '' ? 0 : Math.max(indent, 2))
      this.#line += line
    }
  }
}

type Style = 'plain' | 'single' | 'double' | 'literal'

function styleOf(text: string, isKey: boolean): Style {
  const special =
    !/^(?:[\n\x20-\x7e\u00a0-\ufefe\uff00-\ufffd]|[\u{10000}-\u{10ffff}])*$/u.test(text) || / \n/.test(text)
  if (text.includes('\n')) return special || isKey || text.endsWith(' ') ? 'double' : 'literal'
  if (!isPlainType(text)) return 'double'
  // Beyond the basic plane nothing is printable to it.
  if (special || /[\u{10000}-\u{10ffff}]/u.test(text)) return 'double'
  return mayBePlain(text) ? 'plain' : 'single'
}

function mayBePlain(text: string): boolean {
  if (/^(?:---|\.\.\.)/.test(text) || /^ | $/.test(text)) return false
  if (/^[#,[\]{}&*!|>'"%@`]/.test(text) || /^[?:-](?: |$)/.test(text)) return false
  return !/:(?: |$)| #/.test(text) && !LINE_BREAK.test(text)
}

const WORDS = new Set(
  '~ null Null NULL y Y yes Yes YES true True TRUE on On ON n N no No NO false False FALSE off Off OFF .nan .NaN .NAN .inf .Inf .INF +.inf +.Inf +.INF -.inf -.Inf -.INF'.split(
    ' ',
  ),
)
const INTEGER = /^[-+]?(?:0[bB][01]+|0[oO]?[0-7]+|0[xX][0-9a-fA-F]+|0|[1-9][0-9]*)$/
const FLOAT = /^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$/
const BASE_60 = /^[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?$/
const TIMESTAMP =
  /^[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:[Tt][0-9]{1,2}:[0-9]{1,2}:[0-9]{1,2}(?:\.[0-9]+)?(?:Z|[-+][0-9]{2}:[0-9]{2})| [0-9]{1,2}:[0-9]{1,2}:[0-9]{1,2}(?:\.[0-9]+)?)?$/

/** Unquoted it would still be read as a text. */
function isPlainType(text: string): boolean {
  if (text === '' || WORDS.has(text)) return false
  if (!/^[-+.0-9]/.test(text)) return true
  const digits = text.replaceAll('_', '')
  return !INTEGER.test(digits) && !FLOAT.test(digits) && !BASE_60.test(text) && !TIMESTAMP.test(text)
}

const NAMED: Record<string, string> = {
  '\0': '0',
  '\x07': 'a',
  '\b': 'b',
  '\t': 't',
  '\n': 'n',
  '\v': 'v',
  '\f': 'f',
  '\r': 'r',
  '\x1b': 'e',
  '"': '"',
  '\\': '\\',
  '\x85': 'N',
  '\u2028': 'L',
  '\u2029': 'P',
}

function escaped(char: string): string {
  const name = NAMED[char]
  if (name !== undefined) return `\\${name}`
  const code = char.codePointAt(0) as number
  const printable = (code >= 0x20 && code <= 0x7e) || (code >= 0xa0 && code <= 0xfffd && code !== 0xfeff)
  if (printable) return char
  const hex = code.toString(16).toUpperCase()
  if (code <= 0xff) return `\\x${hex.padStart(2, '0')}`
  return code <= 0xffff ? `\\u${hex.padStart(4, '0')}` : `\\U${hex.padStart(8, '0')}`
}

/** As Go writes the shortest %g; whole numbers are integers to it. */
function numberText(value: number): string {
  if (Number.isInteger(value) && Math.abs(value) < 2 ** 63) return String(value)
  const [digits = '', exponent = '0'] = value.toExponential().split('e')
  const power = Number(exponent)
  if (power >= -4 && power < 6) return String(value)
  return `${digits}e${power < 0 ? '-' : '+'}${String(Math.abs(power)).padStart(2, '0')}`
}

/** Letters after all else, runs of digits by their value. */
function compareKeys(a: string, b: string): number {
  const [left, right] = [[...a], [...b]]
  let i = 0
  while (i < left.length && i < right.length && left[i] === right[i]) i++
  if (i >= left.length || i >= right.length) return left.length - right.length
  const [x, y] = [left[i] as string, right[i] as string]
  const [isLetter, isOther] = [/\p{L}/u.test(x), /\p{L}/u.test(y)]
  if (isLetter && isOther) return (x.codePointAt(0) as number) - (y.codePointAt(0) as number)
  if (isLetter || isOther) return isOther ? -1 : 1
  // A zero behind other digits counts as a place.
  const inNumber = (x === '0' || y === '0') && /[1-9][0-9]*$/.test(left.slice(0, i).join(''))
  const run = (chars: string[]): string => /^[0-9]*/.exec(chars.slice(i).join(''))?.[0] ?? ''
  const [m, n] = [run(left), run(right)]
  const lead = inNumber ? '1' : ''
  const difference = Number(`${lead}${m}` || 0) - Number(`${lead}${n}` || 0)
  return difference || m.length - n.length || (x.codePointAt(0) as number) - (y.codePointAt(0) as number)
}
