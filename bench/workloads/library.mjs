// What a test suite waits for: clusters in its own process.
import { runScript } from '../processes.mjs'
import { median } from '../table.mjs'

export async function library({ quick, row }) {
  const job = { clusters: quick ? 20 : 100, rounds: quick ? 2 : 7, objects: 1_000 }
  const runs = []
  for (let i = 0; i < (quick ? 1 : 3); i++) runs.push(await runScript('library.mjs', job))
  const middle = (what) => median(runs.map((run) => run[what]))
  row({ what: 'createCluster to first answer, first of a process', own: middle('firstMs'), unit: ' ms' })
  row({ what: 'further clusters, each to its first answer', own: middle('perSecond'), unit: '/s', goal: '>= 500/s' })
  const what = 'reset of a cluster after 1,000 objects'
  row({ what, own: middle('resetMs'), unit: ' ms', goal: '<= 5 ms', rss: [middle('rss')] })
}
