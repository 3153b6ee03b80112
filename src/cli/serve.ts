/** What `start` and `run` share: from flags to a listening cluster. */
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { optionProblem } from '../cluster-options.ts'
import { controllerNames } from '../controllers/controllers.ts'
import { type Cluster, type ClusterOptions, createCluster, type Logger } from '../index.ts'
import { admissionProblems } from '../registry/admission/admission.ts'
import type { EtcdFlags } from './etcd-flags.ts'
import { warnOfFullHeap } from './heap-warning.ts'
import { createLogger } from './logger.ts'
import { type TlsFlags, tlsOf } from './tls-flags.ts'
import { UsageError } from './usage-error.ts'

export interface ServeFlags extends EtcdFlags, TlsFlags {
  host: string
  port: number
  nodes: number
  fixtures?: string[]
  stages?: true | string[]
  podManifestPath?: string
  /** Comma list, or false for `--no-controllers`. */
  controllers: string | false
  /** The file. */
  schedulerConfig?: string
  enableAdmissionPlugins?: string[]
  disableAdmissionPlugins?: string[]
  logLevel: string
  serviceAddress?: string[]
  authorizationMode: 'AlwaysAllow' | 'RBAC'
  serviceClusterIpRange?: string
  clusterCidr?: string
  maxRequestsInflight: number
  maxMutatingRequestsInflight: number
  watchHistory: number
  /** Seconds. */
  compactionInterval: number
  data?: string
  inMemory?: boolean
  fsync?: 'never' | 'interval' | 'always'
  kubeconfig?: string
  json?: boolean
}

export interface Served {
  cluster: Cluster
  url: string
  logger: Logger
}

/** A cluster that listens. Nothing is left behind when it rejects. `place`: where the state is; empty for in memory. */
export async function serve(flags: ServeFlags, place: Pick<ClusterOptions, 'data' | 'etcd'>): Promise<Served> {
  const logger = createLogger(flags.logLevel)
  const controllers = controllersOf(flags)
  const { enableAdmissionPlugins, disableAdmissionPlugins } = flags
  const [problem] = admissionProblems({ enable: enableAdmissionPlugins, disable: disableAdmissionPlugins })
  if (problem) throw new UsageError(problem)
  requireNetworks(flags)
  const serviceAddresses = addressesOf(flags)
  const tls = await tlsOf(flags)
  const schedulerConfiguration = await schedulerConfigurationOf(flags)
  // Before anything is made: what fails for its port leaves no data file behind.
  await requireAddress(flags)
  const cluster = await createCluster({
    nodes: flags.nodes,
    fixtures: flags.fixtures,
    stages: flags.stages,
    staticPodPath: flags.podManifestPath,
    controllers,
    schedulerConfiguration,
    enableAdmissionPlugins,
    disableAdmissionPlugins,
    ...place,
    fsync: flags.fsync,
    serviceAddresses,
    authorizationMode: flags.authorizationMode,
    serviceCidr: flags.serviceClusterIpRange,
    podCidr: flags.clusterCidr,
    maxRequestsInFlight: flags.maxRequestsInflight,
    maxMutatingRequestsInFlight: flags.maxMutatingRequestsInflight,
    watchHistory: flags.watchHistory,
    compactionInterval: flags.compactionInterval,
    logger,
  })
  try {
    const url = await cluster.listen({ port: flags.port, host: flags.host, tls })
    warnOfFullHeap(logger)
    return { cluster, url, logger }
  } catch (error) {
    await cluster.close()
    throw explained(error as NodeJS.ErrnoException, flags)
  }
}

async function schedulerConfigurationOf({ schedulerConfig }: ServeFlags): Promise<string | undefined> {
  if (schedulerConfig === undefined) return undefined
  try {
    return await readFile(schedulerConfig, 'utf8')
  } catch (error) {
    throw new UsageError(`--scheduler-config ${schedulerConfig}: ${(error as Error).message}`)
  }
}

/** Rejects when nobody can listen there. */
async function requireAddress(flags: ServeFlags): Promise<void> {
  const server = createServer()
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(flags.port, flags.host, resolve)
    })
    await new Promise((resolve) => server.close(resolve))
  } catch (error) {
    throw explained(error as NodeJS.ErrnoException, flags)
  }
}

function explained(error: NodeJS.ErrnoException, { port, host }: ServeFlags): Error {
  switch (error.code) {
    case 'EADDRINUSE':
      return new Error(`port ${port} is in use on ${host}; choose another with --port, or --port 0 for any free one`)
    case 'EACCES':
      return new Error(`no permission to listen on port ${port} of ${host}`)
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return new Error(`${host} is not an address of this machine`)
    default:
      return error
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

function requireNetworks({ serviceClusterIpRange, clusterCidr }: ServeFlags): void {
  const serviceCidr = optionProblem('serviceCidr', serviceClusterIpRange)
  if (serviceCidr) throw new UsageError(`--service-cluster-ip-range is ${serviceCidr}`)
  const podCidr = optionProblem('podCidr', clusterCidr)
  if (podCidr) throw new UsageError(`--cluster-cidr is ${podCidr}`)
}

function addressesOf({ serviceAddress = [] }: ServeFlags): Record<string, string> {
  const addresses: Record<string, string> = {}
  for (const text of serviceAddress) {
    const match = /^([^=/]+\/[^=/]+)=((?:https:\/\/)?[^=/]+)$/.exec(text)
    if (!match) {
      throw new UsageError(
        `--service-address ${text}: it is namespace/name:port=host:port, as in default/hook:443=localhost:9443`,
      )
    }
    addresses[match[1] as string] = match[2] as string
  }
  return addresses
}
