/** What `start` and `run` share: from flags to a listening cluster. */
import { controllerNames } from '../controllers/controllers.ts'
import { type Cluster, createCluster, type Logger } from '../index.ts'
import { createLogger } from './logger.ts'

export interface ServeFlags {
  host: string
  port: number
  nodes: number
  fixtures?: string[]
  /** Comma list, or false for `--no-controllers`. */
  controllers: string | false
  logLevel: string
  data?: string
  inMemory?: boolean
  fsync?: 'never' | 'interval' | 'always'
  kubeconfig?: string
  json?: boolean
}

/** A mistake of the person at the keyboard: said in one line, exit code 2. */
export class UsageError extends Error {}

export interface Served {
  cluster: Cluster
  url: string
  logger: Logger
}

/** A cluster that listens. Nothing is left behind when it rejects. `data`: absent for in memory. */
export async function serve(flags: ServeFlags, data: string | undefined): Promise<Served> {
  const logger = createLogger(flags.logLevel)
  const cluster = await createCluster({
    nodes: flags.nodes,
    fixtures: flags.fixtures,
    controllers: controllersOf(flags),
    data,
    fsync: flags.fsync,
    logger,
  })
  try {
    const url = await cluster.listen({ port: flags.port, host: flags.host })
    return { cluster, url, logger }
  } catch (error) {
    await cluster.close()
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EADDRINUSE')
      throw new Error(
        `port ${flags.port} is in use on ${flags.host}; choose another with --port, or --port 0 for any free one`,
      )
    if (code === 'EACCES') throw new Error(`no permission to listen on port ${flags.port} of ${flags.host}`)
    if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND')
      throw new Error(`${flags.host} is not an address of this machine`)
    throw error
  }
}

function controllersOf({ controllers }: ServeFlags): boolean | string[] {
  if (controllers === false) return false
  const names = controllers.split(',').map((name) => name.trim())
  for (const name of names) {
    const bare = name.replace(/^-/, '')
    if (bare !== '*' && !controllerNames().includes(bare)) {
      throw new UsageError(
        `no controller is called ${JSON.stringify(bare)}; there are: ${controllerNames().join(', ')}`,
      )
    }
  }
  return names
}
