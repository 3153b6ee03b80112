// npm run torture -- --rounds 100 --fsync never: kills a server with SIGKILL again and again while clients write, and checks after each restart
// that what was acknowledged is there. Exit code 1 and the reason at the first thing that is not. `--seed` repeats the clients' choices, not
// the moment at which the process dies.
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { Connection } from './connection.mjs'
import { Ledger } from './ledger.mjs'

const { values: flags } = parseArgs({
  options: {
    rounds: { type: 'string', default: '100' },
    fsync: { type: 'string', default: 'never' },
    clients: { type: 'string', default: '8' },
    seed: { type: 'string', default: String(process.pid) },
  },
})
const cli = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url))
const FOLDER = '/api/v1/namespaces/default/configmaps'
const NAMES_A_CLIENT = 20
/** Some values are large, so that the journal passes the size at which a snapshot is taken while clients write. */
const LARGE = 'x'.repeat(400_000)

const folder = mkdtempSync(join(tmpdir(), 'kubemu-torture-'))
const ledger = new Ledger()
const random = randomFrom(Number(flags.seed))
let left = 0
let unanswered = 0
try {
  for (let round = 1; round <= Number(flags.rounds); round++) await playRound(round)
  const server = await startServer()
  await verify(server)
  server.child.kill('SIGTERM')
  await server.ended
} catch (error) {
  process.stderr.write(`torture: ${error.message} (seed ${flags.seed}, files in ${folder})\n`)
  process.exit(1)
}
rmSync(folder, { recursive: true })
const { acknowledged, highest } = ledger
process.stdout.write(
  `${flags.rounds} kills, --fsync ${flags.fsync}: ${acknowledged} acknowledged writes, ${unanswered} cut off unanswered, 0 lost, 0 deletes undone, 0 resourceVersions reused (highest ${highest})\n`,
)

async function playRound(round) {
  const server = await startServer()
  const objects = await verify(server)
  if (process.stderr.isTTY) process.stderr.write(`\rround ${round}: ${objects} objects, revision ${ledger.highest} `)
  left = 1 + Math.floor(random() * 400)
  const clients = Array.from({ length: Number(flags.clients) }, (_, client) => write(server, client))
  const watching = watch(server)
  await Promise.all([...clients, watching])
  await server.ended
}

async function startServer() {
  const args = [
    '--port',
    '0',
    '--json',
    '--no-controllers',
    '--nodes',
    '0',
    '--log-level',
    'error',
    '--fsync',
    flags.fsync,
  ]
  const files = ['--data', join(folder, 'cluster.json'), '--kubeconfig', join(folder, 'kubeconfig')]
  const child = spawn(process.execPath, [cli, 'start', ...args, ...files], { stdio: ['ignore', 'pipe', 'inherit'] })
  // A torture that fails leaves no server behind.
  const kill = () => child.kill('SIGKILL')
  process.once('exit', kill)
  const ended = new Promise((resolve) => child.once('exit', resolve)).finally(() => process.off('exit', kill))
  const line = await Promise.race([
    new Promise((resolve) => child.stdout.once('data', resolve)),
    ended.then((code) => Promise.reject(new Error(`the server did not start again: exit code ${code}`))),
  ])
  const url = new URL(JSON.parse(line).url)
  return { child, ended, target: { host: url.hostname, port: Number(url.port) } }
}

/** Compares what the server holds with the ledger. Answers how many objects there are. */
async function verify({ target }) {
  const connection = await Connection.open(target)
  const list = JSON.parse((await connection.send('GET', FOLDER)).body())
  connection.close()
  ledger.verify(list)
  return list.items.length
}

/** One client, alone on its names, one write after another until the server is gone. */
async function write({ child, target }, client) {
  const connection = await Connection.open(target).catch(() => undefined)
  if (!connection) return
  for (;;) {
    const name = `client-${client}-${Math.floor(random() * NAMES_A_CLIENT)}`
    const value = `${Math.floor(random() * 1e9)}${random() < 0.03 ? LARGE : ''}`
    const intent = chooseWrite(name, value)
    ledger.begin(name, intent)
    let answer
    try {
      answer = await connection.send(...intent.request)
    } catch (error) {
      if (error.message !== 'connection closed') throw error
      unanswered++
      return
    }
    ledger.acknowledge(name, intent, JSON.parse(answer.body()))
    left--
    if (left === 0) child.kill('SIGKILL')
  }
}

function chooseWrite(name, value) {
  const body = JSON.stringify({ metadata: { name }, data: { value } })
  const path = `${FOLDER}/${name}`
  if (!ledger.has(name)) return { value, request: ['POST', FOLDER, body] }
  const choice = random()
  if (choice < 0.3) return { value: undefined, request: ['DELETE', path] }
  if (choice < 0.65) return { value, request: ['PUT', path, body] }
  return { value, request: ['PATCH', path, JSON.stringify({ data: { value } }), 'application/merge-patch+json'] }
}

/** Whoever watches sees commits before their writer hears of them: those too must outlive the process. */
async function watch({ target }) {
  const path = `${FOLDER}?watch=1&resourceVersion=${ledger.listed}`
  const connection = await Connection.open(target).catch(() => undefined)
  await connection?.lines(path, (line) => ledger.see(JSON.parse(line)))
}

/** mulberry32: the same numbers for the same seed. */
function randomFrom(seed) {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}
