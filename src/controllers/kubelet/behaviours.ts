/** What a container does once it started, read from its command: it runs, or it ends after some time with an exit code. */
import { controllerOf } from '../../apimachinery/meta.ts'
import type { Container, Pod } from '../../types/core-v1.ts'
import { isSidecar } from '../resources.ts'
import { imageOf } from './images.ts'

/** `undefined`: it runs until it is stopped. */
export type Behaviour = { afterMs: number; exitCode: number } | undefined

const SUCCESS: Behaviour = { afterMs: 0, exitCode: 0 }
/** Nothing is known of the command. */
type Unknown = 'unknown'

const SHELLS = new Set(['sh', 'bash', 'ash', 'dash', 'zsh'])
/** Commands that end soon and well. */
const SHORT = new Set(
  ': true echo printf date ls cat env printenv pwd id uname hostname whoami touch mkdir cp mv rm ln chmod chown set cd export test [ seq expr perl wget curl nslookup dig ping grep sed awk sort head wc sync'.split(
    ' ',
  ),
)
const UNITS: Record<string, number> = { '': 1000, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/**
 * Commands that are understood: `true`, `false`, `sleep N`, `exit N`, short tools, and scripts of them under `sh -c`. What is not understood runs
 * on in a container, and ends well in an init container and in a Job's pod.
 * DEVIATION(emulated-containers): no process runs; what a container does is read from its command and the name of its image.
 */
export function behaviourOf(pod: Pod, container: Container, init: boolean): Behaviour {
  const behaviour = commandBehaviour(container)
  if (behaviour !== 'unknown') return behaviour
  if (init ? !isSidecar(container) : controllerOf(pod)?.kind === 'Job') return SUCCESS
  return undefined
}

function commandBehaviour({ command = [], args = [], image = '' }: Container): Behaviour | Unknown {
  const words = command.length > 0 ? [...command, ...args] : args
  if (words.length > 0) return words[0].startsWith('-') ? 'unknown' : runWords(words)
  return /\/hello-world[:@]/.test(imageOf(image).name) ? SUCCESS : 'unknown'
}

function runWords(words: readonly string[]): Behaviour | Unknown {
  const [first, ...rest] = words
  const name = first.slice(first.lastIndexOf('/') + 1)
  if (/^\w+=/.test(name)) return rest.length > 0 ? runWords(rest) : SUCCESS
  if (name === 'exec') return rest.length > 0 ? runWords(rest) : SUCCESS
  if (name === 'false') return { afterMs: 0, exitCode: 1 }
  if (name === 'sleep') return sleep(rest)
  if (name === 'tail' && rest.some((word) => /^-\w*[fF]/.test(word))) return undefined
  if (SHELLS.has(name)) {
    const flag = rest.findIndex((word) => /^-\w*c$/.test(word))
    return flag >= 0 && rest[flag + 1] !== undefined ? runScript(rest[flag + 1]) : 'unknown'
  }
  return SHORT.has(name) ? SUCCESS : 'unknown'
}

function sleep(words: readonly string[]): Behaviour {
  let ms = 0
  for (const word of words) {
    const match = /^(\d*\.?\d+)([smhd]?)$/.exec(word)
    if (!match) return word === 'infinity' || word === 'inf' ? undefined : { afterMs: 0, exitCode: 1 }
    ms += Number(match[1]) * UNITS[match[2]]
  }
  return { afterMs: ms, exitCode: 0 }
}

/** Simple commands in a row, joined by `;`, `&&`, `||` and newlines. Loops are not followed. */
function runScript(script: string): Behaviour | Unknown {
  if (/\bwhile\s+(true|:|\[\s*1\s*\])|\bfor\s*\(\(\s*;\s*;/.test(script)) return undefined
  if (/\b(while|until|for|if|case|function)\b|[`(]/.test(script)) return 'unknown'
  let afterMs = 0
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
    if (words[0] === 'exit') return { afterMs, exitCode: words[1] === undefined ? exitCode : Number(words[1]) & 255 }
    const done = runWords(words.map((word) => word.replace(/^(["'])(.*)\1$/, '$2')))
    if (done === undefined || done === 'unknown') return done
    afterMs += done.afterMs
    exitCode = done.exitCode
  }
  return { afterMs, exitCode }
}
