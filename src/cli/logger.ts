/** Logs to stderr: pino's JSON lines, or readable ones on a terminal. stdout belongs to the answer. */
import pc from 'picocolors'
import { pino } from 'pino'
import type { Logger } from '../index.ts'

const COLOURS: Record<number, (text: string) => string> = { 20: pc.gray, 30: pc.green, 40: pc.yellow, 50: pc.red }
const NAMES: Record<number, string> = { 20: 'debug', 30: 'info', 40: 'warn', 50: 'error' }

/** `level`: the least that is printed; `silent` for nothing. */
export function createLogger(level: string): Logger {
  if (!process.stderr.isTTY) return pino({ level, base: null }, process.stderr)
  return pino({ level, base: null }, { write: (line: string) => process.stderr.write(prettyLine(line)) })
}

function prettyLine(line: string): string {
  const { level, time, msg, err, ...fields } = JSON.parse(line)
  const clock = new Date(time).toLocaleTimeString('en-GB')
  const pairs = Object.entries(fields).map(
    ([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
  )
  const stack = err?.stack ? `\n${err.stack}` : ''
  return `${pc.gray(clock)} ${(COLOURS[level] ?? String)(NAMES[level] ?? '')} ${msg} ${pc.gray(pairs.join(' '))}${stack}\n`
}
