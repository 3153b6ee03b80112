/**
 * Follows APIServices: probes the servers behind them, says whether they are there, and tells the registry which APIs are theirs. Keeps those of
 * custom resources too. Part of the API server, not a controller. Mirrors kube-aggregator/pkg/apiserver and its controllers.
 */
import type { Clock, Timer } from '../../apimachinery/clock.ts'
import { deepEqual } from '../../apimachinery/equality.ts'
import { isStatusError } from '../../apimachinery/errors.ts'
import type { Storage } from '../../storage/interface.ts'
import { CRD_PREFIX, type CustomResourceDefinition } from '../apiextensions/crd.ts'
import { ChangeLoop, ChangeSign } from '../change-loop.ts'
import type { InternalWriter, Reader } from '../definition.ts'
import type { Outbound } from '../outbound.ts'
import { APISERVICES, type APIService, isAvailable, type RemoteApi, targetOf, withAvailability } from './apiservice.ts'
import { autoregister } from './autoregistration.ts'
import { checkAvailability } from './availability.ts'
import { readRemoteDocuments } from './remote-documents.ts'

/** What it needs of the registry. */
export interface AggregatingRegistry {
  readonly storage: Storage
  readonly clock: Clock
  readonly reader: Reader
  readonly writer: InternalWriter
  readonly outbound?: Outbound | undefined
  /** These APIs, and no others, are those of extension servers. */
  serveRemote(apis: readonly RemoteApi[]): void
}

const PREFIX = '/registry/apiregistration.k8s.io/apiservices/'
/** Followed only while somebody refers to a Service. */
const NETWORK_PREFIXES = ['/registry/services/specs/', '/registry/endpointslices/']
const RESYNC_MS = 30_000
const FIRST_RETRY_MS = 500

interface Probed {
  /** Spec, and revision of the network it was probed in. */
  seen: unknown
  failures: number
  dueAt: number
  documents: Pick<RemoteApi, 'resources' | 'openApiV2' | 'openApiV3'>
}

const NO_DOCUMENTS: Probed['documents'] = { resources: [] }

export class Aggregation {
  readonly #registry: AggregatingRegistry
  readonly #loop: ChangeLoop
  readonly #sign: ChangeSign
  readonly #probed = new Map<string, Probed>()
  #network = 0
  #timer: Timer | undefined
  #served: readonly RemoteApi[] = []

  constructor(registry: AggregatingRegistry) {
    this.#registry = registry
    this.#loop = new ChangeLoop(registry.clock, () => this.#reconcile())
    this.#sign = new ChangeSign(registry.storage, (prefix) => {
      if (NETWORK_PREFIXES.includes(prefix)) this.#network++
      this.#loop.wake()
    })
  }

  start(): void {
    for (const prefix of [PREFIX, CRD_PREFIX]) this.#sign.follow(prefix)
    if (this.#registry.storage.count(CRD_PREFIX) > 0 || this.#remotes().length > 0) this.#loop.wake()
  }

  stop(): void {
    this.#loop.stop()
    this.#timer?.cancel()
    this.#sign.close()
  }

  /** Resolves when every APIService says what was found out about it. */
  idle(): Promise<void> {
    return this.#loop.idle()
  }

  get isIdle(): boolean {
    return this.#loop.isIdle
  }

  #services(): APIService[] {
    return this.#registry.storage.list(PREFIX).objects as APIService[]
  }

  #remotes(): APIService[] {
    return this.#services().filter(({ spec }) => spec.service)
  }

  async #reconcile(): Promise<void> {
    this.#sign.read()
    const definitions = this.#registry.storage.list(CRD_PREFIX).objects as CustomResourceDefinition[]
    try {
      await autoregister(definitions, this.#services(), this.#registry.writer)
    } catch (error) {
      // Another write came in between, or admission is against it: the next change brings us back.
      if (!isStatusError(error)) throw error
    }
    const remotes = this.#remotes()
    this.#followNetwork(remotes.length > 0)
    const apis = await Promise.all(remotes.map((service) => this.#check(service)))
    for (const name of this.#probed.keys()) {
      if (!remotes.some(({ metadata }) => metadata.name === name)) this.#probed.delete(name)
    }
    if (!deepEqual(apis, this.#served)) {
      this.#served = apis
      this.#registry.serveRemote(apis)
    }
    this.#schedule()
  }

  #followNetwork(follow: boolean): void {
    for (const prefix of NETWORK_PREFIXES) {
      if (!follow) this.#sign.leave(prefix)
      else if (!this.#sign.follows(prefix)) this.#sign.follow(prefix)
    }
  }

  /** Probes where something changed or it is time to, and writes what came of it. */
  async #check(service: APIService): Promise<RemoteApi> {
    const { clock, reader, outbound } = this.#registry
    const name = service.metadata.name ?? ''
    const seen = { uid: service.metadata.uid, spec: service.spec, network: this.#network }
    const old = this.#probed.get(name)
    let available = isAvailable(service)
    let documents = old?.documents ?? NO_DOCUMENTS
    if (!old || old.dueAt <= clock.now() || !deepEqual(old.seen, seen)) {
      const availability = await checkAvailability(service, reader, outbound)
      available = availability.status === 'True'
      if (available && outbound) documents = await readRemoteDocuments(service, outbound)
      const failures = available ? 0 : (old?.failures ?? 0) + 1
      const wait = available ? RESYNC_MS : Math.min(RESYNC_MS, FIRST_RETRY_MS * 2 ** Math.min(failures, 16))
      this.#probed.set(name, { seen, failures, dueAt: clock.now() + wait, documents })
      const conditions = withAvailability(service, availability, clock.now())
      if (!deepEqual(conditions, service.status?.conditions)) await this.#writeStatus(name, { conditions })
    }
    const { group = '', version, groupPriorityMinimum, versionPriority } = service.spec
    return {
      group,
      version,
      groupPriority: groupPriorityMinimum,
      versionPriority,
      target: targetOf(service),
      available,
      ...documents,
    }
  }

  async #writeStatus(name: string, status: APIService['status']): Promise<void> {
    try {
      await this.#registry.writer.update(APISERVICES, '', name, (old) => ({ ...old, status }), 'status')
    } catch (error) {
      // It is gone, or was written in between: the change has woken us already.
      if (!isStatusError(error)) throw error
    }
  }

  #schedule(): void {
    this.#timer?.cancel()
    this.#timer = undefined
    if (this.#probed.size === 0 || this.#loop.isStopped) return
    const { clock } = this.#registry
    const due = Math.min(...[...this.#probed.values()].map(({ dueAt }) => dueAt))
    this.#timer = clock.after(Math.max(0, due - clock.now()), () => this.#loop.wake())
  }
}
