import { expect, test } from 'vitest'
import { ManualClock } from '../../../src/apimachinery/clock.ts'
import { seededRandom } from '../../../src/apimachinery/random.ts'
import type { Lister } from '../../../src/controllers/controller.ts'
import { SchedulerCache } from '../../../src/controllers/scheduler/cache.ts'
import { Nominations } from '../../../src/controllers/scheduler/nominations.ts'
import { podInfo } from '../../../src/controllers/scheduler/pod-info.ts'
import { defaultProfile } from '../../../src/controllers/scheduler/profile.ts'
import { findNode, type Turn } from '../../../src/controllers/scheduler/search.ts'
import type { Node, Pod } from '../../../src/types/core-v1.ts'

const NODES = 7
const HOST = 'kubernetes.io/hostname'
const REPLICA_SETS = ['web', 'api']

const nodeOf = (name: string, cpu: string, labels = {}): Node => ({
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name, labels: { [HOST]: name, ...labels } },
  status: { allocatable: { cpu, memory: '4Gi', pods: '30' } },
})

/** Asks for `cpu`, and belongs to one of two ReplicaSets. */
const podOf = (at: number, app: string, cpu: string): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: {
    name: `${app}-${at}`,
    namespace: 'default',
    uid: String(at),
    labels: { app },
    ownerReferences: [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: app, uid: app, controller: true }],
  },
  spec: { containers: [{ name: 'web', image: 'web', resources: { requests: { cpu, memory: '64Mi' } } }] },
})

/** Several hundred pods that come and go, and nodes that change meanwhile; answers where each pod went, and how often what was found out served twice. */
function play(remembers: boolean): { chosen: string[]; reused: number } {
  const random = seededRandom(1)
  const cache = new SchedulerCache()
  const setNode = (at: number, node?: Node) => cache.setNode(`node-${at}`, node)
  for (let i = 0; i < NODES; i++) setNode(i, nodeOf(`node-${i}`, '4'))
  const sets = new Map(REPLICA_SETS.map((app) => [app, { spec: { selector: { matchLabels: { app } } } }]))
  const lister = { get: (_namespace: string, name: string) => sets.get(name), list: () => [] } as unknown as Lister
  let turn: Turn = { next: 0 }
  const choice = seededRandom(2)
  const world = { cache, clock: new ManualClock(0), random: choice, lister: () => lister as never }
  const options = { profile: defaultProfile(), world, nominations: new Nominations(), random: choice }
  const chosen: string[] = []
  let reused = 0
  for (let i = 0; i < 400; i++) {
    const app = REPLICA_SETS[Math.floor(i / 20) % 2]
    const info = podInfo(podOf(i, app, i % 50 < 40 ? '100m' : '500m'))
    const before = turn.findings
    if (!remembers) turn = { next: turn.next }
    const { search, node } = findNode(info, { ...options, turn })
    if (before === turn.findings) reused++
    chosen.push(node?.name ?? [...search.refusals].map(([name, { reasons }]) => `${name}: ${reasons}`).join())
    if (node) cache.assume(info, node.name)
    const drawn = random.next()
    if (drawn < 0.2) cache.forget(`default/${app}-${i - Math.floor(drawn * 50)}`)
    if (i % 60 === 59) setNode(i % NODES, nodeOf(`node-${i % NODES}`, i % 120 === 59 ? '1' : '6'))
    if (i === 200) setNode(3)
    if (i === 250) setNode(3, nodeOf('node-3', '8', { 'topology.kubernetes.io/zone': 'a' }))
  }
  return { chosen, reused }
}

test('what was found out for pods before changes no decision', () => {
  const { chosen, reused } = play(true)
  expect(reused).toBeGreaterThan(100)
  expect(new Set(chosen).size).toBeGreaterThan(NODES)
  expect(chosen).toEqual(play(false).chosen)
})
