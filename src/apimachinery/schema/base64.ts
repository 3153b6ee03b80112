/** Go's standard base64 decoder: what it takes, and where it stops. Mirrors encoding/base64. */

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/

/** Standard base64 with padding; line breaks inside are dropped, as Go's decoder does. */
export function canonicalBase64(text: string): string | undefined {
  const compact = text.includes('\n') || text.includes('\r') ? text.replace(/[\r\n]/g, '') : text
  if (!BASE64.test(compact)) return undefined
  // Bits after the last byte are not part of the value: YR== reads as YQ==.
  return compact.endsWith('=') ? Buffer.from(compact, 'base64').toString('base64') : compact
}

/** Where Go's decoder stops: the byte offset in its message. */
export function base64ErrorAt(text: string): number {
  const isDigit = (char: string) => /[A-Za-z0-9+/]/.test(char)
  let inQuantum = 0
  for (let at = 0; at < text.length; at++) {
    const char = text[at]
    if (char === '\n' || char === '\r') continue
    if (isDigit(char)) {
      inQuantum = (inQuantum + 1) % 4
      continue
    }
    if (char !== '=' || inQuantum < 2) return at
    return paddingErrorAt(text, at, inQuantum)
  }
  return text.length - inQuantum
}

function paddingErrorAt(text: string, first: number, inQuantum: number): number {
  const skipBreaks = (from: number) => {
    let at = from
    while (text[at] === '\n' || text[at] === '\r') at++
    return at
  }
  let at = skipBreaks(first + 1)
  if (inQuantum === 2) {
    if (at >= text.length) return text.length
    if (text[at] !== '=') return at
    at = skipBreaks(at + 1)
  }
  return at
}
