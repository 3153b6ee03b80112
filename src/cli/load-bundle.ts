/**
 * Loads the bundles of the built package with what V8 made of them when they were built: compiling is a third of a start. What another version of
 * V8 made is refused by V8, which then compiles.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, resolve } from 'node:path'
import { Script } from 'node:vm'

interface Bundle {
  script: Script
  module: { exports: unknown }
}

/** By path. */
const bundles = new Map<string, Bundle>()

/** What a CommonJS file, all ASCII, exports, which must not import(). Files that it requires by a relative path are loaded likewise. */
export function loadBundle(path: string): unknown {
  const known = bundles.get(path)
  if (known) return known.module.exports
  const kept = compiledPath(path)
  const script = new Script(wrapped(readFileSync(path, 'latin1')), {
    filename: path,
    cachedData: existsSync(kept) ? readFileSync(kept) : undefined,
  })
  const module = { exports: {} }
  bundles.set(path, { script, module })
  const requireFrom = createRequire(path)
  const folder = dirname(path)
  const require = (id: string): unknown => (id.startsWith('.') ? loadBundle(resolve(folder, id)) : requireFrom(id))
  script.runInThisContext()(module.exports, require, module, path, folder)
  return module.exports
}

/** For the build: keeps what is compiled by now of all that was loaded. */
export function keepCompiled(): void {
  for (const [path, { script }] of bundles) writeFileSync(compiledPath(path), script.createCachedData())
}

const compiledPath = (path: string): string => `${path}.compiled`

/** In one line, so that places in stack traces stay right. */
function wrapped(source: string): string {
  return `(function (exports, require, module, __filename, __dirname) {${source}\n})`
}
