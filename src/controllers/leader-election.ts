/**
 * One of several processes runs the controllers: the one that holds a Lease and renews it. Mirrors client-go/tools/leaderelection with the
 * durations of kube-controller-manager.
 *
 *   candidate --the Lease is free or was not renewed for its duration--> leader --no renewal within the deadline--> candidate
 */
import { type Clock, formatMicroTime, type Timer } from '../apimachinery/clock.ts'
import { isNotFound } from '../apimachinery/errors.ts'
import type { Logger } from '../apimachinery/logger.ts'
import type { Random } from '../apimachinery/random.ts'
import type { Lease, LeaseSpec } from '../types/coordination-v1.ts'
import type { Client } from './client.ts'
import type { Recorder } from './controller.ts'

export interface LeaderElectorOptions {
  client: Client
  clock: Clock
  random: Random
  logger: Logger
  recorder: Recorder
  /** Who this process is: no other has the same. */
  identity: string
  /** This process leads from now on. */
  onStartedLeading(): void
  /** It leads no more; the next attempt to lead comes after what this answers. */
  onStoppedLeading(): Promise<void>
}

const LEASES = 'leases.coordination.k8s.io'
const NAMESPACE = 'kube-system'
const NAME = 'kubemu-controllers'
/** As a key. */
export const LEADER_LEASE = `${NAMESPACE}/${NAME}`
const LEASE_SECONDS = 15
const RENEW_DEADLINE_MS = 10_000
const RETRY_MS = 2_000
/** Candidates that lost do not come back all at once: up to 1.2 times later. */
const JITTER = 1.2

export class LeaderElector {
  readonly #options: LeaderElectorOptions
  /** The Lease as it was last seen, and when it was first seen so: another process's clock is not ours. */
  #observed: { lease: Lease; at: number } | undefined
  #leads = false
  #next: Timer | undefined
  /** Runs out unless a renewal comes first, however long one takes to fail. */
  #deadline: Timer | undefined
  #stopped = false
  /** The end of the last time that this process led. */
  #stopping: Promise<void> = Promise.resolve()

  constructor(options: LeaderElectorOptions) {
    this.#options = options
  }

  get leads(): boolean {
    return this.#leads
  }

  /** Resolves after the first attempt: where nobody else holds the Lease, this process leads then. */
  start(): Promise<void> {
    return this.#try()
  }

  /** Leads no more, and with `release` says so in the Lease, so that the next one need not wait. Idempotent. */
  async stop(release: boolean): Promise<void> {
    if (this.#stopped) return
    this.#stopped = true
    this.#next?.cancel()
    this.#deadline?.cancel()
    if (!this.#leads) return
    this.#leads = false
    await this.#options.onStoppedLeading()
    if (release) await this.#release()
  }

  async #try(): Promise<void> {
    const { clock, random, logger } = this.#options
    const stopping = this.#stopping
    await stopping
    if (this.#stopped) return
    try {
      // An attempt that took so long that the deadline came first is none: what ran must have ended before this process leads again.
      if ((await this.#acquireOrRenew()) && stopping === this.#stopping) this.#lead()
    } catch (error) {
      logger.warn({ lease: LEADER_LEASE, err: error }, 'the lease of the controllers could not be had')
    }
    if (this.#stopped) return
    const delayMs = this.#leads ? RETRY_MS : RETRY_MS * (1 + random.next() * JITTER)
    this.#next = clock.after(delayMs, () => void this.#try())
  }

  #lead(): void {
    if (this.#stopped) return
    this.#deadline?.cancel()
    this.#deadline = this.#options.clock.after(RENEW_DEADLINE_MS, () => this.#stopLeading())
    if (this.#leads) return
    this.#leads = true
    this.#say('became leader')
    this.#options.onStartedLeading()
  }

  #stopLeading(): void {
    this.#leads = false
    this.#say('stopped leading')
    this.#stopping = this.#options
      .onStoppedLeading()
      .catch((error) =>
        this.#options.logger.error({ lease: LEADER_LEASE, err: error }, 'the controllers did not end as they should'),
      )
  }

  #say(what: string): void {
    const { identity, logger, recorder } = this.#options
    logger.info({ lease: LEADER_LEASE }, `${identity} ${what}`)
    if (!this.#observed) return
    const about = { ...this.#observed.lease, apiVersion: 'coordination.k8s.io/v1', kind: 'Lease' }
    recorder.event(about, 'Normal', 'LeaderElection', `${identity} ${what}`)
  }

  /** False: somebody else holds it. Rejects when it cannot be known or written. */
  async #acquireOrRenew(): Promise<boolean> {
    const { client, clock, identity } = this.#options
    const found = await this.#find()
    const now = clock.now()
    if (!found) {
      const spec = this.#spec(now, now, 0)
      this.#observe(await client.create<Lease>(LEASES, newLease(spec)))
      return true
    }
    this.#observe(found)
    const { holderIdentity = '', leaseTransitions = 0, acquireTime } = found.spec ?? {}
    const isOurs = holderIdentity === identity
    const until = (this.#observed?.at ?? now) + (found.spec?.leaseDurationSeconds ?? LEASE_SECONDS) * 1000
    if (holderIdentity !== '' && !isOurs && now < until) return false
    const since = isOurs && acquireTime ? Date.parse(acquireTime) : now
    const spec = this.#spec(since, now, isOurs ? leaseTransitions : leaseTransitions + 1)
    // Of several candidates one wins: the others' resourceVersion is not the present one any more.
    this.#observe(await client.update<Lease>(LEASES, { ...found, spec: { ...found.spec, ...spec } }))
    return true
  }

  async #find(): Promise<Lease | undefined> {
    try {
      return await this.#options.client.get<Lease>(LEASES, NAMESPACE, NAME)
    } catch (error) {
      if (isNotFound(error)) return undefined
      throw error
    }
  }

  #observe(lease: Lease): void {
    const isSame = this.#observed?.lease.metadata.resourceVersion === lease.metadata.resourceVersion
    if (!isSame) this.#observed = { lease, at: this.#options.clock.now() }
  }

  async #release(): Promise<void> {
    const { client, clock, identity, logger } = this.#options
    try {
      const found = await this.#find()
      if (found?.spec?.holderIdentity !== identity) return
      const now = formatMicroTime(clock.now())
      const spec = { ...found.spec, holderIdentity: '', leaseDurationSeconds: 1, renewTime: now, acquireTime: now }
      await client.update<Lease>(LEASES, { ...found, spec })
    } catch (error) {
      logger.warn({ err: error }, 'the lease of the controllers could not be released')
    }
  }

  #spec(since: number, now: number, leaseTransitions: number): LeaseSpec {
    return {
      holderIdentity: this.#options.identity,
      leaseDurationSeconds: LEASE_SECONDS,
      acquireTime: formatMicroTime(since),
      renewTime: formatMicroTime(now),
      leaseTransitions,
    }
  }
}

function newLease(spec: LeaseSpec): Lease {
  return {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { name: NAME, namespace: NAMESPACE },
    spec,
  }
}
