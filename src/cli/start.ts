/** `kubemu start`: serves until SIGINT or SIGTERM. */
import { writeFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { makeFolder } from '../storage/make-folder.ts'
import { etcdOf } from './etcd-flags.ts'
import { type ServeFlags, serve } from './serve.ts'
import { UsageError } from './usage-error.ts'

/** Answers the exit code once the server has stopped. */
export async function start(flags: ServeFlags): Promise<number> {
  const kubeconfig = resolve(flags.kubeconfig ?? '.kubemu/kubeconfig')
  // From the first moment: a signal while it starts is a clean end, too.
  const interruption = interrupted()
  try {
    const etcd = etcdOf(flags)
    const data = flags.inMemory || etcd ? undefined : resolve(flags.data ?? '.kubemu/cluster.json')
    const { cluster, url, logger } = await serve(flags, { data, etcd })
    try {
      await makeFolder(dirname(kubeconfig))
      await writeFile(kubeconfig, cluster.kubeconfig(), { mode: 0o600 })
      process.stdout.write(
        flags.json
          ? `${JSON.stringify({ url, kubeconfig, pid: process.pid, data: data ?? null })}\n`
          : `kubemu is ready at ${url}  (export KUBECONFIG=${kubeconfig})\n`,
      )
      const signal = await interruption
      logger.info({ signal }, 'stopping')
    } finally {
      await cluster.close()
    }
    return 0
  } catch (error) {
    process.stderr.write(`kubemu: ${(error as Error).message}\n`)
    return error instanceof UsageError ? 2 : 1
  }
}

/** Resolves with the first SIGINT or SIGTERM; a second one ends the process at once. */
function interrupted(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    let count = 0
    const on = (signal: NodeJS.Signals): void => {
      count++
      if (count > 1) process.exit(signal === 'SIGINT' ? 130 : 143)
      resolve(signal)
    }
    process.on('SIGINT', on)
    process.on('SIGTERM', on)
  })
}
