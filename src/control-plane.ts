/** The API server's registry and the controllers on one storage, without a door: what a cluster is before anybody can reach it. */
import { hostname } from 'node:os'
import type { Clock } from './apimachinery/clock.ts'
import type { Logger } from './apimachinery/logger.ts'
import type { Random } from './apimachinery/random.ts'
import { loadFacts } from './apimachinery/schema/load-facts.ts'
import { Schemas } from './apimachinery/schema/schema.ts'
import { AuthenticationTrust } from './authentication-trust.ts'
import { type CertificateAuthority, createCertificateAuthority, newAuthority } from './certificate-authority.ts'
import { advertised, type Networks, networksOf } from './cluster-networks.ts'
import type { ClusterOptions } from './cluster-options.ts'
import type { Client } from './controllers/client.ts'
import type { ControllerDefinition, StaticPods } from './controllers/controller.ts'
import { EventQueue } from './controllers/event-queue.ts'
import { LeaderElector } from './controllers/leader-election.ts'
import { createRecorder } from './controllers/recorder.ts'
import { ControllerRunner } from './controllers/runner.ts'
import { profilesOf } from './controllers/scheduler/configuration.ts'
import { STAGE_MANAGER } from './controllers/stages/ownership.ts'
import { stage } from './controllers/stages/stages.ts'
import { createLocalClient, createWatchSource } from './local-client.ts'
import { createOutbound, type OutboundClient } from './outbound/outbound.ts'
import { policyWarnings } from './registry/admission/policy/type-checking.ts'
import { quotaUsage } from './registry/admission/resource-quota.usage.ts'
import { identityName } from './registry/bootstrap/identity-lease.ts'
import { createTokenSigner } from './registry/core/service-account-token.ts'
import { parseAddress, type ServiceAddresses, serviceResolver } from './registry/core/service-endpoint.ts'
import type { TokenSigner } from './registry/definition.ts'
import { SYSTEM_USER } from './registry/environment.ts'
import { Registry } from './registry/registry.ts'
import { resources } from './registry/resources.ts'
import { ServerIdentity } from './server-identity.ts'
import type { SharedKeys } from './shared-keys.ts'
import type { Storage } from './storage/interface.ts'

/** Controllers that are programs of their own: what managedFields call them. */
const PROGRAMS: Record<string, string> = { kubelet: 'kubelet', scheduler: 'kube-scheduler', stage: STAGE_MANAGER }

export interface ControlPlaneParts {
  storage: Storage
  clock: Clock
  random: Random
  logger: Logger
  controllers: readonly ControllerDefinition[]
  /** Those of a cluster that several processes serve; absent: the cluster's own, made when needed. */
  keys?: SharedKeys
  /** What kubelets run by themselves. */
  staticPods?: StaticPods
  /** PEM of kube-root-ca.crt in place of that of an authority of its own. */
  rootCa?: string
}

/** The options that say how the API server behaves. */
export type RegistrySettings = Pick<
  ClusterOptions,
  | 'serviceAddresses'
  | 'serviceCidr'
  | 'podCidr'
  | 'enableAdmissionPlugins'
  | 'disableAdmissionPlugins'
  | 'authorizationMode'
  | 'schedulerConfiguration'
>

export class ControlPlane {
  readonly registry: Registry
  readonly authenticationTrust: AuthenticationTrust
  readonly outbound: OutboundClient
  readonly identity: ServerIdentity
  readonly #parts: ControlPlaneParts
  readonly #networks: Networks
  readonly #tokens: TokenSigner
  readonly #schedulerConfiguration: string | object | undefined
  #runner: ControllerRunner | undefined
  /** The end of the last one. */
  #stopping: Promise<void> | undefined
  /** Storage changes beneath: nothing is to run. */
  #held = false
  /** The end of the last such change. */
  #changing: Promise<unknown> | undefined
  #closed = false
  #elector: LeaderElector | undefined
  /** Made when something first needs it, and as old as the cluster. */
  #authority: CertificateAuthority | undefined
  readonly #since: number

  constructor(options: RegistrySettings, parts: ControlPlaneParts) {
    this.#parts = parts
    this.#networks = networksOf(options)
    this.#since = parts.clock.now()
    this.#schedulerConfiguration = options.schedulerConfiguration
    // What is wrong with it is told now, not when the first pod comes.
    profilesOf(options.schedulerConfiguration)
    this.#tokens = createTokenSigner('https://kubernetes.default.svc.cluster.local', parts.keys?.tokens)
    const { storage, clock, random } = parts
    const { serviceCidr, podCidr } = this.#networks
    const addresses = addressesOf(options.serviceAddresses ?? {})
    this.outbound = createOutbound({
      clock,
      resolve: (service) => serviceResolver({ reader: this.registry.reader, addresses, podCidr })(service),
    })
    this.registry = new Registry({
      facts: loadFacts(),
      schemas: sharedSchemas().layered(),
      rows: resources,
      storage,
      clock,
      random,
      settings: {
        serviceCidr,
        nodePortRange: { from: 30000, to: 32767 },
      },
      tokens: this.#tokens,
      admission: { enable: options.enableAdmissionPlugins, disable: options.disableAdmissionPlugins },
      outbound: this.outbound,
      authorizationMode: options.authorizationMode,
    })
    const client = createLocalClient(this.registry, SYSTEM_USER, 'kube-apiserver')
    this.authenticationTrust = new AuthenticationTrust({ storage, clock, client })
    this.identity = this.#identify(client)
    if (storage.shared) storage.onReplaced(() => void this.#restartControllers())
  }

  #identify(client: Client): ServerIdentity {
    const { storage, clock, random, logger } = this.#parts
    // Each process is a server of its own; otherwise there is but one, whichever machine it is on.
    const [host, own] = storage.shared ? [hostname(), `${hostname()}_${random.uuid()}`] : ['kubemu', 'kubemu']
    return new ServerIdentity({
      client,
      clock,
      random,
      logger,
      server: { name: identityName(own), hostname: host, ...advertised(this.#networks) },
    })
  }

  /**
   * Runs the controllers from now on; on a storage that several processes share, while this one is elected: it resolves when the first vote is
   * known. Objects up to `startingRevision` are the starting state.
   */
  async runControllers(startingRevision = 0): Promise<void> {
    const { storage, controllers, clock, random, logger } = this.#parts
    if (!storage.shared || controllers.length === 0) {
      this.startControllers(startingRevision, startingRevision)
      return
    }
    const client = createLocalClient(this.registry, SYSTEM_USER, 'kube-controller-manager')
    const events: EventQueue = new EventQueue(() => events.writeSome())
    this.#elector = new LeaderElector({
      client,
      clock,
      random,
      logger,
      recorder: createRecorder({ client, clock, logger, component: 'kube-controller-manager', events }),
      identity: `${hostname()}_${random.uuid()}`,
      onStartedLeading: () => this.startControllers(),
      onStoppedLeading: () => this.stopControllers(),
    })
    await this.#elector.start()
  }

  /**
   * Reconciles begin in the next turn of the event loop. Does nothing while they run, or another process is elected, or after the end.
   * `settledRevision`: as in ControllerSettings; `untouchedRevision`: as in ControllerRunner.start.
   */
  startControllers(settledRevision = 0, untouchedRevision = 0): void {
    if (this.#runner || this.#held || this.#closed || this.#elector?.leads === false) return
    const { controllers, clock, random, logger } = this.#parts
    const clients = new Map<string, Client>()
    this.#runner = new ControllerRunner({
      controllers,
      clientOf: ({ name }) => {
        const program = PROGRAMS[name] ?? 'kube-controller-manager'
        const client = clients.get(program) ?? createLocalClient(this.registry, SYSTEM_USER, program)
        clients.set(program, client)
        return client
      },
      source: createWatchSource(this.registry),
      clock,
      random,
      logger,
      settings: {
        rootCa: async () => this.rootCa(),
        readRequest: (pem) => this.#ca().read(pem),
        signRequest: (pem, usages, durationMs) => this.#ca().sign(pem, usages, durationMs),
        signToken: (claims) => this.#tokens.sign(claims),
        settledRevision,
        ...this.#networks,
        kubernetesVersion: `v${this.registry.facts.kubernetesVersion}`,
        schedulerConfiguration: this.#schedulerConfiguration,
        stages: controllers.includes(stage),
        staticPods: this.#parts.staticPods,
        quotaUsage: (quota) => quotaUsage(quota, this.registry),
        policyWarnings: (policy) => policyWarnings(policy, this.registry),
      },
    })
    this.#runner.start(untouchedRevision)
  }

  /** Resolves when no reconcile is in work any more. `events`: what becomes of those that wait to be written. Idempotent. */
  async stopControllers(events: 'written' | 'dropped' = 'written'): Promise<void> {
    const runner = this.#runner
    this.#runner = undefined
    if (runner) this.#stopping = runner.stop(events)
    await this.#stopping
  }

  /**
   * Controllers stand still during `change`, whatever becomes of the election, and go on from the state that it brings, which is to be one that
   * they had settled: the Events of the state that goes are not waited for. When it rejects, they stay stopped.
   */
  async withoutControllers(change: () => Promise<void> | void): Promise<void> {
    this.#held = true
    const changing = this.stopControllers('dropped')
      .then(change)
      .finally(() => {
        this.#held = false
      })
    this.#changing = changing.catch(() => {})
    await changing
    this.startControllers(this.#parts.storage.revision)
  }

  /** What informers know is of a history that has ended. */
  async #restartControllers(): Promise<void> {
    if (!this.#runner) return
    await this.stopControllers()
    this.startControllers()
  }

  /** Resolves when no work is left: neither the controllers' nor what the API server does by itself. */
  async settle(): Promise<void> {
    const { customResources, aggregation } = this.registry
    const loops = [customResources, aggregation, this.authenticationTrust]
    // Each may make work for the others.
    do {
      for (const loop of loops) await loop.idle()
      await this.identity.settle()
      await this.#runner?.settle()
    } while (loops.some(({ isIdle }) => !isIdle))
  }

  /** Waits for a change of the storage beneath, and nothing starts the controllers any more. Storage is the caller's to close. */
  async close(): Promise<void> {
    this.#closed = true
    // A storage that does not answer is not waited for: Leases run out.
    const { storage } = this.#parts
    const answers = !storage.shared || (await storage.check()) === undefined
    if (answers) await this.#changing
    const release = storage.shared && answers
    await this.#elector?.stop(release)
    // Nor is what a lost election left in work.
    const runner = this.#runner
    this.#runner = undefined
    await runner?.stop(storage.lasting ? 'written' : 'dropped')
    await this.identity.stop(release)
    this.#parts.staticPods?.close()
    this.authenticationTrust.stop()
    this.registry.close()
    this.outbound.close()
  }

  /** PEM of kube-root-ca.crt. */
  rootCa(): string {
    return this.#parts.rootCa ?? this.#ca().pem
  }

  /** A certificate of the cluster's authority for whoever serves it at `host`. */
  serverCertificate(host: string): { cert: string; key: string; authority: string } {
    const names = ['kubernetes', 'kubernetes.default', 'kubernetes.default.svc', 'kubernetes.default.svc.cluster.local']
    const hosts = new Set([...names, 'localhost', '127.0.0.1', '::1', host])
    return { ...this.#ca().forServer([...hosts]), authority: this.#ca().pem }
  }

  #ca(): CertificateAuthority {
    const { clock, random, keys } = this.#parts
    if (!this.#authority) {
      const own = random.branch('certificates')
      this.#authority = createCertificateAuthority(clock, own, keys?.authority ?? newAuthority(this.#since, own))
    }
    return this.#authority
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
