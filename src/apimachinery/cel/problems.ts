/** What is wrong with an expression, and how that is displayed. Mirrors cel-go common/{error,errors}.go. */

export interface Problem {
  /** Where in the source, in UTF-16 units; -1: nowhere. */
  offset: number
  message: string
}

const MAX_REPORTED = 100
const MAX_SNIPPET_BYTES = 16384

/** The problems as users see them: in order of place, each with its line and a mark below it. */
export function displayProblems(problems: readonly Problem[], source: string): string {
  const located = problems.slice(0, MAX_REPORTED).map((problem) => ({ ...problem, ...locate(source, problem.offset) }))
  located.sort((a, b) => a.line - b.line || a.column - b.column)
  const lines = located.map((problem) => display(problem, source))
  if (problems.length > MAX_REPORTED) lines.push(`${problems.length - MAX_REPORTED} more errors were truncated`)
  return lines.join('\n')
}

interface Place {
  line: number
  /** In code points, from 0. */
  column: number
}

function locate(source: string, offset: number): Place {
  if (offset < 0) return { line: -1, column: -1 }
  // Of no source at all the end is told before its beginning, and there is no line to show.
  if (source === '') return { line: 1, column: -1 }
  const before = source.slice(0, offset)
  const start = before.lastIndexOf('\n') + 1
  let line = 1
  for (const character of before) if (character === '\n') line++
  return { line, column: [...before.slice(start)].length }
}

function display({ line, column, message }: Place & { message: string }, source: string): string {
  const lead = `ERROR: <input>:${line}:${column + 1}: ${message}`
  const text = line < 1 ? undefined : source.split('\n')[line - 1]
  if (text === undefined || column < 0 || Buffer.byteLength(text) > MAX_SNIPPET_BYTES) return lead
  const snippet = text.replaceAll('\t', ' ')
  const characters = [...snippet]
  const dots = characters.slice(0, column).map((character) => (isWide(character) ? '．' : '.'))
  const mark = column < characters.length && isWide(characters[column]) ? '＾' : '^'
  return `${lead}\n | ${snippet}\n | ${dots.join('')}${mark}`
}

const isWide = (character: string): boolean => character.codePointAt(0)! > 0x7f
