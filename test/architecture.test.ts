import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { builtinModules } from 'node:module'
import { dirname, join, normalize, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'
import { loadFacts } from '../src/apimachinery/schema/load-facts.ts'
import { controllers } from '../src/controllers/controllers.ts'
import { resources } from '../src/registry/resources.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))

interface Source {
  path: string
  text: string
  /** Paths of the project's own files. */
  imports: string[]
  /** Names of packages and of Node's modules that are there at run time. */
  packages: string[]
}

const sources = filesUnder('src', '.ts').map(readSource)
const sourceOf = new Map(sources.map((source) => [source.path, source]))
const packageJson = JSON.parse(read('package.json'))
const documents = [
  'README.md',
  'ARCHITECTURE.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  ...filesUnder('docs', '.md'),
].filter((path) => existsSync(join(ROOT, path)))

/** Part of src -> what it may import besides itself: parts (folders end in a slash) or single files. */
const MAY_IMPORT: Record<string, string[]> = {
  'apimachinery/': [],
  'types/': ['apimachinery/'],
  'storage/': ['apimachinery/'],
  'registry/': ['apimachinery/', 'types/', 'storage/interface.ts'],
  'api/': ['apimachinery/', 'types/', 'registry/', 'storage/interface.ts'],
  'outbound/': ['apimachinery/', 'registry/outbound.ts'],
  'controllers/': ['apimachinery/', 'types/'],
  'scenario/': ['apimachinery/', 'types/', 'registry/'],
  'authentication-trust.ts': ['apimachinery/', 'types/', 'storage/interface.ts', 'registry/', 'controllers/client.ts'],
  'certificate-authority.ts': ['apimachinery/', 'certificate-signing.ts'],
  'certificate-signing.ts': [],
  'local-client.ts': ['apimachinery/', 'registry/', 'controllers/client.ts'],
  'cluster-networks.ts': ['apimachinery/', 'controllers/cidr-set.ts', 'controllers/kubelet/addresses.ts'],
  'server-identity.ts': ['apimachinery/', 'types/', 'controllers/client.ts', 'registry/bootstrap/'],
  'cluster-options.ts': ['apimachinery/', 'cluster-networks.ts', 'controllers/client.ts', 'registry/'],
  'cluster-storage.ts': [
    'cluster-options.ts',
    'registry/bootstrap/',
    'apimachinery/',
    'storage/',
    'shared-keys.ts',
    'controllers/',
  ],
  'shared-keys.ts': ['apimachinery/', 'certificate-authority.ts', 'storage/interface.ts'],
  'control-plane.ts': [
    'authentication-trust.ts',
    'server-identity.ts',
    'shared-keys.ts',
    'cluster-networks.ts',
    'cluster-options.ts',
    'apimachinery/',
    'storage/interface.ts',
    'registry/',
    'controllers/',
    'certificate-authority.ts',
    'local-client.ts',
    'outbound/',
  ],
  'starting-state.recorded.ts': ['apimachinery/'],
  'populate.ts': [
    'apimachinery/',
    'cluster-networks.ts',
    'control-plane.ts',
    'controllers/',
    'local-client.ts',
    'registry/',
    'scenario/',
  ],
  'starting-state.recording.ts': [
    'starting-state.recorded.ts',
    'cluster-networks.ts',
    'populate.ts',
    'control-plane.ts',
    'apimachinery/',
    'storage/memory.ts',
    'controllers/',
    'scenario/',
  ],
  'starting-state.ts': [
    'starting-state.recorded.ts',
    'cluster-networks.ts',
    'starting-state.recording.ts',
    'apimachinery/',
    'storage/interface.ts',
    'storage/memory.ts',
    'controllers/',
  ],
  'cluster.ts': [
    'shared-keys.ts',
    'cluster-options.ts',
    'cluster-storage.ts',
    'control-plane.ts',
    'populate.ts',
    'starting-state.ts',
    'local-client.ts',
    'apimachinery/',
    'storage/',
    'api/',
    'controllers/',
    'scenario/',
  ],
  'data-file.ts': ['apimachinery/', 'storage/', 'scenario/'],
  'index.ts': ['cluster.ts', 'apimachinery/', 'controllers/client.ts', 'scenario/fixtures.ts'],
  'cli/': [
    'index.ts',
    'data-file.ts',
    'cluster-options.ts',
    'apimachinery/schema/yaml-encode.ts',
    'controllers/controllers.ts',
    'registry/admission/admission.ts',
    'apimachinery/package-root.ts',
    'storage/make-folder.ts',
  ],
}

/** Packages and Node modules that only some parts may use: elsewhere they would be I/O in the wrong place. */
const ONLY_IN: Record<string, string[]> = {
  express: ['api/'],
  ws: ['api/'],
  'prom-client': ['api/'],
  lowdb: ['storage/'],
  '@grpc/grpc-js': ['storage/etcd/'],
  commander: ['cli/'],
  pino: ['cli/'],
  picocolors: ['cli/'],
  'node:child_process': ['cli/'],
  'node:http': ['api/'],
  'node:https': ['outbound/', 'api/http-server.ts'],
  'node:tls': ['outbound/'],
  'node:fs': ['storage/', 'cli/', 'apimachinery/package-root.ts', 'scenario/static-pods.ts'],
  'node:fs/promises': ['storage/', 'cli/', 'scenario/', 'data-file.ts'],
}

describe('imports', () => {
  it.each(sources.map(({ path }) => path))('%s imports only what its part of the tree may import', (path) => {
    const own = partOf(path)
    const allowed = MAY_IMPORT[own]
    expect(allowed, `${own} is no known part of src; give it a row in MAY_IMPORT`).toBeDefined()
    const imported = sourceOf.get(path)!.imports.map((file) => file.slice('src/'.length))
    const wrong = imported.filter((file) => !startsWithAny(file, [own, ...allowed!]))
    expect(wrong).toEqual([])
  })

  it('have no cycles, those of types included', () => {
    expect(cycles()).toEqual([])
  })

  it.each(Object.entries(ONLY_IN))('%s is used by %j only', (name, parts) => {
    const users = sources.filter(({ packages }) => packages.includes(name)).map(({ path }) => path.slice('src/'.length))
    expect(users.filter((path) => !startsWithAny(path, parts))).toEqual([])
    expect(users).not.toEqual([])
  })

  it('name exactly the dependencies of the package, types aside', () => {
    const builtin = new Set(builtinModules.map((name) => `node:${name}`))
    const used = new Set(sources.flatMap(({ packages }) => packages).filter((name) => !builtin.has(name)))
    expect([...used].sort()).toEqual(
      Object.keys({ ...packageJson.dependencies, ...packageJson.optionalDependencies }).sort(),
    )
  })
})

/** Where time or chance comes from something else than the cluster's Clock and Random, and why that is right. */
const TIME_AND_CHANCE: Record<string, string> = {
  'src/apimachinery/clock.ts': 'is the Clock',
  'src/apimachinery/random.ts': 'is the Random',
  'src/api/metrics.ts': 'measures the machine: durations of requests',
  'src/api/http-server.ts': 'waits for the machine: cuts connections that do not end while it closes',
  'src/populate.ts': 'waits for another process that starts at the same time',
  'src/storage/etcd/connection.ts': 'waits for a server: until when an answer is in time',
  'src/storage/etcd/etcd.ts': 'waits for a server: when it is asked for a sign',
  'src/storage/etcd/follower.ts': 'waits for a server: when it is tried again',
  'src/storage/etcd/mirror.ts': 'waits for a server: until when an answer is in time',
  'src/storage/json-file.ts': 'waits for the machine: when files are written, not what is in them',
}

/** What makes resources of definitions. All else serves those as any other. */
function isAboutCustomResources(path: string): boolean {
  return ['src/registry/apiextensions/', 'src/apimachinery/schema/', 'src/api/openapi/', 'src/api/discovery/'].some(
    (folder) => path.startsWith(folder),
  )
}

/** Custom resources have no path of their own: handlers, store, lists, watches, tables and apply are those of built-ins. These ask, and why. */
const KNOW_CUSTOM_RESOURCES: Record<string, string> = {
  'src/api/handlers/apply.ts': 'refuses to apply to the Scale of one, as upstream',
  'src/api/handlers/create.ts': 'upstream has no route for a POST to a named built-in',
  'src/api/handlers/resource.ts': 'upstream serves them by a handler without routes: other 404s and 405s',
  'src/api/handlers/update.ts': 'a strategic merge needs types that the server knows: 415',
  'src/api/list-bytes.ts': 'items of their lists carry kind and apiVersion',
  'src/api/respond.ts': 'a definition chooses the name of the list kind',
  'src/apimachinery/managedfields/update.ts': 'an empty list of managedFields resets nothing',
  'src/local-client.ts': 'a strategic merge needs types that the server knows',
  'src/registry/create.ts': 'nothing new while the definition is being deleted',
  'src/registry/managed-fields.ts': 'merge rules come from the structural schema instead of the facts',
  'src/registry/registry.ts': 'stores come and go with definitions',
}

describe('source files', () => {
  const TIME =
    /\b(Date\.now|new Date\(\)|Math\.random|setTimeout|setInterval|performance\.now|process\.hrtime|random(UUID|Bytes|Int))\b/

  it('take time from the Clock and chance from the Random', () => {
    const found = sources.filter(({ text }) => TIME.test(withoutComments(text))).map(({ path }) => path)
    expect(found.sort()).toEqual(Object.keys(TIME_AND_CHANCE).sort())
  })

  it('know custom resources only where the real server answers otherwise for them', () => {
    const knows = sources.filter(
      ({ path, text }) =>
        !isAboutCustomResources(path) && /\.(custom|isCustom|structural)\b/.test(withoutComments(text)),
    )
    expect(knows.map(({ path }) => path).sort()).toEqual(Object.keys(KNOW_CUSTOM_RESOURCES).sort())
  })

  it('have no default exports', () => {
    expect(sources.filter(({ text }) => /^export default\b/m.test(text)).map(({ path }) => path)).toEqual([])
  })

  it('have at most 330 lines', () => {
    const long = sources.filter(({ path, text }) => partOf(path) !== 'types/' && text.split('\n').length > 330)
    expect(long.map(({ path }) => path)).toEqual([])
  })

  it('begin by saying what they are', () => {
    const silent = sources.filter(({ text }) => !/^(#!.*\n)?\/\*\*|^\/\//.test(text)).map(({ path }) => path)
    expect(silent).toEqual([])
  })
})

const TABLE = 'src/controllers/controllers.ts'

describe('tables', () => {
  it('of resources has one row for each resource of the facts', () => {
    const key = (row: { group: string; version: string; resource: string }) =>
      `${row.group}/${row.version}/${row.resource}`
    expect(resources.map(key).sort()).toEqual(loadFacts().resources.map(key).sort())
  })

  it('of controllers has a row for each controller that is defined', async () => {
    const files = sources.filter(({ path }) => path.startsWith('src/controllers/') && path !== TABLE)
    const modules = await Promise.all(files.map(({ path }) => import(join(ROOT, path))))
    const defined = modules.flatMap((exported) => Object.values(exported)).filter(isController)
    expect([...controllers].map(({ name }) => name).sort()).toEqual(defined.map(({ name }) => name).sort())
  })
})

describe('documents', () => {
  it('list each DEVIATION of the code, and no other', () => {
    const inCode = sources.flatMap(({ text }) => [...text.matchAll(/DEVIATION\(([\w-]+)\)/g)].map((match) => match[1]))
    const table = read('docs/compatibility.md')
    const listed = [...table.matchAll(/^\| `?([a-z][a-z0-9-]+)`? \|/gm)].map((match) => match[1])
    expect(listed.filter((slug) => slug !== 'slug').sort()).toEqual([...new Set(inCode)].sort())
  })

  it('give a reason for each dependency', () => {
    const rows = [...read('docs/decisions/0001-dependencies.md').matchAll(/^\| (`.*?) \|/gm)].map((match) => match[1])
    const listed = rows.flatMap((row) => [...row.matchAll(/`([^`]+)`/g)].map((match) => match[1]))
    const { dependencies, optionalDependencies, devDependencies } = packageJson
    const present = [dependencies, optionalDependencies, devDependencies].flatMap(Object.keys)
    expect(listed.sort()).toEqual(present.sort())
  })

  it.each(documents)('%s names only npm scripts that exist', (path) => {
    const named = [...read(path).matchAll(/\bnpm (?:run ([a-z][\w:-]*)|(test|start)\b)/g)].map(
      (match) => match[1] ?? match[2],
    )
    expect(named.filter((name) => !(name in packageJson.scripts))).toEqual([])
  })

  it.each(documents)('%s links only to files that exist', (path) => {
    const text = read(path)
    const links = [...text.matchAll(/\]\((?!https?:|#)([^)#\s]+)/g)].map((match) => join(dirname(path), match[1]))
    const inCode = [...text.matchAll(/`((?:src|test|fixtures|docs|tools|facts|bench|examples)\/[\w./-]+)`/g)].map(
      (match) => match[1],
    )
    expect([...links, ...inCode].filter((file) => !existsSync(join(ROOT, file)))).toEqual([])
  })
})

it('a plain tsc writes types only: code of its own would lie where the doors of the bundles are', () => {
  const { config } = ts.readConfigFile(join(ROOT, 'tsconfig.build.json'), ts.sys.readFile)
  expect(ts.parseJsonConfigFileContent(config, ts.sys, ROOT).options).toMatchObject({
    emitDeclarationOnly: true,
    outDir: join(ROOT, 'dist'),
  })
})

describe('the lock file', () => {
  const lock = JSON.parse(read('package-lock.json'))

  it('holds no download addresses', () => {
    expect(Object.keys(lock.packages).filter((name) => lock.packages[name].resolved)).toEqual([])
  })

  it('holds the optional packages of every platform, so that npm ci works on each', () => {
    const wanted = Object.entries<{ optionalDependencies?: Record<string, string> }>(lock.packages).flatMap(
      ([name, entry]) => Object.keys(entry.optionalDependencies ?? {}).map((optional) => ({ name, optional })),
    )
    const missing = wanted.filter(
      ({ name, optional }) =>
        !(`node_modules/${optional}` in lock.packages) && !(`${name}/node_modules/${optional}` in lock.packages),
    )
    expect(missing).toEqual([])
  })
})

function isController(value: unknown): value is { name: string } {
  return typeof value === 'object' && value !== null && 'component' in value && 'reconcile' in value
}

function read(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8')
}

function filesUnder(folder: string, extension: string): string[] {
  if (!existsSync(join(ROOT, folder))) return []
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith(extension))
    .map((name) => `${folder}/${name.split(sep).join('/')}`)
    .sort()
}

function readSource(path: string): Source {
  const text = read(path)
  return {
    path,
    text,
    imports: importedNames(text)
      .filter(isRelative)
      .map((name) =>
        normalize(join(dirname(path), name))
          .split(sep)
          .join('/'),
      ),
    packages: importedNames(text.replace(/^import type [^;]*? from '[^']+'$/gm, ''))
      .filter((name) => !isRelative(name))
      .map(packageOf),
  }
}

function importedNames(text: string): string[] {
  return ts.preProcessFile(text, true, true).importedFiles.map(({ fileName }) => fileName)
}

function isRelative(name: string): boolean {
  return name.startsWith('.')
}

/** `lowdb/node` -> `lowdb`; Node's own modules stay whole. */
function packageOf(name: string): string {
  if (name.startsWith('node:')) return name
  return name
    .split('/')
    .slice(0, name.startsWith('@') ? 2 : 1)
    .join('/')
}

/** `api/` or `cluster.ts`. */
function partOf(path: string): string {
  const [, first = '', ...rest] = path.split('/')
  return rest.length > 0 ? `${first}/` : first
}

function startsWithAny(path: string, prefixes: readonly string[]): boolean {
  return prefixes.some((prefix) => (prefix.endsWith('/') ? path.startsWith(prefix) : path === prefix))
}

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|\s)\/\/.*$/gm, '')
}

/** Depth first; each cycle once, as the way round it. */
function cycles(): string[][] {
  const found: string[][] = []
  const done = new Set<string>()
  const way: string[] = []
  const visit = (path: string): void => {
    const at = way.indexOf(path)
    if (at >= 0) found.push([...way.slice(at), path])
    if (at >= 0 || done.has(path)) return
    way.push(path)
    for (const next of sourceOf.get(path)?.imports ?? []) visit(next)
    way.pop()
    done.add(path)
  }
  for (const { path } of sources) visit(path)
  return found
}
