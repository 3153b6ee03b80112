/** What a command would have written that nobody runs, as far as it says so itself: the texts of its `echo`s. */

const SHELLS = /(^|\/)(sh|bash|ash|dash|zsh)$/
/** Loops and substitutions are not followed. */
const TOO_MUCH = /\b(while|until|for|if|case|function)\b|[`(]/

/** Lines, each without its end. Nothing is known of other commands: they write nothing. */
export function outputOf({ command = [], args = [] }: { command?: string[]; args?: string[] }): string[] {
  const [name = '', ...words] = [...command, ...args]
  if (!SHELLS.test(name)) return echoed([name, ...words])
  const flag = words.findIndex((word) => /^-\w*c$/.test(word))
  const script = flag < 0 ? undefined : words[flag + 1]
  if (script === undefined || TOO_MUCH.test(script)) return []
  return script.split(/;|&&|\n/).flatMap((part) => echoed(wordsOf(part)))
}

function echoed([name = '', ...words]: readonly string[]): string[] {
  if (!/(^|\/)echo$/.test(name) || words.some((word) => /^[|>]/.test(word))) return []
  return words.join(' ').split('\n')
}

function wordsOf(text: string): string[] {
  const words = text.trim().match(/"[^"]*"|'[^']*'|\S+/g) ?? []
  return words.map((word) => word.replace(/^(["'])(.*)\1$/s, '$2'))
}
