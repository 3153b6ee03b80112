// Lists of 10,000 pods: whole, in pages, with a selector that nothing matches, as a Table.
import { inTurns, onBoth, withPods } from '../both.mjs'
import { load } from '../load-job.mjs'
import { median } from '../table.mjs'

export const LISTED = 10_000
const TABLE = 'application/json;as=Table;v=v1;g=meta.k8s.io'

const KINDS = [
  { what: 'LIST of 10,000 pods', query: '', goal: '>= 10x' },
  { what: 'LIST of 10,000 pods in pages of 500', query: '?limit=500', goal: '>= 3x' },
  { what: 'LIST of 10,000 pods, none selected', query: '?labelSelector=app%3Dnone', goal: '>= 3x' },
  { what: 'LIST of 10,000 pods as a Table', query: '', accept: TABLE, goal: '>= 3x' },
]

export async function lists(bench) {
  const servers = await onBoth(bench)
  const paths = []
  await inTurns(servers, async ({ target }) => {
    paths.push(await withPods(target, 'listed', bench.quick ? 1_000 : LISTED))
  })
  for (const { what, query, accept, goal } of KINDS) {
    const measured = servers.map(() => [])
    for (let round = 0; round < (bench.quick ? 1 : 3); round++) {
      await inTurns(servers, async ({ target }, i) => {
        const job = { kind: 'list', target, path: paths[i] + query, accept, count: bench.quick ? 2 : 15 }
        measured[i].push((await load(job)).medianMs)
      })
    }
    const [own, other] = measured.map(median)
    bench.row({ what, own, other, unit: ' ms', goal, rss: servers.map((server) => server.rss()) })
  }
}
