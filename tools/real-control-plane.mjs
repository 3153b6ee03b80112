// node tools/real-control-plane.mjs --binaries FOLDER --stages FILE [--minutes 10] [--port 21800] [--logs FOLDER]
//
// Unmodified kube-controller-manager and kube-scheduler run against KubEmu (its own controllers are off, its kubelet is on), then, with the
// same rounds of the same steps, against etcd and kube-apiserver with KWOK's kubelet. The report compares their logs: warnings and errors
// that only KubEmu gave them are defects of KubEmu, but for lost races, which are counted. FOLDER holds etcd, kube-apiserver, kube-controller-manager, kube-scheduler, kubectl and
// kwok, FILE KWOK's own stages (its node-initialize, node-heartbeat-with-lease and fast pod stages). `--minutes 0` plays one round. `npm run build` first. Exit code 1: a step failed, a program ended, or KubEmu alone gave an error.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { complaints, isLostRace } from './real-control-plane/log-lines.mjs'
import {
  logOf,
  makeKeys,
  Processes,
  startControlPlane,
  startKubemu,
  startKwok,
  startReal,
} from './real-control-plane/processes.mjs'
import { kubectlOf, playRounds } from './real-control-plane/rounds.mjs'

const PROGRAMS = ['kube-controller-manager', 'kube-scheduler']

const { values } = parseArgs({
  options: {
    binaries: { type: 'string' },
    stages: { type: 'string' },
    minutes: { type: 'string', default: '10' },
    port: { type: 'string', default: '21800' },
    logs: { type: 'string' },
  },
})
if (!values.binaries || !values.stages) {
  console.error(
    'real-control-plane: --binaries names the folder of the programs, --stages the file of the kubelet of the real server',
  )
  process.exit(2)
}

const root = values.logs ? resolve(values.logs) : mkdtempSync(join(tmpdir(), 'real-control-plane-'))
const options = {
  binaries: resolve(values.binaries),
  stages: resolve(values.stages),
  port: Number(values.port),
  keys: makeKeys(join(root, 'keys')),
}

const kubemu = await run('kubemu', startKubemu)
const real = await run('real', startReal, { nodes: true })
process.exitCode = report(kubemu, real)
if (!values.logs) rmSync(root, { recursive: true })

/** Plays on one server, from its start to its end. */
async function run(name, startServer, { nodes = false } = {}) {
  const folder = join(root, name)
  const processes = new Processes(folder)
  try {
    const kubeconfig = await startServer(processes, folder, options)
    startControlPlane(processes, kubeconfig, options)
    if (nodes) startKwok(processes, kubeconfig, options)
    const until = Date.now() + Number(values.minutes) * 60_000
    const played = await playRounds(kubectlOf(options.binaries, kubeconfig), { until, keys: options.keys, nodes })
    return { name, folder, ...played, ended: processes.ended() }
  } finally {
    await processes.stop()
  }
}

function summary(found) {
  const all = [...found.values()]
  const sum = (list) => list.reduce((total, { count }) => total + count, 0)
  const races = all.filter(({ first }) => isLostRace(first))
  return `${sum(all) - sum(races)} complaints of ${all.length - races.length} kinds and ${sum(races)} lost races`
}

/** Prints it; answers the exit code. */
function report(...runs) {
  for (const { name, rounds, failures, ended } of runs) {
    console.log(
      `${name}: ${rounds} rounds, ${failures.length} steps failed, ${ended.length} programs ended by themselves`,
    )
    for (const line of [...failures, ...ended]) console.log(`  ${line}`)
  }
  let alone = 0
  for (const program of PROGRAMS) {
    const [ours, theirs] = runs.map(({ folder }) => complaints(logOf(folder, program)))
    const only = [...ours].filter(([key, { first }]) => !theirs.has(key) && !isLostRace(first))
    alone += only.length
    console.log(`${program}: ${summary(ours)} with KubEmu, ${summary(theirs)} with the real one`)
    console.log(`  ${only.length} kinds of complaints with KubEmu only${only.length > 0 ? ':' : ''}`)
    for (const [, { count, first }] of only) console.log(`  ${count} times: ${first}`)
  }
  const own = logOf(kubemu.folder, 'kubemu')
    .split('\n')
    .filter((line) => /"level":[45]0/.test(line))
  console.log(`KubEmu's own log: ${own.length} warnings and errors`)
  for (const line of own.slice(0, 20)) console.log(`  ${line}`)
  const isBad = alone > 0 || own.length > 0 || kubemu.failures.length > 0 || kubemu.ended.length > 0
  return isBad ? 1 : 0
}
