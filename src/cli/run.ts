/** `kubemu run -- COMMAND`: a cluster in memory for as long as the command runs. */
import { spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { constants, tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ServeFlags, serve } from './serve.ts'
import { UsageError } from './usage-error.ts'

/** Answers the command's exit code; 128 + n when signal n ended it; 127 when it cannot be found. */
export async function run(command: readonly string[], flags: ServeFlags): Promise<number> {
  let folder: string | undefined
  try {
    const { cluster, url } = await serve(
      { ...flags, logLevel: flags.logLevel === 'info' ? 'warn' : flags.logLevel },
      {},
    )
    try {
      folder = await mkdtemp(join(tmpdir(), 'kubemu-'))
      const kubeconfig = join(folder, 'kubeconfig')
      await writeFile(kubeconfig, cluster.kubeconfig(), { mode: 0o600 })
      return await runCommand(command, { ...process.env, KUBECONFIG: kubeconfig, KUBEMU_URL: url })
    } finally {
      await cluster.close()
    }
  } catch (error) {
    process.stderr.write(`kubemu: ${(error as Error).message}\n`)
    return error instanceof UsageError ? 2 : 1
  } finally {
    if (folder) await rm(folder, { recursive: true, force: true })
  }
}

/** Signals that we get are the command's: it decides what to do, we wait for it. */
function runCommand([file = '', ...rest]: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  return new Promise((resolve) => {
    const child = spawn(file, rest, { stdio: 'inherit', env })
    const pass = (signal: NodeJS.Signals): boolean => child.kill(signal)
    const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
    for (const signal of signals) process.on(signal, pass)
    const done = (code: number): void => {
      for (const signal of signals) process.off(signal, pass)
      resolve(code)
    }
    child.on('error', (error: NodeJS.ErrnoException) => {
      const why = error.code === 'ENOENT' ? 'command not found' : error.message
      process.stderr.write(`kubemu: ${file}: ${why}\n`)
      done(error.code === 'ENOENT' ? 127 : 126)
    })
    child.on('exit', (code, signal) => done(signal ? 128 + constants.signals[signal] : (code ?? 0)))
  })
}
