// npm run build: types by tsc, code by rolldown in a few files. A process that loads 300 modules one by one is ready 0.3 s later.
import { spawnSync } from 'node:child_process'
import { readFileSync, rmSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { rolldown } from 'rolldown'

const root = new URL('../', import.meta.url)
const file = (path) => fileURLToPath(new URL(path, root))

/** Loaded at every start, so they go into the bundle. Whatever is loaded later, or has files of its own, stays a package. */
const BUNDLED = ['commander', 'express', 'picocolors', 'sorted-btree']

// Nothing of a source file that is gone is to be packed.
rmSync(file('dist'), { recursive: true, force: true })
// `--no-types` is for npm run dev.
const tsc = [file('node_modules/typescript/bin/tsc'), '-p', file('tsconfig.build.json'), '--emitDeclarationOnly']
const { status } = process.argv.includes('--no-types')
  ? { status: 0 }
  : spawnSync(process.execPath, tsc, { stdio: 'inherit' })
if (status !== 0) process.exit(status ?? 1)
// Else a later plain tsc would take the bundles for its own output.
rmSync(file('dist/.tsbuildinfo'), { force: true })

const { dependencies, optionalDependencies } = JSON.parse(readFileSync(file('package.json'), 'utf8'))
const external = Object.keys({ ...dependencies, ...optionalDependencies }).filter((name) => !BUNDLED.includes(name))
const RECORDED = file('src/starting-state.recorded.ts')
const recording = file('dist/recording')
await write(recording, { states: 'src/starting-state.ts' })
const { recordStates } = await import(new URL('dist/recording/states.js', root))
const states = JSON.stringify(await recordStates())
rmSync(recording, { recursive: true })
await write(file('dist'), { index: 'src/index.ts', 'cli/main': 'src/cli/main.ts' }, [
  {
    name: 'recorded-states',
    load: (id) => (id === RECORDED ? `export const recordedStates = JSON.parse(${JSON.stringify(states)})` : undefined),
  },
])

async function write(dir, input, plugins = []) {
  const bundle = await rolldown({
    cwd: file('.'),
    input,
    plugins,
    platform: 'node',
    external: (id) => external.some((name) => id === name || id.startsWith(`${name}/`)),
  })
  await bundle.write({ dir, format: 'esm', chunkFileNames: 'chunks/[name]-[hash].js', sourcemap: false })
  await bundle.close()
}
