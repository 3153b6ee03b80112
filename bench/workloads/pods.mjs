// Pods by Deployments to Running on 100 nodes, over HTTP, with everything that runs in a control plane.
import { ensure } from '../both.mjs'
import { load } from '../load-job.mjs'
import { startKubemu } from '../servers.mjs'
import { nodesReady } from './nodes.mjs'

const NODES = 100
const REPLICAS = 100

export async function pods({ quick, peer, row }) {
  const own = await startKubemu('--in-memory', '--nodes', String(NODES))
  const measured = [await run(own, quick ? 300 : 10_000)]
  await own.stop()
  const other = await peer()
  if (other) {
    other.startControllers()
    await nodesReady(other, NODES)
    measured.push(await run(other, quick ? 200 : 3_000))
    await other.stopControllers()
  }
  const [ours, theirs] = measured
  const rss = measured.map((each) => each.rss)
  row({
    what: `${ours.count.toLocaleString('en')} pods by Deployments to Running`,
    own: ours.ms,
    unit: ' ms',
    goal: '<= 5,000 ms',
    rss,
  })
  const what = `pods by Deployments to Running (${theirs?.count.toLocaleString('en') ?? 'none'} of the peer)`
  row({ what, own: ours.perSecond, other: theirs?.perSecond, unit: '/s', goal: '>= 20x', rss })
}

async function run({ target, rss }, count) {
  const replicas = Math.min(REPLICAS, count / 2)
  await ensure(target, '/api/v1/namespaces', { metadata: { name: 'rollout' } })
  const { seconds } = await load({
    kind: 'rollout',
    target,
    namespace: 'rollout',
    deployments: count / replicas,
    replicas,
  })
  return { count, ms: seconds * 1000, perSecond: count / seconds, rss: rss() }
}
