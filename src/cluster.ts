/** The composition root: the only place that puts the parts of a cluster together. A Cluster is a value; clusters of a process share the API facts only. */

import type { AddressInfo } from 'node:net'
import { createApp } from './api/app.ts'
import { Ending } from './api/ending.ts'
import { ADMIN } from './api/filters/with-exchange.ts'
import { createHttpServer, type HttpServer, type TlsMaterial } from './api/http-server.ts'
import { createMetrics } from './api/metrics.ts'
import type { ApiOptions } from './api/options.ts'
import { Turns } from './api/turns.ts'
import { type Clock, realClock, type Timer } from './apimachinery/clock.ts'
import { SILENT } from './apimachinery/logger.ts'
import type { KubeObject } from './apimachinery/meta.ts'
import { type Random, seededRandom, systemRandom } from './apimachinery/random.ts'
import {
  type Cluster,
  type ClusterOptions,
  type ListenOptions,
  requireOptions,
  type TlsOptions,
} from './cluster-options.ts'
import { failingChecks, openStorage } from './cluster-storage.ts'
import { ControlPlane, type ControlPlaneParts } from './control-plane.ts'
import type { Client } from './controllers/client.ts'
import { selectControllers } from './controllers/controllers.ts'
import { KUBELET_ANNOTATION } from './controllers/kubelet/nodes.ts'
import { stage } from './controllers/stages/stages.ts'
import { createLocalClient } from './local-client.ts'
import { bootstrap, populateBeside } from './populate.ts'
import { applyFixtures, applyObjects } from './scenario/apply.ts'
import { type Fixture, parseFixtures, readFixtures } from './scenario/fixtures.ts'
import { kubeconfigFor } from './scenario/kubeconfig.ts'
import { isStaging, STAGE_DEFINITIONS } from './scenario/stage-definitions.ts'
import { openStaticPods, type StaticPodFolder } from './scenario/static-pods.ts'
import { sharedKeys } from './shared-keys.ts'
import { startingState, startOf } from './starting-state.ts'
import { compactByAge } from './storage/compaction.ts'
import type { Storage, StorageMark } from './storage/interface.ts'

export type { Cluster, ClusterOptions, EtcdClusterOptions, ListenOptions, TlsOptions } from './cluster-options.ts'

/** As kube-apiserver's --etcd-compaction-interval. */
const DEFAULT_COMPACTION_SECONDS = 300
/** As kube-apiserver's --max-requests-inflight and --max-mutating-requests-inflight. */
const DEFAULT_READS_IN_FLIGHT = 400
const DEFAULT_WRITES_IN_FLIGHT = 200

/** A running, settled cluster. Rejects when an option is none or has no such value, or a fixture or the data file cannot be read. */
export async function createCluster(options: ClusterOptions = {}): Promise<Cluster> {
  requireOptions(options)
  const given = await readAll(options.fixtures ?? [])
  const { stages: paths = false } = options
  const stages = [...(typeof paths === 'boolean' ? [] : await readAll(paths)), ...given.filter(isStagingFixture)]
  const fixtures = given.filter((fixture) => !isStagingFixture(fixture))
  const chosen = selectControllers(options.controllers ?? true)
  const storage = await openStorage(options)
  const hasStages = paths !== false || stages.length > 0 || storage.get(DEFINITIONS, 'stages.kubemu.dev') !== undefined
  const controllers = hasStages ? chosen : chosen.filter((controller) => controller !== stage)
  const untouched = storage.mark()
  const clock = options.clock ?? realClock()
  const random = options.seed === undefined ? systemRandom() : seededRandom(options.seed)
  const { staticPodPath, logger = SILENT } = options
  let cluster: LocalCluster | undefined
  let staticPods: StaticPodFolder | undefined
  try {
    const keys = storage.shared ? await sharedKeys(storage, clock, random) : undefined
    if (staticPodPath !== undefined) staticPods = openStaticPods(staticPodPath, logger)
    cluster = new LocalCluster(options, { storage, clock, random, controllers, keys, staticPods, logger })
    await cluster.start(fixtures, hasStages ? stages : undefined)
    return cluster
  } catch (error) {
    // What the caller has to know is why it failed first.
    await undo(untouched, storage, staticPods, cluster).catch((err) =>
      logger.warn({ err }, 'a start that failed could not be taken back'),
    )
    throw error
  }
}

/** A start that fails leaves the data as it found it: no cluster is half there the next time. What others write to is not taken back. */
async function undo(to: StorageMark, storage: Storage, pods?: StaticPodFolder, cluster?: LocalCluster): Promise<void> {
  try {
    await cluster?.stopControllers()
    if (!storage.shared) await storage.restore(to)
  } finally {
    pods?.close()
    await (cluster ?? storage).close()
  }
}

/** Where storage keeps CustomResourceDefinitions. */
const DEFINITIONS = '/registry/apiextensions.k8s.io/customresourcedefinitions/'

const readAll = async (paths: string | readonly string[]): Promise<Fixture[]> =>
  (await Promise.all([paths].flat().map(readFixtures))).flat()

const isStagingFixture = ({ object }: Fixture): boolean => isStaging(object)

class LocalCluster implements Cluster {
  readonly client: Client
  url: string | undefined
  readonly #options: ClusterOptions
  readonly #clock: Clock
  readonly #random: Random
  readonly #storage: Storage
  readonly #plane: ControlPlane
  readonly #api: ApiOptions
  readonly #stopping = new AbortController()
  readonly #controllers: ControlPlaneParts['controllers']
  #app: ReturnType<typeof createApp> | undefined
  #server: HttpServer | undefined
  /** PEM: by which clients know an HTTPS server. */
  #authority: string | undefined
  #initial: StorageMark | undefined
  #closing: Promise<void> | undefined
  #compaction: Timer | undefined

  constructor(options: ClusterOptions, parts: ControlPlaneParts) {
    const { storage, clock, random, logger, controllers } = parts
    this.#options = options
    this.#controllers = controllers
    this.#storage = storage
    this.#clock = clock
    this.#random = random
    this.#plane = new ControlPlane(options, parts)
    const { registry, outbound } = this.#plane
    this.client = createLocalClient(registry, ADMIN, undefined, this.#stopping.signal)
    this.#api = {
      registry,
      metrics: createMetrics(storage),
      turns: new Turns(),
      logger,
      proxy: outbound,
      ending: new Ending(),
      maxRequestsInFlight: options.maxRequestsInFlight ?? DEFAULT_READS_IN_FLIGHT,
      maxMutatingRequestsInFlight: options.maxMutatingRequestsInFlight ?? DEFAULT_WRITES_IN_FLIGHT,
      failingChecks: () => failingChecks(storage),
    }
  }

  /** Its starting state or what its data file holds, controllers, Stages if there are to be any, fixtures; then everything settled. */
  async start(fixtures: readonly Fixture[], stages: readonly Fixture[] | undefined): Promise<void> {
    const isNew = this.#storage.get('/registry/namespaces/', 'default') === undefined
    const { nodes = 1 } = this.#options
    const nodesNow = stages ? 0 : nodes
    if (this.#storage.shared) {
      const controllers = isNew ? this.#controllers : []
      await populateBeside(this.#plane, { nodes: isNew ? nodesNow : 0, controllers })
      await this.#plane.runControllers()
    } else if (isNew) {
      await this.#fill(nodesNow)
      await this.#plane.runControllers(this.#storage.revision)
    } else {
      await bootstrap(this.#plane)
      await this.#plane.runControllers()
    }
    this.#plane.identity.start()
    await this.settle()
    if (stages) await this.#stage(stages, isNew ? nodes : 0)
    await applyFixtures(this.#plane.registry, fixtures, ADMIN)
    await this.settle()
    this.#initial = this.#storage.mark()
    const seconds = this.#options.compactionInterval ?? DEFAULT_COMPACTION_SECONDS
    if (seconds > 0) this.#compaction = compactByAge(this.#storage, this.#clock, seconds * 1000)
  }

  /** Nodes come after the Stages that may be theirs. */
  async #stage(stages: readonly Fixture[], nodes: number): Promise<void> {
    await applyObjects(this.#plane.registry, STAGE_DEFINITIONS, ADMIN)
    await applyFixtures(this.#plane.registry, stages, ADMIN)
    await this.settle()
    await populateBeside(this.#plane, { nodes, controllers: [] })
    await this.settle()
  }

  async #fill(nodes: number): Promise<void> {
    const { serviceCidr, podCidr, enableAdmissionPlugins, disableAdmissionPlugins } = this.#options
    const controllers = this.#controllers
    const shape = { serviceCidr, podCidr, enableAdmissionPlugins, disableAdmissionPlugins, controllers }
    const state = await startingState(shape)
    const identity = { now: this.#clock.now(), random: this.#random, rootCa: () => this.#plane.rootCa(), nodes }
    const { beginnings, revision, ofNodes } = startOf(state, identity)
    const begun = this.#storage.begin(beginnings, revision)
    if (begun) await begun
    for (const { prefix, name, object } of ofNodes) {
      const written = this.#storage.create(prefix, name, object)
      if (written instanceof Promise) await written
    }
    this.#plane.registry.replaced()
  }

  async stopControllers(): Promise<void> {
    await this.#plane.stopControllers()
  }

  /** Made when first asked for: most clusters of a test never serve. */
  get app(): ReturnType<typeof createApp> {
    this.#app ??= createApp(this.#api)
    return this.#app
  }

  async listen({ port = 0, host = '127.0.0.1', tls = false }: ListenOptions = {}): Promise<string> {
    if (this.url) return this.url
    const secured = tls === false ? undefined : this.#secured(host, tls === true ? {} : tls)
    const http = await createHttpServer(this.app, this.#api, secured)
    const { server } = http
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(port, host, () => {
        server.off('error', reject)
        resolve()
      })
    })
    this.#server = http
    if (secured) await this.#plane.authenticationTrust.trust(secured.clientAuthority)
    const address = server.address() as AddressInfo
    const shown = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host
    this.#authority = secured?.authority
    this.url = `${secured ? 'https' : 'http'}://${shown.includes(':') ? `[${shown}]` : shown}:${address.port}`
    return this.url
  }

  /** `authority`: by which clients know the server. */
  #secured(host: string, { cert, key, clientCa }: TlsOptions): TlsMaterial & { authority: string } {
    if ((cert === undefined) !== (key === undefined)) throw new TypeError('listen: tls.cert and tls.key go together')
    const own = this.#plane.serverCertificate(host)
    const clientAuthority = clientCa ?? own.authority
    if (cert === undefined || key === undefined) return { ...own, clientAuthority }
    return { cert, key, clientAuthority, authority: cert }
  }

  kubeconfig(): string {
    if (!this.url) throw new Error('kubeconfig: the cluster does not listen yet; call listen() first')
    return kubeconfigFor(this.url, this.#authority)
  }

  async apply(manifest: string | KubeObject | readonly KubeObject[]): Promise<KubeObject[]> {
    const objects =
      typeof manifest === 'string' ? parseFixtures(manifest, 'manifest').map(({ object }) => object) : [manifest].flat()
    return applyObjects(this.#plane.registry, objects, ADMIN)
  }

  settle(): Promise<void> {
    return this.#plane.settle()
  }

  stopNode(name: string): Promise<void> {
    return this.#annotateNode(name, 'stopped')
  }

  startNode(name: string): Promise<void> {
    return this.#annotateNode(name, undefined)
  }

  async #annotateNode(name: string, value: string | undefined): Promise<void> {
    await this.client.modify('nodes', '', name, (old) => {
      const { [KUBELET_ANNOTATION]: _, ...others } = old.metadata.annotations ?? {}
      const annotations = value === undefined ? others : { ...others, [KUBELET_ANNOTATION]: value }
      return { ...old, metadata: { ...old.metadata, annotations } }
    })
    await this.settle()
  }

  async reset(): Promise<void> {
    const initial = this.#initial
    if (!initial) return
    await this.#plane.withoutControllers(async () => {
      await this.#storage.restore(initial)
      this.#plane.registry.replaced()
    })
    await this.settle()
  }

  compact(): void {
    this.#storage.compact()
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    this.#stopping.abort()
    this.#api.ending.come()
    this.#compaction?.cancel()
    // Requests in hand first: they may need all the rest.
    try {
      await this.#server?.close()
      await this.#plane.close()
    } finally {
      await this.#storage.close()
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}
