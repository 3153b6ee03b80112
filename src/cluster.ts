/** The composition root: the only place that puts the parts of a cluster together. A Cluster is a value; clusters of a process share the API facts only. */

import { setMaxListeners } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createApp } from './api/app.ts'
import { ADMIN } from './api/filters/with-exchange.ts'
import { createHttpServer, type HttpServer } from './api/http-server.ts'
import { createMetrics } from './api/metrics.ts'
import type { ApiOptions } from './api/options.ts'
import { Turns } from './api/turns.ts'
import { type Clock, realClock, type Timer } from './apimachinery/clock.ts'
import { isAlreadyExists } from './apimachinery/errors.ts'
import type { Logger } from './apimachinery/logger.ts'
import type { DynamicObject, KubeObject } from './apimachinery/meta.ts'
import { type Random, seededRandom, systemRandom } from './apimachinery/random.ts'
import { loadFacts } from './apimachinery/schema/load-facts.ts'
import { Schemas } from './apimachinery/schema/schema.ts'
import { type CertificateAuthority, createCertificateAuthority } from './certificate-authority.ts'
import { type Cluster, type ClusterOptions, type ListenOptions, requireOptions } from './cluster-options.ts'
import type { Client } from './controllers/client.ts'
import { selectControllers } from './controllers/controllers.ts'
import { ControllerRunner } from './controllers/runner.ts'
import { defaultStorageClass, volumeProvisioner } from './controllers/volume-provisioner.ts'
import { createLocalClient, createWatchSource } from './local-client.ts'
import { createOutbound, type OutboundClient } from './outbound/outbound.ts'
import { quotaUsage } from './registry/admission/resource-quota.usage.ts'
import { bootstrapObjects } from './registry/bootstrap/bootstrap.ts'
import { createTokenSigner } from './registry/core/service-account-token.ts'
import { parseAddress, type ServiceAddresses, serviceResolver } from './registry/core/service-endpoint.ts'
import { SYSTEM_USER } from './registry/environment.ts'
import { Registry } from './registry/registry.ts'
import { resources } from './registry/resources.ts'
import { applyFixtures, applyObjects } from './scenario/apply.ts'
import { type Fixture, parseFixtures, readFixtures } from './scenario/fixtures.ts'
import { kubeconfigFor } from './scenario/kubeconfig.ts'
import { nodeObject } from './scenario/nodes.ts'
import { compactByAge } from './storage/compaction.ts'
import type { Storage, StorageMark } from './storage/interface.ts'
import { MemoryStorage } from './storage/memory.ts'

export type { Cluster, ClusterOptions, ListenOptions } from './cluster-options.ts'

/** Controllers that are programs of their own: what managedFields call them. */
const PROGRAMS: Record<string, string> = { kubelet: 'kubelet', scheduler: 'kube-scheduler' }

const SILENT: Logger = { debug: ignore, info: ignore, warn: ignore, error: ignore }
const DEFAULT_SERVICE_CIDR = '10.96.0.0/16'
/** As kube-apiserver's --etcd-compaction-interval. */
const DEFAULT_COMPACTION_SECONDS = 300
/** As kube-apiserver's --max-requests-inflight and --max-mutating-requests-inflight. */
const DEFAULT_READS_IN_FLIGHT = 400
const DEFAULT_WRITES_IN_FLIGHT = 200

/** A running, settled cluster. Rejects when an option is none or has no such value, or a fixture or the data file cannot be read. */
export async function createCluster(options: ClusterOptions = {}): Promise<Cluster> {
  requireOptions(options)
  const fixtures = (await Promise.all([options.fixtures ?? []].flat().map(readFixtures))).flat()
  const controllers = selectControllers(options.controllers ?? true)
  const storage = await openStorage(options)
  const untouched = storage.mark()
  let cluster: LocalCluster | undefined
  try {
    cluster = new LocalCluster(options, storage, controllers)
    await cluster.start(fixtures)
    return cluster
  } catch (error) {
    // A start that fails leaves the data as it found it: no cluster is half there the next time.
    await cluster?.stopControllers()
    await storage.restore(untouched)
    await (cluster ?? storage).close()
    throw error
  }
}

async function openStorage({ data, fsync, logger, watchHistory: limit }: ClusterOptions): Promise<Storage> {
  const history = { limit }
  if (data === undefined) return new MemoryStorage({ history })
  const { openJsonFile } = await import('./storage/json-file.ts')
  return openJsonFile(data, { fsync, history, warn: (message) => logger?.warn({ file: data }, message) })
}

class LocalCluster implements Cluster {
  readonly client: Client
  readonly app: ReturnType<typeof createApp>
  url: string | undefined
  readonly #options: ClusterOptions
  readonly #clock: Clock
  readonly #random: Random
  readonly #logger: Logger
  readonly #storage: Storage
  readonly #registry: Registry
  readonly #outbound: OutboundClient
  readonly #api: ApiOptions
  readonly #stopping = new AbortController()
  readonly #controllers: ReturnType<typeof selectControllers>
  #runner: ControllerRunner | undefined
  #server: HttpServer | undefined
  #initial: StorageMark | undefined
  #closing: Promise<void> | undefined
  #compaction: Timer | undefined
  #authority: CertificateAuthority | undefined

  constructor(options: ClusterOptions, storage: Storage, controllers: ReturnType<typeof selectControllers>) {
    // Every watch listens: any number of them is no leak.
    setMaxListeners(0, this.#stopping.signal)
    this.#options = options
    this.#controllers = controllers
    this.#storage = storage
    this.#clock = options.clock ?? realClock()
    this.#random = options.seed === undefined ? systemRandom() : seededRandom(options.seed)
    this.#logger = options.logger ?? SILENT
    const facts = loadFacts()
    const podCidr = '10.244.0.0/16'
    const addresses = addressesOf(options.serviceAddresses ?? {})
    this.#outbound = createOutbound({
      clock: this.#clock,
      resolve: (service) => serviceResolver({ reader: this.#registry.reader, addresses, podCidr })(service),
    })
    this.#registry = new Registry({
      facts,
      schemas: sharedSchemas().layered(),
      rows: resources,
      storage,
      clock: this.#clock,
      random: this.#random,
      settings: {
        serviceCidr: options.serviceCidr ?? DEFAULT_SERVICE_CIDR,
        nodePortRange: { from: 30000, to: 32767 },
        podCidr,
      },
      tokens: createTokenSigner('https://kubernetes.default.svc.cluster.local'),
      admission: { enable: options.enableAdmissionPlugins, disable: options.disableAdmissionPlugins },
      outbound: this.#outbound,
      authorizationMode: options.authorizationMode,
    })
    this.client = createLocalClient(this.#registry, ADMIN, undefined, this.#stopping.signal)
    this.#api = {
      registry: this.#registry,
      metrics: createMetrics(storage),
      turns: new Turns(),
      logger: this.#logger,
      proxy: this.#outbound,
      stopping: this.#stopping.signal,
      maxRequestsInFlight: options.maxRequestsInFlight ?? DEFAULT_READS_IN_FLIGHT,
      maxMutatingRequestsInFlight: options.maxMutatingRequestsInFlight ?? DEFAULT_WRITES_IN_FLIGHT,
    }
    this.app = createApp(this.#api)
  }

  /** Bootstrap objects, nodes, controllers, fixtures; then everything settled. */
  async start(fixtures: readonly Fixture[]): Promise<void> {
    const isNew = this.#storage.get('/registry/namespaces/', 'default') === undefined
    await this.#bootstrap()
    if (isNew) {
      for (let i = 1; i <= (this.#options.nodes ?? 1); i++) await this.client.create('nodes', nodeObject(i))
    }
    if (isNew && this.#controllers.includes(volumeProvisioner)) {
      await this.client.create<KubeObject>('storageclasses.storage.k8s.io', defaultStorageClass())
    }
    // Keys take as long as they take: made before anything runs beside them, they cannot change the order of what controllers write.
    if (this.#controllers.length > 0) await this.#rootCa()
    this.#startControllers()
    await this.settle()
    await applyFixtures(this.#registry, fixtures, ADMIN)
    await this.settle()
    this.#initial = this.#storage.mark()
    const seconds = this.#options.compactionInterval ?? DEFAULT_COMPACTION_SECONDS
    if (seconds > 0) this.#compaction = compactByAge(this.#storage, this.#clock, seconds * 1000)
  }

  async stopControllers(): Promise<void> {
    await this.#runner?.stop()
  }

  async #bootstrap(): Promise<void> {
    const system = createLocalClient(this.#registry, SYSTEM_USER, 'kube-apiserver')
    const objects = bootstrapObjects({
      now: this.#clock.now(),
      serviceCidr: this.#registry.settings.serviceCidr,
      advertiseAddress: '172.18.0.2',
      securePort: 6443,
      hostname: 'kubemu',
      holderId: this.#random.uuid(),
    })
    for (const { resource, object, status } of objects) {
      const { namespace = '', name = '' } = object.metadata
      if (this.#registry.store(resource).find(namespace, name)) continue
      try {
        const created = await system.create(resource, object)
        if (status) await system.updateStatus(resource, { ...created, status } as DynamicObject)
      } catch (error) {
        if (!isAlreadyExists(error)) throw error
      }
    }
  }

  #startControllers(): void {
    this.#runner = new ControllerRunner({
      controllers: this.#controllers,
      clientOf: ({ name }) =>
        createLocalClient(this.#registry, SYSTEM_USER, PROGRAMS[name] ?? 'kube-controller-manager'),
      source: createWatchSource(this.#registry),
      clock: this.#clock,
      random: this.#random,
      logger: this.#logger,
      settings: {
        rootCa: () => this.#rootCa(),
        readRequest: (pem) => this.#ca().read(pem),
        signRequest: (pem, usages, durationMs) => this.#ca().sign(pem, usages, durationMs),
        podCidr: this.#registry.settings.podCidr,
        kubernetesVersion: `v${this.#registry.facts.kubernetesVersion}`,
        quotaUsage: (quota) => usageOf(quota, this.#registry),
      },
    })
    this.#runner.start()
  }

  async #rootCa(): Promise<string> {
    return this.#ca().pem
  }

  #ca(): CertificateAuthority {
    this.#authority ??= createCertificateAuthority(this.#clock, this.#random)
    return this.#authority
  }

  async listen({ port = 0, host = '127.0.0.1' }: ListenOptions = {}): Promise<string> {
    if (this.url) return this.url
    const http = createHttpServer(this.app, this.#api)
    const { server } = http
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(port, host, () => {
        server.off('error', reject)
        resolve()
      })
    })
    this.#server = http
    const address = server.address() as AddressInfo
    const shown = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host
    this.url = `http://${shown.includes(':') ? `[${shown}]` : shown}:${address.port}`
    return this.url
  }

  kubeconfig(): string {
    if (!this.url) throw new Error('kubeconfig: the cluster does not listen yet; call listen() first')
    return kubeconfigFor(this.url)
  }

  async apply(manifest: string | KubeObject | readonly KubeObject[]): Promise<KubeObject[]> {
    const objects =
      typeof manifest === 'string' ? parseFixtures(manifest, 'manifest').map(({ object }) => object) : [manifest].flat()
    return applyObjects(this.#registry, objects, ADMIN)
  }

  async settle(): Promise<void> {
    // Each may make work for the other.
    do {
      await this.#registry.customResources.idle()
      await this.#registry.aggregation.idle()
      await this.#runner?.settle()
    } while (!this.#registry.customResources.isIdle || !this.#registry.aggregation.isIdle)
  }

  async reset(): Promise<void> {
    if (!this.#initial) return
    await this.#runner?.stop()
    await this.#storage.restore(this.#initial)
    this.#startControllers()
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
    this.#compaction?.cancel()
    // Requests in hand first: they may need all the rest.
    await this.#server?.close()
    await this.#runner?.stop()
    this.#registry.close()
    this.#outbound.close()
    await this.#storage.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}

function addressesOf(addresses: Readonly<Record<string, string>> | ServiceAddresses): ServiceAddresses {
  if (typeof addresses === 'function') return addresses
  for (const address of Object.values(addresses)) parseAddress(address)
  const table = new Map(Object.entries(addresses))
  return (namespace, name, port) => table.get(`${namespace}/${name}:${port}`) ?? table.get(`${namespace}/${name}`)
}

let schemas: Schemas | undefined

/** Compiled from the facts: immutable, so all clusters of the process share them. */
function sharedSchemas(): Schemas {
  schemas ??= new Schemas(loadFacts())
  return schemas
}

function usageOf(quota: KubeObject, registry: Registry): Record<string, string> {
  const counted = registry.definitions().filter(({ namespaced, verbs }) => namespaced && verbs.includes('list'))
  const names = counted.map(({ groupResource }) => groupResource)
  return quotaUsage(quota, names, (resource) => registry.reader.list(resource, quota.metadata.namespace))
}

function ignore(): void {}
