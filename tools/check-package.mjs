// npm run test:package: packs, installs the tarball in an empty folder, and uses it as its users do: command, import, require, types.
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const MAX_BYTES = 5 * 1024 * 1024
const folder = mkdtempSync(join(tmpdir(), 'kubemu-package-'))

/** Node16 is the strictest: it tells ES modules and CommonJS apart, and takes no ES module's declarations in CommonJS. */
const compilerOptions = {
  target: 'ES2022',
  lib: ['ES2022'],
  module: 'node16',
  moduleResolution: 'node16',
  strict: true,
  noEmit: true,
  types: ['node'],
  typeRoots: [join(ROOT, 'node_modules/@types')],
}

const USE = `
async function main(): Promise<void> {
  const options: ClusterOptions = { clock: new ManualClock(0), controllers: false }
  const cluster: Cluster = await createCluster(options)
  try {
    const pods: Pod[] = await cluster.client.list<Pod>('pods')
    const names: (string | undefined)[] = pods.map((pod) => pod.metadata.name)
    console.log(names)
  } catch (error) {
    if (error instanceof StatusError) console.log(error.status.reason)
  } finally {
    await cluster.close()
  }
}
void main()
`

const RUN = `
createCluster().then(async (cluster) => {
  const nodes = await cluster.client.list('nodes')
  if (nodes.length !== 1) throw new Error('no node')
  await cluster.close()
})
`

const files = {
  'package.json': JSON.stringify({ name: 'user', private: true }),
  'tsconfig.json': JSON.stringify({ compilerOptions, files: ['import.mts', 'require.cts'] }),
  'import.mts': `import { type Cluster, type ClusterOptions, createCluster, ManualClock, StatusError } from 'kubemu'
import type { Pod } from 'kubemu/types/core-v1'
${USE}`,
  'require.cts': `import { type Cluster, type ClusterOptions, createCluster, ManualClock, StatusError } from 'kubemu'
import type { Pod } from 'kubemu/types/core-v1' with { 'resolution-mode': 'import' }
${USE}`,
  'run.mjs': `import { createCluster } from 'kubemu'\n${RUN}`,
  'run.cjs': `const { createCluster } = require('kubemu')\n${RUN}`,
}

try {
  const tarball = step('npm pack', () => {
    const [packed] = JSON.parse(npm(['pack', '--json', '--pack-destination', folder], ROOT))
    return join(folder, packed.filename)
  })
  const bytes = statSync(tarball).size
  if (bytes > MAX_BYTES) throw new Error(`the package has ${bytes} bytes; at most ${MAX_BYTES} are allowed`)
  console.log(`     ${Math.round(bytes / 1024)} kB packed`)
  step('publint', () => run(join(ROOT, 'node_modules/publint/src/cli.js'), ['run', tarball, '--strict'], ROOT))

  const user = join(folder, 'user')
  mkdirSync(user)
  for (const [name, text] of Object.entries(files)) writeFileSync(join(user, name), text)
  step('install in an empty folder', () => npm(['install', '--no-audit', '--no-fund', tarball], user))
  step('import()', () => run('run.mjs', [], user))
  step('require()', () => run('run.cjs', [], user))
  step('types for ES modules and CommonJS', () =>
    run(join(ROOT, 'node_modules/typescript/bin/tsc'), ['-p', 'tsconfig.json'], user),
  )
  step('npx kubemu --version', () => {
    const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
    const said = npm(['exec', '--', 'kubemu', '--version'], user).trim()
    if (said !== version) throw new Error(`kubemu --version says ${said}, package.json ${version}`)
  })
  step('kubemu run with a command of its own', () => {
    const command = 'fetch(process.env.KUBEMU_URL + "/readyz").then((answer) => process.exit(answer.ok ? 0 : 1))'
    npm(['exec', '--', 'kubemu', 'run', '--', process.execPath, '-e', command], user)
  })
} catch (error) {
  console.error(error.message)
  process.exitCode = 1
} finally {
  rmSync(folder, { recursive: true, force: true })
}

function step(name, action) {
  const started = performance.now()
  const result = action()
  console.log(`ok   ${name} (${((performance.now() - started) / 1000).toFixed(1)} s)`)
  return result
}

function run(script, args, cwd) {
  return execute(process.execPath, [script, ...args], cwd)
}

function npm(args, cwd) {
  return execute(process.platform === 'win32' ? 'npm.cmd' : 'npm', args, cwd)
}

function execute(file, args, cwd) {
  try {
    return execFileSync(file, args, { cwd, encoding: 'utf8', stdio: 'pipe', timeout: 300_000 })
  } catch (error) {
    throw new Error(`${file} ${args.join(' ')} failed\n${error.stdout}\n${error.stderr}`)
  }
}
