// 5,000 nodes and 150,000 pods held, and a rolling update of 1,000 replicas inside them while other clients write.
import { ensure, prepare } from '../both.mjs'
import { load } from '../load-job.mjs'
import { startKubemu } from '../servers.mjs'

const REPLICAS = 1_000

export async function large({ quick, row }) {
  const [nodes, deployments, replicas] = quick ? [50, 4, 100] : [5_000, 150, REPLICAS]
  const { target, rss, stop } = await startKubemu('--in-memory', '--nodes', String(nodes))
  await ensure(target, '/api/v1/namespaces', { metadata: { name: 'large' } })
  await prepare(target, ['beside'])
  const { seconds } = await load({ kind: 'rollout', target, namespace: 'large', deployments, replicas })
  const count = (deployments * replicas).toLocaleString('en')
  const held = `${nodes.toLocaleString('en')} nodes and ${count} pods`
  row({ what: `${held}, from nothing`, own: seconds * 1000, unit: ' ms', goal: '', rss: [rss()] })
  row({ what: `${held}, held in`, own: rss(), unit: ' MB', goal: '<= 3,072 MB' })
  const update = { kind: 'update', target, namespace: 'large', name: 'web-0', replicas }
  const writes = { kind: 'requests', target, verb: 'create', namespace: 'beside', clients: 4, pauseMs: 5 }
  const [rolled, written] = await Promise.all([load(update), load({ ...writes, count: quick ? 200 : 2_000 })])
  const what = `rolling update of ${replicas.toLocaleString('en')} replicas inside`
  row({ what, own: rolled.seconds * 1000, unit: ' ms', goal: '', rss: [rss()] })
  row({ what: '99 % of creates beside it, within', own: written.p99, unit: ' ms', goal: '<= 50 ms' })
  await stop()
}
