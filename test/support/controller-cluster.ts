/** A registry in memory with some controllers on it: what controllers are tested against. No bootstrap objects but the namespaces asked for. */
import { ManualClock } from '../../src/apimachinery/clock.ts'
import type { KubeObject } from '../../src/apimachinery/meta.ts'
import { seededRandom } from '../../src/apimachinery/random.ts'
import { loadFacts } from '../../src/apimachinery/schema/load-facts.ts'
import { Schemas } from '../../src/apimachinery/schema/schema.ts'
import { type CertificateAuthority, createCertificateAuthority } from '../../src/certificate-authority.ts'
import { networksOf } from '../../src/cluster-networks.ts'
import type { Client, WatchSource } from '../../src/controllers/client.ts'
import type { ControllerDefinition } from '../../src/controllers/controller.ts'
import { ControllerRunner } from '../../src/controllers/runner.ts'
import { createLocalClient, createWatchSource } from '../../src/local-client.ts'
import { policyWarnings } from '../../src/registry/admission/policy/type-checking.ts'
import { quotaUsage } from '../../src/registry/admission/resource-quota.usage.ts'
import { SYSTEM_USER } from '../../src/registry/environment.ts'
import { Registry } from '../../src/registry/registry.ts'
import { resources } from '../../src/registry/resources.ts'
import { MemoryStorage } from '../../src/storage/memory.ts'

export const START = Date.parse('2026-01-01T00:00:00Z')

export interface Logged {
  fields: Record<string, unknown>
  message: string
}

export interface ControllerCluster {
  client: Client
  source: WatchSource
  clock: ManualClock
  runner: ControllerRunner
  /** Warnings and errors. */
  logged: Logged[]
  /** Advances the clock and settles. */
  pass(seconds: number): Promise<void>
}

export interface ControllerClusterOptions {
  /** Stands between the controllers and the cluster: to make writes fail. */
  intercept?(client: Client): Client
  disableAdmissionPlugins?: string[]
  start?: number
  serviceCidr?: string
  podCidr?: string
}

let schemas: Schemas | undefined

export async function controllerCluster(
  controllers: readonly ControllerDefinition[],
  options: ControllerClusterOptions = {},
): Promise<ControllerCluster> {
  const clock = new ManualClock(options.start ?? START)
  const random = seededRandom('controllers')
  const networks = networksOf(options)
  const facts = loadFacts()
  schemas ??= new Schemas(facts)
  const registry = new Registry({
    facts,
    schemas,
    rows: resources,
    storage: new MemoryStorage(),
    clock,
    random,
    settings: {
      serviceCidr: networks.serviceCidr,
      nodePortRange: { from: 30000, to: 32767 },
    },
    admission: { disable: options.disableAdmissionPlugins ?? ['ServiceAccount'] },
  })
  const client = createLocalClient(registry, SYSTEM_USER)
  await client.create('namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'default' } })
  const source = createWatchSource(registry)
  // Made when first asked for: it takes of the chance that names are made of.
  let made: CertificateAuthority | undefined
  const authority = (): CertificateAuthority => {
    made ??= createCertificateAuthority(clock, random)
    return made
  }
  const logged: Logged[] = []
  const log = (fields: object, message: string): void => {
    logged.push({ fields: fields as Record<string, unknown>, message })
  }
  const runner = new ControllerRunner({
    controllers,
    clientOf: () => options.intercept?.(client) ?? client,
    source,
    clock,
    random,
    logger: { debug: () => {}, info: () => {}, warn: log, error: log },
    settings: {
      rootCa: async () => '-----BEGIN CERTIFICATE-----\nroot\n-----END CERTIFICATE-----\n',
      readRequest: (pem) => authority().read(pem),
      signRequest: (pem, usages, durationMs) => authority().sign(pem, usages, durationMs),
      signToken: async (claims) => `token of ${JSON.stringify(claims)}`,
      settledRevision: 0,
      ...networks,
      kubernetesVersion: 'v1.37.0',
      stages: controllers.some(({ name }) => name === 'stage'),
      quotaUsage: (quota) => quotaUsage(quota, registry),
      policyWarnings: (policy) => policyWarnings(policy, registry),
    },
  })
  runner.start()
  await runner.settle()
  return {
    client,
    source,
    clock,
    runner,
    logged,
    async pass(seconds) {
      await runner.settle()
      // From timer to timer: controllers settle in between, as in a cluster whose clock runs.
      const end = clock.now() + seconds * 1000
      while (clock.now() < end) {
        const next = Math.min(clock.nextTimer() ?? end, end)
        clock.setTime(Math.max(next, clock.now()))
        await runner.settle()
        if (clock.nextTimer() === undefined || clock.nextTimer()! > end) clock.setTime(end)
      }
      await runner.settle()
    },
  }
}

/** `namespace/name` of objects, for short comparisons. */
export const names = (objects: readonly KubeObject[]): string[] => objects.map(({ metadata }) => metadata.name ?? '')
