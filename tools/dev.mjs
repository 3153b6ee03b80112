// npm run dev: builds on each change of a source file and starts the server again. Arguments after -- go to `kubemu start`.
import { spawn, spawnSync } from 'node:child_process'
import { watch } from 'node:fs'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const given = process.argv.slice(2)
const flags = given.length > 0 ? given : ['--in-memory', '--fixtures', 'fixtures/guestbook.yaml']
/** An editor writes a file more than once. */
const QUIET_MS = 200

let server
let pending
watch(new URL('../src', import.meta.url), { recursive: true }, () => {
  clearTimeout(pending)
  pending = setTimeout(restart, QUIET_MS)
})
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.on(signal, () => {
    server?.kill()
    process.exit()
  })
}
restart()

function restart() {
  const { status } = spawnSync(process.execPath, ['tools/build.mjs', '--no-types'], { cwd: root, stdio: 'inherit' })
  // What does not build leaves the last server running.
  if (status !== 0) return
  const start = () => {
    server = spawn(process.execPath, ['dist/cli/main.js', 'start', ...flags], { cwd: root, stdio: 'inherit' })
  }
  if (server && server.exitCode === null) server.once('exit', start).kill()
  else start()
}
