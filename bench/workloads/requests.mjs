// Each verb with one and with 32 clients, the two servers in turns: the state of a shared machine moves within a run.
import { inTurns, onBoth, prepare } from '../both.mjs'
import { load } from '../load-job.mjs'
import { median } from '../table.mjs'

const VERBS = ['create', 'get', 'update', 'patch', 'status', 'apply', 'delete']
const NAMES = { patch: 'strategic merge patch', status: 'patch of status' }
const NAMESPACE = 'requests'
/** For each write: as few would be over before the load generator itself is warm. They leave nothing behind. */
const GETS = 6

export async function requests(bench) {
  const servers = await onBoth(bench)
  const counts = bench.quick ? { 1: 100, 32: 400 } : { 1: 600, 32: 3_000 }
  for (const { target } of servers) await prepare(target, [NAMESPACE])
  await inTurns(servers, async ({ target }) => {
    for (const verb of VERBS) {
      await load({ kind: 'requests', target, verb, namespace: NAMESPACE, count: bench.quick ? 100 : 1_000, clients: 8 })
    }
  })
  for (const clients of [1, 32]) {
    const measured = servers.map(() => Object.fromEntries(VERBS.map((verb) => [verb, []])))
    for (let round = 0; round < (bench.quick ? 1 : 3); round++) {
      for (const verb of VERBS) {
        await inTurns(servers, async ({ target }, i) => {
          const objects = counts[clients]
          const count = verb === 'get' ? objects * GETS : objects
          const job = { kind: 'requests', target, verb, namespace: NAMESPACE, count, objects, clients }
          measured[i][verb].push(await load(job))
        })
      }
    }
    for (const verb of VERBS)
      rows(
        bench,
        servers,
        verb,
        clients,
        measured.map((each) => each[verb]),
      )
  }
}

function rows({ row }, servers, verb, clients, [own, other]) {
  const middle = (measured, what) => measured && median(measured.map((each) => each[what]))
  const what = `${NAMES[verb] ?? verb}, ${clients} client${clients === 1 ? '' : 's'}`
  const rss = servers.map((server) => server.rss())
  const goal = verb === 'get' ? '>= 5x' : '>= 3x'
  row({ what, own: middle(own, 'perSecond'), other: middle(other, 'perSecond'), unit: '/s', goal, rss })
  if (verb === 'get') return
  const late = { own: middle(own, 'p99'), other: middle(other, 'p99'), unit: ' ms', as: 'part', goal: '< 1x' }
  row({ what: `99 % of ${what}, within`, ...late })
}
