/** Reads what a container's command does: it runs, or it ends after some time with an exit code. */
import type { Container } from '../../types/core-v1.ts'
import type { Behaviour } from './behaviour.ts'
import { imageOf } from './images.ts'

const RUNS: Behaviour = {}
const SUCCEEDS: Behaviour = { exitsAfterMs: 0 }

const SHELLS = new Set(['sh', 'bash', 'ash', 'dash', 'zsh'])
/** Commands that end soon and well. */
const SHORT = new Set(
  ': true echo printf date ls cat env printenv pwd id uname hostname whoami touch mkdir cp mv rm ln chmod chown set cd export test [ seq expr perl wget curl nslookup dig ping grep sed awk sort head wc sync'.split(
    ' ',
  ),
)
/** Images whose own command is a shell or an interpreter, which ends at once as nobody is there to type; and one that says hello. */
const SHORT_IMAGES =
  /^docker\.io\/library\/(hello-world|busybox|alpine|ubuntu|debian|fedora|amazonlinux|bash|python|node|perl|ruby)[:@]/
const UNITS: Record<string, number> = { '': 1000, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** `true`, `false`, `sleep N`, `exit N`, short tools, and scripts of them under `sh -c`. Undefined: nothing is known of the command. */
export function commandBehaviour({ command = [], args = [], image = '', stdin }: Container): Behaviour | undefined {
  const words = command.length > 0 ? [...command, ...args] : args
  if (words.length > 0) return words[0].startsWith('-') ? undefined : runWords(words)
  const { name } = imageOf(image)
  return !stdin && SHORT_IMAGES.test(name) ? SUCCEEDS : undefined
}

function runWords(words: readonly string[]): Behaviour | undefined {
  const [first, ...rest] = words
  const name = first.slice(first.lastIndexOf('/') + 1)
  if (/^\w+=/.test(name)) return rest.length > 0 ? runWords(rest) : SUCCEEDS
  if (name === 'exec') return rest.length > 0 ? runWords(rest) : SUCCEEDS
  if (name === 'false') return { exitsAfterMs: 0, exitCode: 1 }
  if (name === 'sleep') return sleep(rest)
  if (name === 'tail' && rest.some((word) => /^-\w*[fF]/.test(word))) return RUNS
  if (SHELLS.has(name)) {
    const flag = rest.findIndex((word) => /^-\w*c$/.test(word))
    return flag >= 0 && rest[flag + 1] !== undefined ? runScript(rest[flag + 1]) : undefined
  }
  return SHORT.has(name) ? SUCCEEDS : undefined
}

function sleep(words: readonly string[]): Behaviour {
  let ms = 0
  for (const word of words) {
    const match = /^(\d*\.?\d+)([smhd]?)$/.exec(word)
    if (!match) return word === 'infinity' || word === 'inf' ? RUNS : { exitsAfterMs: 0, exitCode: 1 }
    ms += Number(match[1]) * UNITS[match[2]]
  }
  return { exitsAfterMs: ms }
}

/** Simple commands in a row, joined by `;`, `&&`, `||` and newlines. Loops are not followed. */
function runScript(script: string): Behaviour | undefined {
  if (/\bwhile\s+(true|:|\[\s*1\s*\])|\bfor\s*\(\(\s*;\s*;/.test(script)) return RUNS
  if (/\b(while|until|for|if|case|function)\b|[`(]/.test(script)) return undefined
  let ms = 0
  let exitCode = 0
  let joint = ';'
  for (const part of script.split(/(;|&&|\|\||\n)/)) {
    const words = part.trim().match(/"[^"]*"|'[^']*'|\S+/g) ?? []
    if (words.length === 0) continue
    if (words.length === 1 && /^(;|&&|\|\|)$/.test(words[0])) {
      joint = words[0]
      continue
    }
    const skipped = joint === '&&' ? exitCode !== 0 : joint === '||' && exitCode === 0
    joint = ';'
    if (skipped) continue
    if (words[0] === 'exit')
      return { exitsAfterMs: ms, exitCode: words[1] === undefined ? exitCode : Number(words[1]) & 255 }
    const done = runWords(words.map((word) => word.replace(/^(["'])(.*)\1$/, '$2')))
    if (done?.exitsAfterMs === undefined) return done
    ms += done.exitsAfterMs
    exitCode = done.exitCode ?? 0
  }
  return { exitsAfterMs: ms, exitCode }
}
