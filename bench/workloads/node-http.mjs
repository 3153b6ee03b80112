// GET and LIST against node:http that sends the same bytes: what is left to gain.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { inTurns, send, withPods } from '../both.mjs'
import { load } from '../load-job.mjs'
import { temporaryFolder } from '../processes.mjs'
import { startBare } from '../servers.mjs'
import { median } from '../table.mjs'
import { LISTED } from './lists.mjs'

export async function nodeHttp({ quick, apiServer, row }) {
  const own = await apiServer()
  const { target, rss } = own
  const path = await withPods(target, 'listed', quick ? 1_000 : LISTED)
  const folder = temporaryFolder()
  const getPath = `${path}/pod-000000`
  writeFileSync(join(folder, 'get'), (await send(target, 'GET', getPath)).body())
  writeFileSync(join(folder, 'list'), (await send(target, 'GET', path)).body())
  const bare = await startBare(folder)
  const paths = [
    [getPath, path],
    ['/get', '/list'],
  ]
  const gets = [[], []]
  const lists = [[], []]
  for (let i = 0; i < (quick ? 1 : 5); i++) {
    await inTurns([own, bare], async ({ target }, at) => {
      const get = { kind: 'requests', verb: 'get', count: quick ? 1_000 : 10_000, clients: 32, target }
      gets[at].push((await load({ ...get, path: paths[at][0] })).perSecond)
      lists[at].push((await load({ kind: 'list', target, path: paths[at][1], count: 10 })).medianMs)
    })
  }
  await bare.stop()
  const pair = ([own, other]) => ({ own: median(own), other: median(other), goal: '>= 0.5x', rss: [rss()] })
  row({ what: 'GET of a pod, 32 clients, to node:http', unit: '/s', ...pair(gets) })
  row({ what: 'LIST of 10,000 pods, to node:http', unit: ' ms', ...pair(lists) })
}
