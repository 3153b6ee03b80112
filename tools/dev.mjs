// npm run dev: builds on each change of a source file and starts the server again. Arguments go to `kubemu start`.
import { spawn, spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const given = process.argv.slice(2)
const flags = given.length > 0 ? given : ['--in-memory', '--fixtures', 'fixtures/guestbook.yaml']
const build = ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json', '--preserveWatchOutput']

// A server started before there is anything to start would fail at once.
const first = spawnSync(process.execPath, build, { cwd: root, stdio: 'inherit' })
if (first.status !== 0) process.exit(first.status ?? 1)
const children = [
  [...build, '--watch'],
  ['--watch-preserve-output', '--watch', 'dist/cli/main.js', 'start', ...flags],
].map((args) => spawn(process.execPath, args, { cwd: root, stdio: 'inherit' }))
for (const child of children) child.on('exit', stop)
process.on('SIGINT', stop)
process.on('SIGTERM', stop)

function stop() {
  for (const child of children) child.kill()
}
