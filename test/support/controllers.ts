/** A cluster for tests of controllers: manual clock, seed, and short ways to make and see objects. */
import { ManualClock } from '../../src/apimachinery/clock.ts'
import type { DynamicObject } from '../../src/apimachinery/meta.ts'
import { type Cluster, type ClusterOptions, createCluster } from '../../src/cluster.ts'

export interface TestCluster extends Cluster {
  readonly clock: ManualClock
  /** Creates or updates, then settles. */
  make(...objects: DynamicObject[]): Promise<void>
  see(resource: string, name: string, namespace?: string): Promise<DynamicObject>
  /** `Reason: message` of the Events about an object, in the order in which they were written. */
  events(kind: string, name: string): Promise<string[]>
  /** Moves time on, then settles. */
  pass(ms: number): Promise<void>
}

export async function testCluster(options: ClusterOptions = {}): Promise<TestCluster> {
  const clock = new ManualClock(Date.UTC(2026, 0, 1))
  const warnings: string[] = []
  const logger = {
    debug() {},
    info() {},
    warn: (fields: object, message: string) => warnings.push(`${message} ${JSON.stringify(fields)}`),
    error: (fields: object, message: string) => warnings.push(`${message} ${JSON.stringify(fields)}`),
  }
  const cluster = await createCluster({ seed: 1, clock, logger, ...options })
  const close = cluster.close.bind(cluster)
  return Object.assign(cluster, {
    clock,
    async make(...objects: DynamicObject[]) {
      await cluster.apply(objects)
      await cluster.settle()
    },
    see: (resource: string, name: string, namespace?: string) =>
      cluster.client.get<DynamicObject>(resource, namespace ?? (resource === 'nodes' ? '' : 'default'), name),
    async events(kind: string, name: string) {
      const events = await cluster.client.list<DynamicObject>('events')
      return events
        .filter(({ involvedObject }) => involvedObject.kind === kind && involvedObject.name === name)
        .sort((a, b) => Number(a.metadata.resourceVersion) - Number(b.metadata.resourceVersion))
        .map(({ reason, message }) => `${reason}: ${message}`)
    },
    async pass(ms: number) {
      clock.advance(ms)
      await cluster.settle()
    },
    async close() {
      await close()
      if (warnings.length > 0) throw new Error(`controllers warned:\n${warnings.join('\n')}`)
    },
  })
}

export function pod(name: string, spec: object = {}, metadata: object = {}): DynamicObject {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'default', ...metadata },
    spec: { containers: [{ name: 'main', image: 'nginx' }], ...spec },
  }
}

export function container(name: string, more: object = {}): object {
  return { name, image: 'nginx', ...more }
}

export function node(name: string, more: { labels?: object; spec?: object; status?: object } = {}): DynamicObject {
  const { labels, spec, status } = more
  return { apiVersion: 'v1', kind: 'Node', metadata: { name, labels }, spec, status } as DynamicObject
}

export function service(name: string, spec: object, metadata: object = {}): DynamicObject {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace: 'default', ...metadata },
    spec: { ports: [{ port: 80 }], ...spec },
  }
}
