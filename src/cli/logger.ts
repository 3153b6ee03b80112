/** Logs to stderr: pino's JSON lines, or readable ones on a terminal. stdout belongs to the answer. */
import pc from 'picocolors'
import type { Logger } from '../index.ts'

const COLOURS: Record<number, (text: string) => string> = { 20: pc.gray, 30: pc.green, 40: pc.yellow, 50: pc.red }
const NAMES: Record<number, string> = { 20: 'debug', 30: 'info', 40: 'warn', 50: 'error' }
const LEVELS = ['debug', 'info', 'warn', 'error', 'silent']

/** `level`: the least that is printed; `silent` for nothing. pino is loaded with the first line: most runs print none before they serve. */
export function createLogger(level: string): Logger {
  let ready: Logger | undefined
  let loading: Promise<Logger> | undefined
  const least = LEVELS.indexOf(level)
  const at =
    (name: keyof Logger): Logger['info'] =>
    (fields, message) => {
      if (LEVELS.indexOf(name) < least) return
      if (ready) return ready[name](fields, message)
      loading ??= createPino(level).then((logger) => {
        ready = logger
        return logger
      })
      // Lines that come while it loads queue up here, in their order.
      void loading.then((logger) => logger[name](fields, message))
    }
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
}

async function createPino(level: string): Promise<Logger> {
  const { pino } = await import('pino')
  const pretty = { write: (line: string) => process.stderr.write(prettyLine(line)) }
  const logger: Logger = pino({ level, base: null }, process.stderr.isTTY ? pretty : process.stderr)
  return logger
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
