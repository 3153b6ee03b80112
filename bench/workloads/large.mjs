// 5,000 nodes and 150,000 pods held, and a rolling update of 1,000 replicas inside them while other clients write. Ends by itself, and says so, when it
// takes more memory than it may, or more time than anybody would wait.
import { ensure, prepare } from '../both.mjs'
import { load } from '../load-job.mjs'
import { idlePercent } from '../processes.mjs'
import { startKubemu } from '../servers.mjs'
import { whole } from '../table.mjs'

const REPLICAS = 1_000
const MOST_MB = 3_072
const MOST_MINUTES = 30
const SAMPLE_MS = 500
/** Two heartbeats of each node. */
const IDLE_SECONDS = 20
/** Who takes less than this in such a time has nothing left to write; leases alone take some 4 %. */
const CALM_PERCENT = 8
const CALM_SECONDS = 5

export async function large({ quick, row }) {
  const [nodes, deployments, replicas] = quick ? [50, 4, 100] : [5_000, 150, REPLICAS]
  const server = await startKubemu('--in-memory', '--nodes', String(nodes))
  const guard = startGuard(server)
  try {
    await Promise.race([measure(server, { nodes, deployments, replicas, quick, row, guard }), guard.broken])
  } finally {
    guard.stop()
    await server.stop()
  }
}

async function measure({ target, children, rss }, { nodes, deployments, replicas, quick, row, guard }) {
  await ensure(target, '/api/v1/namespaces', { metadata: { name: 'large' } })
  await prepare(target, ['beside'])
  const { seconds } = await load({ kind: 'rollout', target, namespace: 'large', deployments, replicas })
  const held = `${whole(nodes)} nodes and ${whole(deployments * replicas)} pods`
  row({ what: `${held}, from nothing`, own: seconds * 1000, unit: ' ms', rss: [rss()] })
  const update = { kind: 'update', target, namespace: 'large', name: 'web-0', replicas }
  const writes = { kind: 'requests', target, verb: 'create', namespace: 'beside', clients: 4, pauseMs: 5 }
  const [rolled, written] = await Promise.all([load(update), load({ ...writes, count: quick ? 200 : 2_000 })])
  const what = `rolling update of ${whole(replicas)} replicas inside`
  row({ what, own: rolled.seconds * 1000, unit: ' ms', rss: [rss()] })
  row({ what: '50 % of creates beside it, within', own: written.p50, unit: ' ms' })
  row({ what: '99 % of creates beside it, within', own: written.p99, unit: ' ms', goal: '<= 50 ms' })
  row({ what: 'the longest of them', own: written.most, unit: ' ms' })
  row({ what: 'until the last Event of it is written', own: (await calm(children)) * 1000, unit: ' ms' })
  row({ what: `one core while idle, ${held}`, own: await idlePercent(children, quick ? 2 : IDLE_SECONDS), unit: ' %' })
  row({ what: `${held}, held in`, own: rss(), unit: ' MB', goal: `<= ${whole(MOST_MB)} MB` })
  row({ what: 'at most, all the while', own: guard.most(), unit: ' MB', goal: `<= ${whole(MOST_MB)} MB` })
}

/** Resolves with the seconds that it took, at most two minutes, until what nobody waits for was done. */
async function calm(children) {
  const started = performance.now()
  while ((await idlePercent(children, CALM_SECONDS)) > CALM_PERCENT && performance.now() - started < 120_000);
  return (performance.now() - started) / 1000 - CALM_SECONDS
}

/** `broken` rejects when the server takes more than it may, and `most` is what it took. */
function startGuard({ rss, children }) {
  const started = performance.now()
  let most = 0
  let timer
  const broken = new Promise((_, reject) => {
    timer = setInterval(() => {
      const seconds = (performance.now() - started) / 1000
      if (children[0].exitCode !== null || children[0].signalCode !== null) {
        return reject(new Error(`the server ended after ${whole(seconds)} s, with ${whole(most)} MB`))
      }
      most = Math.max(most, rss())
      if (most > MOST_MB)
        reject(new Error(`stopped after ${whole(seconds)} s: it took ${whole(most)} MB, more than ${whole(MOST_MB)}`))
      if (seconds > MOST_MINUTES * 60)
        reject(new Error(`stopped after ${MOST_MINUTES} minutes, with ${whole(most)} MB`))
    }, SAMPLE_MS)
  })
  // What ends well is over before somebody looks.
  broken.catch(() => {})
  return { broken, most: () => most, stop: () => clearInterval(timer) }
}
