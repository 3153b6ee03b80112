// Nodes until all are Ready: as many as `kubemu start` is told to make, and such as a client makes.
import { load } from '../load-job.mjs'
import { startKubemu, startUpMs } from '../servers.mjs'

/** Makes nodes `first` and so on, and waits until they are Ready. Answers the seconds. */
export async function nodesReady({ target }, count, first = 0) {
  return (await load({ kind: 'nodes', target, count, first })).seconds
}

export async function nodes({ quick, peer, row }) {
  const count = quick ? 200 : 5_000
  const started = await startUpMs('--in-memory', '--nodes', String(count))
  const named = count.toLocaleString('en')
  const what = `spawn to ${named} nodes Ready, \`--nodes ${count}\``
  row({ what, own: started.ms, unit: ' ms', goal: '<= 3,000 ms', rss: [started.rss] })
  const own = await startKubemu('--in-memory', '--nodes', '0')
  const measured = [{ perSecond: count / (await nodesReady(own, count)), rss: own.rss() }]
  await own.stop()
  const other = await peer()
  if (other) {
    const fewer = quick ? 50 : 1_000
    other.startControllers()
    measured.push({ perSecond: fewer / (await nodesReady(other, fewer, NODES_OF_OTHERS)), rss: other.rss() })
    await other.stopControllers()
  }
  const [ours, theirs] = measured
  row({
    what: 'nodes that clients make, to Ready',
    own: ours.perSecond,
    other: theirs?.perSecond,
    unit: '/s',
    rss: measured.map((each) => each.rss),
  })
}

/** Numbers below are those of other workloads' nodes. */
const NODES_OF_OTHERS = 1_000
