/** Go's regular expressions: RE2 syntax and meaning, without what only JavaScript has (lookahead, back references). */
import { RE2JS } from 're2js'

const compiled = new Map<string, RE2JS | string>()
const MAX_KEPT = 1000

/** Go's text of what is wrong with a pattern; undefined when it compiles. */
export function patternError(pattern: string): string | undefined {
  const result = compile(pattern)
  return typeof result === 'string' ? result : undefined
}

/** Whether the pattern is found in the text, anywhere unless it is anchored. A pattern that does not compile is found nowhere. */
export function isFound(pattern: string, text: string): boolean {
  const result = compile(pattern)
  return typeof result !== 'string' && result.matcher(text).find()
}

function compile(pattern: string): RE2JS | string {
  let result = compiled.get(pattern)
  if (result === undefined) {
    try {
      result = RE2JS.compile(pattern)
    } catch (error) {
      result = error instanceof Error ? error.message : String(error)
    }
    if (compiled.size >= MAX_KEPT) compiled.clear()
    compiled.set(pattern, result)
  }
  return result
}
