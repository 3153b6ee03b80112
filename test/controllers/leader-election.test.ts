import { describe, expect, it } from 'vitest'
import type { KubeObject } from '../../src/apimachinery/meta.ts'
import { seededRandom } from '../../src/apimachinery/random.ts'
import type { Client } from '../../src/controllers/client.ts'
import { EventQueue } from '../../src/controllers/event-queue.ts'
import { LeaderElector, type LeaderElectorOptions } from '../../src/controllers/leader-election.ts'
import { createRecorder } from '../../src/controllers/recorder.ts'
import type { Lease } from '../../src/types/coordination-v1.ts'
import { type ControllerCluster, controllerCluster, START } from '../support/controller-cluster.ts'

const LEASES = 'leases.coordination.k8s.io'

interface Candidate {
  elector: LeaderElector
  log: string[]
  /** From now on its writes fail, as when its storage is away. */
  cut(): void
  heal(): void
}

async function made(): Promise<ControllerCluster> {
  const cluster = await controllerCluster([])
  for (const name of ['default', 'kube-system']) {
    const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name } }
    await cluster.client.create('namespaces', namespace as KubeObject).catch(() => {})
  }
  return cluster
}

function candidate(cluster: ControllerCluster, identity: string, more: Partial<LeaderElectorOptions> = {}): Candidate {
  const log: string[] = []
  let away = false
  const refuse = async (): Promise<never> => {
    throw new Error('etcd is away')
  }
  const client: Client = {
    ...cluster.client,
    create: (resource, object) => (away ? refuse() : cluster.client.create(resource, object)),
    update: (resource, object) => (away ? refuse() : cluster.client.update(resource, object)),
  }
  const logger = { debug() {}, info() {}, warn() {}, error() {} }
  const { clock } = cluster
  const events: EventQueue = new EventQueue(() => events.writeSome())
  const elector = new LeaderElector({
    client,
    clock,
    random: seededRandom(identity),
    logger,
    recorder: createRecorder({ client: cluster.client, clock, logger, component: 'kube-controller-manager', events }),
    identity,
    onStartedLeading: () => log.push('started'),
    async onStoppedLeading() {
      log.push('stopped')
    },
    ...more,
  })
  return {
    elector,
    log,
    cut() {
      away = true
    },
    heal() {
      away = false
    },
  }
}

/** Second by second: an attempt is more than one turn of the event loop. */
async function pass(cluster: ControllerCluster, seconds: number): Promise<void> {
  for (let i = 0; i < seconds; i++) {
    await cluster.pass(1)
    await new Promise((resolve) => setImmediate(resolve))
  }
}

function gate(): { passed: Promise<void>; open(): void } {
  let open = (): void => {}
  const passed = new Promise<void>((resolve) => {
    open = resolve
  })
  return { passed, open: () => open() }
}

const lease = (cluster: ControllerCluster) => cluster.client.get<Lease>(LEASES, 'kube-system', 'kubemu-controllers')

describe('the election of the controllers', () => {
  it('is won at once where nobody holds the lease, and says so', async () => {
    const cluster = await made()
    const a = candidate(cluster, 'a')
    await a.elector.start()
    expect(a.elector.leads).toBe(true)
    expect((await lease(cluster)).spec).toEqual({
      holderIdentity: 'a',
      leaseDurationSeconds: 15,
      acquireTime: '2026-01-01T00:00:00.000000Z',
      renewTime: '2026-01-01T00:00:00.000000Z',
      leaseTransitions: 0,
    })
    await pass(cluster, 4)
    expect((await lease(cluster)).spec).toMatchObject({
      acquireTime: '2026-01-01T00:00:00.000000Z',
      renewTime: '2026-01-01T00:00:04.000000Z',
    })
    const events = await cluster.client.list('events', { namespace: 'kube-system' })
    expect(events).toMatchObject([
      { reason: 'LeaderElection', message: 'a became leader', involvedObject: { kind: 'Lease' }, type: 'Normal' },
    ])
    await a.elector.stop(false)
  })

  it('is lost by all but one, until the leader has not renewed for the time of the lease', async () => {
    const cluster = await made()
    const [a, b] = [candidate(cluster, 'a'), candidate(cluster, 'b')]
    await a.elector.start()
    await b.elector.start()
    await pass(cluster, 60)
    expect([a.log, b.log]).toEqual([['started'], []])
    // As kill -9 would: nothing is released.
    await a.elector.stop(false)
    await pass(cluster, 14)
    expect(b.log).toEqual([])
    await pass(cluster, 6)
    expect(b.log).toEqual(['started'])
    expect((await lease(cluster)).spec).toMatchObject({ holderIdentity: 'b', leaseTransitions: 1 })
    await b.elector.stop(false)
  })

  it('hands over within one retry when the leader releases', async () => {
    const cluster = await made()
    const [a, b] = [candidate(cluster, 'a'), candidate(cluster, 'b')]
    await a.elector.start()
    await b.elector.start()
    await a.elector.stop(true)
    expect(a.log).toEqual(['started', 'stopped'])
    expect((await lease(cluster)).spec).toMatchObject({ holderIdentity: '', leaseDurationSeconds: 1 })
    await pass(cluster, 5)
    expect(b.log).toEqual(['started'])
    await b.elector.stop(true)
  })

  it('ends leading when it cannot renew within the deadline, before another may begin, and comes back', async () => {
    const cluster = await made()
    const [a, b] = [candidate(cluster, 'a'), candidate(cluster, 'b')]
    await a.elector.start()
    await b.elector.start()
    a.cut()
    await pass(cluster, 9)
    expect(a.log).toEqual(['started'])
    await pass(cluster, 2)
    expect([a.log, b.log]).toEqual([['started', 'stopped'], []])
    await pass(cluster, 10)
    expect([a.log, b.log]).toEqual([['started', 'stopped'], ['started']])
    await b.elector.stop(true)
    a.heal()
    await pass(cluster, 5)
    expect(a.log).toEqual(['started', 'stopped', 'started'])
    expect((await lease(cluster)).spec?.leaseTransitions).toBe(2)
    await a.elector.stop(true)
  })

  it('is not won again before what ran has ended, also by an attempt that was under way', async () => {
    const cluster = await made()
    const log: string[] = []
    const [answer, ended] = [gate(), gate()]
    let slow = false
    const client: Client = {
      ...cluster.client,
      async update(resource, object) {
        if (slow) await answer.passed
        return cluster.client.update(resource, object)
      },
    }
    const a = candidate(cluster, 'a', {
      client,
      onStartedLeading: () => log.push('started'),
      async onStoppedLeading() {
        log.push('stopping')
        await ended.passed
        log.push('stopped')
      },
    })
    await a.elector.start()
    slow = true
    await pass(cluster, 11)
    expect(log).toEqual(['started', 'stopping'])
    slow = false
    answer.open()
    await pass(cluster, 10)
    expect(log).toEqual(['started', 'stopping'])
    ended.open()
    await pass(cluster, 1)
    expect(log).toEqual(['started', 'stopping', 'stopped', 'started'])
    await a.elector.stop(true)
  })

  it('goes on, and is told, when what ran does not end as it should', async () => {
    const cluster = await made()
    const errors: string[] = []
    const logger = { debug() {}, info() {}, warn() {}, error: (_: object, message: string) => errors.push(message) }
    const log: string[] = []
    const a = candidate(cluster, 'a', {
      logger,
      onStartedLeading: () => log.push('started'),
      onStoppedLeading: () => Promise.reject(new Error('it does not end')),
    })
    await a.elector.start()
    a.cut()
    await pass(cluster, 11)
    expect(errors).toEqual(['the controllers did not end as they should'])
    a.heal()
    await pass(cluster, 10)
    expect(log).toEqual(['started', 'started'])
    await a.elector.stop(false).catch(() => {})
  })

  it('does not trust the times in a lease that it sees for the first time', async () => {
    const cluster = await made()
    const spec = { holderIdentity: 'gone', leaseDurationSeconds: 15, renewTime: '2020-01-01T00:00:00.000000Z' }
    const metadata = { name: 'kubemu-controllers', namespace: 'kube-system' }
    await cluster.client.create<Lease>(LEASES, { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata, spec })
    const a = candidate(cluster, 'a')
    await a.elector.start()
    await pass(cluster, 14)
    expect(a.log).toEqual([])
    await pass(cluster, 6)
    expect(a.log).toEqual(['started'])
    expect(cluster.clock.now()).toBe(START + 20_000)
    await a.elector.stop(true)
  })
})
