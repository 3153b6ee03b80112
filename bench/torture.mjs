// npm run torture -- --rounds 100 --fsync interval: kills a server with SIGKILL again and again, under load, while it starts, stops and saves, and checks
// after each restart that what was acknowledged is there. Exit code 1 and the reason at the first thing that is not. `--seed` repeats the
// clients' choices, not the moment at which the process dies. With `--storage etcd` the state is in an etcd, which every fifth round kills, too.
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { Ledger } from './ledger.mjs'
import { Clients } from './torture/clients.mjs'
import { startEtcd } from './torture/etcd.mjs'
import {
  etcdUnderLoad,
  underLoad,
  whileConnecting,
  whileSaving,
  whileStarting,
  whileStopping,
} from './torture/kills.mjs'
import { spawnServer } from './torture/server.mjs'

const { values: flags } = parseArgs({
  options: {
    rounds: { type: 'string', default: '100' },
    storage: { type: 'string', default: 'file' },
    fsync: { type: 'string', default: 'never' },
    clients: { type: 'string', default: '8' },
    seed: { type: 'string', default: String(process.pid) },
  },
})

/** How often each kind of round is played, of one hundred. */
const KILLS_ON = {
  file: [
    { name: 'under load', share: 55, play: underLoad },
    { name: 'while it starts', share: 15, play: whileStarting },
    { name: 'while it stops', share: 15, play: whileStopping },
    { name: 'while it saves', share: 15, play: whileSaving },
  ],
  etcd: [
    { name: 'under load', share: 50, play: underLoad },
    { name: 'while it connects', share: 15, play: whileConnecting },
    { name: 'while it stops', share: 15, play: whileStopping },
    { name: 'of etcd under load', share: 20, play: etcdUnderLoad },
  ],
}
const KILLS = KILLS_ON[flags.storage]

const folder = mkdtempSync(join(tmpdir(), 'kubemu-torture-'))
const data = join(folder, 'cluster.json')
const etcd = flags.storage === 'etcd' ? await startEtcd(folder) : undefined
const storage = etcd
  ? ['--storage', 'etcd', '--etcd-endpoints', etcd.endpoint]
  : ['--data', data, '--fsync', flags.fsync]
const ledger = new Ledger()
const random = randomFrom(Number(flags.seed))
const clients = new Clients({ ledger, random, count: Number(flags.clients) })
/** Kills that left a snapshot that was being written. */
let halfWritten = 0
const played = new Map(KILLS.map(({ name }) => [name, 0]))

try {
  for (let round = 1; round <= Number(flags.rounds); round++) await playRound(round)
  await stopCleanly()
} catch (error) {
  process.stderr.write(`torture: ${error.message} (seed ${flags.seed}, files in ${folder})\n`)
  process.exit(1)
}
await etcd?.kill()
rmSync(folder, { recursive: true })
const kinds = [...played].map(([name, count]) => `${count} ${name}`).join(', ')
const how = etcd ? 'etcd' : `${halfWritten} left half a snapshot, --fsync ${flags.fsync}`
process.stdout.write(
  `${flags.rounds} kills (${kinds}), ${how}: ${ledger.acknowledged} acknowledged writes, ${clients.unanswered} cut off unanswered, 0 lost, 0 deletes undone, 0 resourceVersions reused (highest ${ledger.highest})\n`,
)

async function playRound(round) {
  const { name, play } = choose(round)
  if (process.stderr.isTTY) process.stderr.write(`\rround ${round} ${name}: revision ${ledger.highest}    `)
  const begun = Date.now()
  const server = spawnServer(folder, storage)
  await play({ server, clients, random, folder, etcd })
  await server.ended
  played.set(name, played.get(name) + 1)
  // One of an earlier round stays until the next snapshot.
  if ((statSync(`${data}.tmp`, { throwIfNoEntry: false })?.mtimeMs ?? 0) >= begun) halfWritten++
}

/** Chances are spread evenly over the rounds, so that a short run has each kind, too. */
function choose(round) {
  let place = (round * 37) % 100
  return KILLS.find(({ share }) => {
    place -= share
    return place < 0
  })
}

/** The last state is right, too. */
async function stopCleanly() {
  const server = spawnServer(folder, storage)
  await clients.verify(await server.ready)
  server.stop()
  await server.ended
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
