// npm run build: types by tsc, code by rolldown in a few files. A process that loads 300 modules one by one is ready 0.3 s later.
import { spawnSync } from 'node:child_process'
import { chmodSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { rolldown } from 'rolldown'

const root = new URL('../', import.meta.url)
const file = (path) => fileURLToPath(new URL(path, root))

/** Loaded at every start, or ES modules only, which a bundle cannot require. All else stays a package. */
const BUNDLED = ['commander', 'express', 'jose', 'js-yaml', 'lowdb', 'picocolors', 're2js', 'sorted-btree']

// Nothing of a source file that is gone is to be packed.
rmSync(file('dist'), { recursive: true, force: true })
// `--no-types` is for npm run dev.
const tsc = [file('node_modules/typescript/bin/tsc'), '-p', file('tsconfig.build.json')]
const { status } = process.argv.includes('--no-types')
  ? { status: 0 }
  : spawnSync(process.execPath, tsc, { stdio: 'inherit' })
if (status !== 0) process.exit(status ?? 1)

const { dependencies, optionalDependencies } = JSON.parse(readFileSync(file('package.json'), 'utf8'))
const external = Object.keys({ ...dependencies, ...optionalDependencies }).filter((name) => !BUNDLED.includes(name))
const RECORDED = file('src/starting-state.recorded.ts')
const recording = file('dist/recording')
await write(recording, { states: 'src/starting-state.ts' })
const { recordStates } = await import(new URL('dist/recording/states.js', root))
const states = JSON.stringify(await recordStates())
rmSync(recording, { recursive: true })
const RECORDED_STATES = {
  name: 'recorded-states',
  load: (id) => (id === RECORDED ? `export const recordedStates = JSON.parse(${JSON.stringify(states)})` : undefined),
}
const entries = { index: 'src/index.ts', main: 'src/cli/main.ts' }
const { output } = await write(file('dist/bundles'), entries, { format: 'cjs', plugins: [RECORDED_STATES] })
for (const { fileName, code } of output) writeFileSync(file(`dist/bundles/${fileName}`), inAscii(code))
await write(file('dist/cli'), { 'load-bundle': 'src/cli/load-bundle.ts' }, { format: 'cjs', extension: 'js' })

// The library is required as any CommonJS module, so that it belongs to whoever requires it; the command is loaded as it was compiled.
const { exports: names } = output.find(({ name }) => name === 'index')
writeFileSync(
  file('dist/index.js'),
  `import { createRequire } from 'node:module'
export const { ${names.join(', ')} } = createRequire(import.meta.url)('./bundles/index.cjs')
`,
)
// CommonJS: Node's loader of ES modules takes a twentieth of a start.
writeFileSync(file('dist/cli/package.json'), '{ "type": "commonjs" }\n')
writeFileSync(
  file('dist/cli/main.js'),
  `#!/usr/bin/env node
require('./load-bundle.js').loadBundle(require('node:path').join(__dirname, '../bundles/main.cjs'))
`,
)
chmodSync(file('dist/cli/main.js'), 0o755)
const kept = spawnSync(process.execPath, [file('tools/keep-compiled.mjs')], { stdio: 'inherit' })
if (kept.status !== 0) process.exit(kept.status ?? 1)

/** One letter beyond Latin-1 makes V8 keep all of a file with two bytes a letter; ASCII is read as it is. */
function inAscii(code) {
  return code.replace(/[\u0080-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

async function write(dir, input, { format = 'esm', extension = format === 'cjs' ? 'cjs' : 'js', plugins = [] } = {}) {
  const bundle = await rolldown({
    cwd: file('.'),
    input,
    plugins,
    platform: 'node',
    external: (id) => external.some((name) => id === name || id.startsWith(`${name}/`)),
  })
  const [entryFileNames, chunkFileNames] = [`[name].${extension}`, `chunks/[name]-[hash].${extension}`]
  // Code that V8 kept cannot import(): packages are required.
  const names = { entryFileNames, chunkFileNames, dynamicImportInCjs: false }
  const written = await bundle.write({ dir, format, ...names, sourcemap: false })
  await bundle.close()
  return written
}
