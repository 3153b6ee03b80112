// 10,000 informers that start: each gets the ten pods of its namespace as initial events, and the bookmark that ends them.
import { inTurns, onBoth, withPods } from '../both.mjs'
import { load } from '../load-job.mjs'

const PODS = 10

export async function informers(bench) {
  const servers = await onBoth(bench)
  const counts = bench.quick ? [200, 100] : [10_000, 2_000]
  const measured = []
  await inTurns(servers, async ({ target, rss }, i) => {
    const path = await withPods(target, 'informed', PODS)
    measured.push({ ...(await load({ kind: 'informers', target, path, count: counts[i] })), rss: rss() })
  })
  const [own, other] = measured
  bench.row({
    what: `initial WatchLists, ${counts[0].toLocaleString('en')} that stay open (${counts[1].toLocaleString('en')} of the peer)`,
    own: own.perSecond,
    other: other?.perSecond,
    unit: '/s',
    rss: measured.map((each) => each.rss),
  })
}
