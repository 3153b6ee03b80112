// npm run bench: ratios, measured in one run on one machine. KUBEMU_BENCH_PEER=<kubeconfig> adds a real kube-apiserver, KUBEMU_BENCH_PEER_START_MS
// what it and its etcd took to be ready. Prints the table that docs/performance.md holds.
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Connection } from './connection.mjs'
import { peerTarget, startBare, startKubemu, startUpMs } from './servers.mjs'

const PODS = 10_000
const VERBS = ['create', 'get', 'update', 'patch', 'apply', 'delete']
const COUNTS = { 1: 2_000, 32: 6_000 }
const START_PORT = Number(process.env.KUBEMU_BENCH_PORT ?? 7491)

const peerConfig = process.env.KUBEMU_BENCH_PEER
const rows = []
const median = (numbers) => [...numbers].sort((a, b) => a - b)[numbers.length >> 1]
const whole = (number) => Math.round(number).toLocaleString('en')
const times = (ratio) => `${ratio.toFixed(ratio < 10 ? 2 : 0)}x`

process.stderr.write(`Node ${process.version}, ${cpus().length} cores, ${cpus()[0].model}\n`)
await startUp()
const kubemu = await measure('kubemu', await startKubemu('--in-memory'))
const peer = peerConfig ? await measure('peer', { target: peerTarget(peerConfig), stop() {} }) : undefined
compareWrites()
process.stdout.write(
  `| what | KubEmu | compared with | ratio | goal |\n|---|---:|---:|---:|---|\n${rows.map((row) => `| ${row.join(' | ')} |\n`).join('')}`,
)

async function startUp() {
  const measured = []
  for (let i = 0; i < 7; i++) measured.push(await startUpMs(START_PORT))
  const ms = median(measured)
  const peerMs = Number(process.env.KUBEMU_BENCH_PEER_START_MS ?? 0)
  rows.push(
    peerMs > 0
      ? ['spawn to first 200', `${whole(ms)} ms`, `${whole(peerMs)} ms`, times(ms / peerMs), '<= 350 ms and <= 1/8']
      : ['spawn to first 200', `${whole(ms)} ms`, '', '', '<= 350 ms'],
  )
}

/** Runs every workload on one server. */
async function measure(name, server) {
  const { target } = server
  // A connection for each: a real server closes those that are idle for long.
  const api = {
    async send(...request) {
      const connection = await Connection.open(target)
      const answer = await connection.send(...request)
      connection.close()
      return answer
    },
  }
  const say = (what) => process.stderr.write(`${name}: ${what}\n`)
  await prepare(api)
  const result = { requests: {} }
  say('warm-up')
  for (const verb of VERBS) await run({ kind: 'requests', target, verb, namespace: 'warm', count: 1_000, clients: 8 })
  for (const clients of [1, 32]) {
    for (const verb of VERBS) {
      const job = { kind: 'requests', target, verb, namespace: 'bench', count: COUNTS[clients], clients }
      const measured = await run(job)
      result.requests[`${verb} ${clients}`] = measured
      say(`${verb}, ${clients} clients: ${whole(measured.perSecond)}/s, p99 ${measured.p99.toFixed(1)} ms`)
    }
  }
  await run({ kind: 'requests', target, verb: 'create', namespace: 'many', count: PODS, clients: 32 })
  const path = '/api/v1/namespaces/many/pods'
  if (name === 'kubemu') await compareReads(api, target, path)
  result.listMs = (await run({ kind: 'list', target, path, count: 15 })).medianMs
  say(`LIST of ${PODS} pods: ${whole(result.listMs)} ms`)
  const { resourceVersion } = JSON.parse((await api.send('GET', '/api/v1/namespaces/fan/pods')).body()).metadata
  const fan = { kind: 'watch', target, namespace: 'fan', watchers: 1_000, writes: 200, resourceVersion }
  result.watch = (await run(fan)).perSecond
  say(`watch events to 1,000 watchers: ${whole(result.watch)}/s`)
  for (const namespace of ['warm', 'bench', 'many', 'fan'])
    await api.send('DELETE', `/api/v1/namespaces/${namespace}/pods`)
  await server.stop()
  return result
}

/** Namespaces with the service account that pods need; both may be there from an earlier run. */
async function prepare(api) {
  const ignoreExisting = (error) => {
    if (!/AlreadyExists/.test(error.message)) throw error
  }
  for (const name of ['warm', 'bench', 'many', 'fan']) {
    await api.send('POST', '/api/v1/namespaces', JSON.stringify({ metadata: { name } })).catch(ignoreExisting)
    const account = JSON.stringify({ metadata: { name: 'default' } })
    await api.send('POST', `/api/v1/namespaces/${name}/serviceaccounts`, account).catch(ignoreExisting)
    // What a run that was cut off left there.
    await api.send('DELETE', `/api/v1/namespaces/${name}/pods`)
  }
}

/** GET and LIST against node:http with the same bytes, in turns, so that both see the same machine. */
async function compareReads(api, target, listPath) {
  const folder = mkdtempSync(join(tmpdir(), 'kubemu-bench-'))
  const getPath = `${listPath}/pod-000000`
  writeFileSync(join(folder, 'get'), (await api.send('GET', getPath)).body())
  writeFileSync(join(folder, 'list'), (await api.send('GET', listPath)).body())
  const bare = await startBare(folder)
  const gets = { own: [], bare: [] }
  const lists = { own: [], bare: [] }
  for (let i = 0; i < 5; i++) {
    const get = { kind: 'requests', verb: 'get', count: 20_000, clients: 32 }
    gets.own.push((await run({ ...get, target, path: getPath })).perSecond)
    gets.bare.push((await run({ ...get, target: bare.target, path: '/get' })).perSecond)
    lists.own.push((await run({ kind: 'list', target, path: listPath, count: 15 })).medianMs)
    lists.bare.push((await run({ kind: 'list', target: bare.target, path: '/list', count: 15 })).medianMs)
  }
  await bare.stop()
  rmSync(folder, { recursive: true })
  const [own, other] = [median(gets.own), median(gets.bare)]
  rows.push([
    'GET of a pod, 32 clients, to node:http',
    `${whole(own)}/s`,
    `${whole(other)}/s`,
    times(own / other),
    '>= 0.5x',
  ])
  const [ownList, otherList] = [median(lists.own), median(lists.bare)]
  rows.push([
    `LIST of ${whole(PODS)} pods, to node:http`,
    `${ownList.toFixed(1)} ms`,
    `${otherList.toFixed(1)} ms`,
    times(otherList / ownList),
    '>= 0.5x',
  ])
}

function compareWrites() {
  const row = (what, own, other, unit, better) =>
    rows.push([
      what,
      own + unit,
      other === undefined ? '' : other + unit,
      better === undefined ? '' : times(better),
      '>= 3x',
    ])
  for (const [what, own] of Object.entries(kubemu.requests)) {
    const other = peer?.requests[what]
    const [verb, clients] = what.split(' ')
    row(
      `${verb}, ${clients} client${clients === '1' ? '' : 's'}, to kube-apiserver`,
      whole(own.perSecond),
      other && whole(other.perSecond),
      '/s',
      other && own.perSecond / other.perSecond,
    )
    latency(verb, clients, own.p99, other?.p99)
  }
  function latency(verb, clients, own, other) {
    if (verb === 'get' || verb === 'delete') return
    rows.push([
      `99 % of ${verb}, ${clients} client${clients === '1' ? '' : 's'}, within`,
      `${own.toFixed(1)} ms`,
      other === undefined ? '' : `${other.toFixed(1)} ms`,
      other === undefined ? '' : times(own / other),
      '< 1x',
    ])
  }
  const ratio = peer && peer.listMs / kubemu.listMs
  row(`LIST of ${whole(PODS)} pods, to kube-apiserver`, whole(kubemu.listMs), peer && whole(peer.listMs), ' ms', ratio)
  row(
    'watch events to 1,000 watchers, to kube-apiserver',
    whole(kubemu.watch),
    peer && whole(peer.watch),
    '/s',
    peer && kubemu.watch / peer.watch,
  )
}

/** One job in a load generator of its own. */
function run(job) {
  const child = spawn(process.execPath, [fileURLToPath(new URL('load.mjs', import.meta.url)), JSON.stringify(job)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let text = ''
  child.stdout.on('data', (chunk) => {
    text += chunk
  })
  return new Promise((resolve, reject) => {
    child.once('close', (code) =>
      code === 0 ? resolve(JSON.parse(text)) : reject(new Error(`load ended with ${code}`)),
    )
  })
}
