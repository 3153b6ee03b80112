// npm run bench [-- --only requests,lists --quick --peer-binaries DIR]: workloads against KubEmu and, when the folder with the binaries of
// etcd, kube-apiserver, kube-controller-manager, kube-scheduler and kwok is given, against those. Prints the table that docs/performance.md holds.
import { execFileSync } from 'node:child_process'
import { cpus, release, totalmem, type } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { startPeer } from './peer.mjs'
import { pause, resume } from './processes.mjs'
import { startApiServer } from './servers.mjs'
import { formatRow, TABLE_HEAD } from './table.mjs'
import { idle } from './workloads/idle.mjs'
import { informers } from './workloads/informers.mjs'
import { large } from './workloads/large.mjs'
import { library } from './workloads/library.mjs'
import { lists } from './workloads/lists.mjs'
import { nodeHttp } from './workloads/node-http.mjs'
import { nodes } from './workloads/nodes.mjs'
import { pods } from './workloads/pods.mjs'
import { requests } from './workloads/requests.mjs'
import { start } from './workloads/start.mjs'
import { stored } from './workloads/stored.mjs'
import { watch } from './workloads/watch.mjs'

/**
 * In the order in which they run: those that share the two API servers come last and together, and of these the one that leaves the peer busy
 * for minutes.
 */
const WORKLOADS = {
  start,
  library,
  idle,
  pods,
  nodes,
  large,
  stored,
  'node-http': nodeHttp,
  requests,
  lists,
  watch,
  informers,
}

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    quick: { type: 'boolean', default: false },
    'peer-binaries': { type: 'string' },
  },
})
const wanted = values.only?.split(',') ?? Object.keys(WORKLOADS)
const unknown = wanted.filter((name) => !Object.hasOwn(WORKLOADS, name))
if (unknown.length > 0) {
  process.stderr.write(`there is no workload ${unknown.join(', ')}; there are: ${Object.keys(WORKLOADS).join(', ')}\n`)
  process.exit(1)
}

const binaries = values['peer-binaries']
const rows = []
const open = new Map()
const bench = {
  quick: values.quick,
  binaries,
  row(row) {
    rows.push(formatRow(row))
    process.stderr.write(`${rows.at(-1)}\n`)
  },
  /** The one that a kube-apiserver is compared with. */
  apiServer: () => opened('KubEmu', startApiServer),
  /** Undefined without binaries. */
  peer: () => (binaries === undefined ? undefined : opened('peer', () => startPeer(binaries))),
}

for (const [name, workload] of Object.entries(WORKLOADS)) {
  if (!wanted.includes(name)) continue
  const started = performance.now()
  try {
    await workload(bench)
  } catch (error) {
    // The others are worth having all the same.
    bench.row({ what: `${name} failed: ${error.message}` })
  }
  for (const server of open.values()) pause(server.children)
  process.stderr.write(`${name}: ${Math.round((performance.now() - started) / 1000)} s\n`)
}
for (const server of open.values()) await server.stop()
const caution = values.quick ? 'QUICK: much smaller than the names say. ' : ''
process.stdout.write(`${caution}${machine()}\n\n${TABLE_HEAD}\n${rows.join('\n')}\n`)
process.exit(0)

/** Servers that several workloads share. Between those they stand still. */
async function opened(name, make) {
  const server = open.get(name) ?? (await make())
  open.set(name, server)
  resume(server.children)
  return server
}

/** One line: date, machine, versions. */
function machine() {
  const memory = `${Math.round(totalmem() / 2 ** 30)} GB`
  const day = new Date().toISOString().slice(0, 10)
  const versions = binaries === undefined ? [] : ['etcd', 'kube-apiserver', 'kwok'].map(versionOf)
  return [
    day,
    `${cpus().length} x ${cpus()[0].model}`,
    memory,
    `${type()} ${release()}`,
    `Node ${process.version}`,
    ...versions,
  ].join(', ')
}

function versionOf(name) {
  const text = execFileSync(join(binaries, name), ['--version'], { encoding: 'utf8' }).split('\n')[0]
  return text.toLowerCase().startsWith(name) ? text : `${name} ${text.replace(/^\w+ /, '')}`
}
