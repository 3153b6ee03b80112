/**
 * Keeps the Lease that says that this API server is alive, and ends those of servers that are not. Mirrors component-helpers/apimachinery/lease
 * and pkg/controlplane/controller/apiserverleasegc.
 */
import type { Clock, Timer } from './apimachinery/clock.ts'
import { isConflict, isNotFound } from './apimachinery/errors.ts'
import type { Logger } from './apimachinery/logger.ts'
import type { Random } from './apimachinery/random.ts'
import type { Client } from './controllers/client.ts'
import {
  IDENTITY_LABELS,
  IDENTITY_NAMESPACE,
  identityLease,
  type ServerFacts,
} from './registry/bootstrap/identity-lease.ts'
import type { Lease } from './types/coordination-v1.ts'

export interface ServerIdentityOptions {
  client: Client
  clock: Clock
  random: Random
  logger: Logger
  server: ServerFacts
}

const LEASES = 'leases.coordination.k8s.io'
const RENEWAL_MS = 10_000
const COLLECTION_MS = 3_600_000

export class ServerIdentity {
  readonly #options: ServerIdentityOptions
  /** Made when first needed: where the Lease is part of the starting state, it names its holder. */
  #holder: string | undefined
  #next: Timer | undefined
  #collectedAt: number
  #claimed = false
  #stopped = false
  #work: Promise<void> = Promise.resolve()

  constructor(options: ServerIdentityOptions) {
    this.#options = options
    this.#collectedAt = options.clock.now()
  }

  /** What an earlier server of this name left goes, as do Leases that ran out; this server's is made. Once. */
  async claim(): Promise<void> {
    if (this.#claimed) return
    const { client, server } = this.#options
    await unlessGone(client.delete(LEASES, IDENTITY_NAMESPACE, server.name))
    await client.create(LEASES, this.#lease())
    await this.#collect()
    this.#claimed = true
  }

  /** From now on the Lease is renewed, which may be part of the starting state. */
  start(): void {
    this.#claimed = true
    this.#renewLater()
  }

  #renewLater(): void {
    this.#next = this.#options.clock.after(RENEWAL_MS, () => {
      this.#work = this.#beat()
    })
  }

  /** Resolves when no renewal is under way. */
  settle(): Promise<void> {
    return this.#work
  }

  /** With `release` nobody needs to wait for the Lease to run out. Idempotent. */
  async stop(release: boolean): Promise<void> {
    if (this.#stopped) return
    this.#stopped = true
    this.#next?.cancel()
    await this.#work
    if (!release) return
    const { client, server } = this.#options
    await this.#trying(() => unlessGone(client.delete(LEASES, IDENTITY_NAMESPACE, server.name)))
  }

  async #beat(): Promise<void> {
    await this.#trying(async () => {
      await this.#renew()
      if (this.#options.clock.now() - this.#collectedAt >= COLLECTION_MS) await this.#collect()
    })
    if (!this.#stopped) this.#renewLater()
  }

  async #trying(work: () => Promise<void>): Promise<void> {
    const { logger, server } = this.#options
    try {
      await work()
    } catch (error) {
      logger.warn(
        { lease: `${IDENTITY_NAMESPACE}/${server.name}`, err: error },
        'the lease of this server was not kept',
      )
    }
  }

  async #renew(): Promise<void> {
    const { client, server } = this.#options
    try {
      await client.modify<Lease>(LEASES, IDENTITY_NAMESPACE, server.name, (old) => this.#renewed(old))
    } catch (error) {
      if (!isNotFound(error)) throw error
      await client.create(LEASES, this.#lease())
    }
  }

  #renewed(old: Lease): Lease {
    this.#holder ??= old.spec?.holderIdentity
    const { metadata, spec } = this.#lease()
    return {
      ...old,
      metadata: {
        ...old.metadata,
        labels: { ...old.metadata.labels, ...metadata.labels },
        annotations: { ...old.metadata.annotations, ...metadata.annotations },
      },
      spec: { ...old.spec, ...spec },
    }
  }

  #lease(): Lease {
    const { clock, random, server } = this.#options
    this.#holder ??= `${server.name}_${random.uuid()}`
    return identityLease(server, this.#holder, clock.now())
  }

  /** Never its own, which may look old: where tests set the time, an hour passes while it is renewed. */
  async #collect(): Promise<void> {
    const { client, clock, server } = this.#options
    this.#collectedAt = clock.now()
    const labelSelector = { matchLabels: IDENTITY_LABELS }
    for (const lease of await client.list<Lease>(LEASES, { namespace: IDENTITY_NAMESPACE, labelSelector })) {
      const { name = '', resourceVersion } = lease.metadata
      if (name === server.name || !hasExpired(lease, this.#collectedAt)) continue
      await unlessGone(client.delete(LEASES, IDENTITY_NAMESPACE, name, { preconditions: { resourceVersion } }))
    }
  }
}

/** One that says no time, or for how long it holds, was made by no server. */
function hasExpired({ spec: { renewTime, leaseDurationSeconds } = {} }: Lease, now: number): boolean {
  if (renewTime === undefined || leaseDurationSeconds === undefined) return true
  return Date.parse(renewTime) + leaseDurationSeconds * 1000 < now
}

/** Another server may have been first to delete it, or it was renewed meanwhile. */
async function unlessGone(deletion: Promise<void>): Promise<void> {
  try {
    await deletion
  } catch (error) {
    if (!isNotFound(error) && !isConflict(error)) throw error
  }
}
