// 1,000 watchers of one namespace, and 200 creates in it.
import { inTurns, onBoth, prepare, send } from '../both.mjs'
import { load } from '../load-job.mjs'
import { median } from '../table.mjs'

export async function watch(bench) {
  const servers = await onBoth(bench)
  const size = bench.quick ? { watchers: 100, writes: 20 } : { watchers: 1_000, writes: 200 }
  const measured = servers.map(() => [])
  for (let round = 0; round < (bench.quick ? 1 : 3); round++) {
    await inTurns(servers, async ({ target }, i) => {
      const namespace = `watched-${round}`
      await prepare(target, [namespace])
      const list = await send(target, 'GET', `/api/v1/namespaces/${namespace}/pods`)
      const { resourceVersion } = JSON.parse(list.body()).metadata
      measured[i].push(await load({ kind: 'watch', target, namespace, resourceVersion, ...size }))
      await send(target, 'DELETE', `/api/v1/namespaces/${namespace}/pods`)
    })
  }
  const pair = (what) => {
    const [own, other] = measured.map((runs) => median(runs.map((run) => run[what])))
    return { own, other }
  }
  const rss = servers.map((server) => server.rss())
  bench.row({ what: 'events to 1,000 watchers', ...pair('perSecond'), unit: '/s', goal: '>= 4x', rss })
  bench.row({ what: '50 % of these events, after the write began', ...pair('p50'), unit: ' ms', as: 'part', goal: '' })
  bench.row({ what: '99 % of these events', ...pair('p99'), unit: ' ms', as: 'part', goal: '< 1x' })
}
