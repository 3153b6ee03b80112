import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, watch, writeFileSync } from 'node:fs'
import { get, type IncomingMessage } from 'node:http'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'

const CLI = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kubemu-cli-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

interface Ended {
  code: number | null
  signal: NodeJS.Signals | null
  out: string
  err: string
}

function kubemu(...args: string[]): { child: ChildProcess; ended: Promise<Ended> } {
  const child = spawn(process.execPath, [CLI, ...args], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] })
  let out = ''
  let err = ''
  child.stdout?.on('data', (chunk) => {
    out += chunk
  })
  child.stderr?.on('data', (chunk) => {
    err += chunk
  })
  const ended = new Promise<Ended>((resolve) =>
    child.once('close', (code, signal) => resolve({ code, signal, out, err })),
  )
  return { child, ended }
}

function firstLine({ child, ended }: ReturnType<typeof kubemu>): Promise<string> {
  return new Promise((resolve, reject) => {
    createInterface({ input: child.stdout as NodeJS.ReadableStream }).once('line', resolve)
    ended.then(({ err }) => reject(new Error(err)))
  })
}

function answer(url: string): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => get(url, { agent: false }, resolve).once('error', reject))
}

test.each(['SIGTERM', 'SIGINT'] as const)(
  '%s with an open watch ends the watch, writes the snapshot and exits with 0',
  async (signal) => {
    const server = kubemu('start', '--port', '0', '--json', '--data', 'state.json', '--log-level', 'error')
    const { url } = JSON.parse(await firstLine(server))
    const events = await answer(`${url}/api/v1/namespaces?watch=1`)
    await new Promise((resolve) => events.once('data', resolve))
    const over = new Promise((resolve) => events.once('end', resolve))
    server.child.kill(signal)
    await over
    expect(await server.ended).toMatchObject({ code: 0, signal: null, err: '' })
    expect(Object.keys(JSON.parse(readFileSync(join(folder, 'state.json'), 'utf8')).objects)).toContain(
      '/registry/namespaces/',
    )
    expect(existsSync(join(folder, 'state.json.journal'))).toBe(false)
    expect(existsSync(join(folder, 'state.json.lock'))).toBe(false)
  },
)

test('a signal while the server starts is a clean end', async () => {
  const server = kubemu('start', '--port', '0', '--data', 'state.json', '--log-level', 'debug')
  // The lock is the first thing that a start makes.
  const lock = watch(folder)
  lock.once('change', () => server.child.kill('SIGTERM'))
  const { code, signal } = await server.ended
  lock.close()
  expect({ code, signal }).toEqual({ code: 0, signal: null })
  expect(existsSync(join(folder, 'state.json.lock'))).toBe(false)
})

let taken: Server | undefined
afterEach(() => {
  taken?.close()
  taken = undefined
})

test('a taken port is said in one line, with exit code 1, and leaves nothing behind', async () => {
  taken = createServer()
  await new Promise<void>((resolve) => taken?.listen(0, '127.0.0.1', resolve))
  const { port } = taken.address() as AddressInfo
  const { code, err, out } = await kubemu('start', '--port', String(port), '--data', 'state.json').ended
  expect(err).toBe(
    `kubemu: port ${port} is in use on 127.0.0.1; choose another with --port, or --port 0 for any free one\n`,
  )
  expect({ code, out }).toEqual({ code: 1, out: '' })
  expect(existsSync(join(folder, 'state.json'))).toBe(false)
  expect(existsSync(join(folder, '.kubemu'))).toBe(false)
})

const WRONG: [string, string[], RegExp][] = [
  ['an unknown flag', ['start', '--prot', '1'], /^error: unknown option '--prot'/],
  ['a port that is none', ['start', '--port', '70000'], /It is a number from 0 to 65535/],
  ['a controller that is none', ['start', '--controllers', 'deployer'], /^kubemu: no controller is called "deployer"/],
  [
    'a network that is none',
    ['start', '--service-cluster-ip-range', '10.96.0.0'],
    /^kubemu: --service-cluster-ip-range is a network of at least 8 addresses .*, not "10.96.0.0"\n$/,
  ],
  ['a pod network that is none', ['start', '--cluster-cidr', 'x'], /^kubemu: --cluster-cidr is a network such as/],
  [
    'an etcd that is nowhere',
    ['start', '--storage', 'etcd'],
    /^kubemu: --storage etcd needs --etcd-endpoints, such as/,
  ],
  ['a prefix for no etcd', ['start', '--etcd-prefix', '/a'], /^kubemu: --etcd-... flags are for --storage etcd/],
  ['an unknown command', ['begin'], /^error: unknown command 'begin'/],
]

test.each(WRONG)('%s is said, with exit code 2', async (_what, args, message) => {
  const { code, err, out } = await kubemu(...args).ended
  expect(err).toMatch(message)
  expect({ code, out }).toEqual({ code: 2, out: '' })
})

test('a folder that cannot be is said in one line, with exit code 1', async () => {
  const { code, err, out } = await kubemu('start', '--port', '0', '--data', '/proc/no/such/folder/state.json').ended
  expect(err).toMatch(/^kubemu: .*\/proc\/no/)
  expect({ code, out }).toEqual({ code: 1, out: '' })
})

test('a fixture that cannot be read is said in one line, with exit code 1', async () => {
  const { code, err, out } = await kubemu('start', '--port', '0', '--in-memory', '--fixtures', 'gone.yaml').ended
  expect(err).toBe('kubemu: gone.yaml: no such file or folder\n')
  expect({ code, out }).toEqual({ code: 1, out: '' })
})

test('a damaged data file is said in one line, with exit code 1, and stays as it is', async () => {
  writeFileSync(join(folder, 'state.json'), '{"format": "kubemu.dev/cluster", ')
  const { code, err, out } = await kubemu('start', '--port', '0', '--data', 'state.json').ended
  expect(err).toMatch(/^kubemu: .*state\.json.*not a whole JSON document.*\n$/)
  expect({ code, out }).toEqual({ code: 1, out: '' })
  expect(readFileSync(join(folder, 'state.json'), 'utf8')).toBe('{"format": "kubemu.dev/cluster", ')
})

test('a kubeconfig that cannot be written is said, with exit code 1, and nothing goes on serving', async () => {
  writeFileSync(join(folder, 'file'), '')
  const { code, err } = await kubemu('start', '--port', '0', '--in-memory', '--kubeconfig', 'file/kubeconfig').ended
  expect(err).toMatch(/^kubemu: .*file/)
  expect(code).toBe(1)
})

const node = process.execPath

test('run hands the cluster over in the environment and answers the exit code of the command', async () => {
  const script = `
    fetch(process.env.KUBEMU_URL + '/api/v1/namespaces/default').then(async (answer) => {
      const config = require('fs').readFileSync(process.env.KUBECONFIG, 'utf8')
      console.log((await answer.json()).metadata.name, config.includes(process.env.KUBEMU_URL))
      process.exit(7)
    })`
  const { code, out, err } = await kubemu('run', '--', node, '-e', script).ended
  expect({ code, out, err }).toEqual({ code: 7, out: 'default true\n', err: '' })
})

test.each([
  ['SIGTERM', 143],
  ['SIGINT', 130],
] as const)('run passes %s on and answers as a shell would', async (signal, expected) => {
  const process = kubemu('run', '--', node, '-e', 'console.log("up"); setInterval(() => {}, 1000)')
  await firstLine(process)
  process.child.kill(signal)
  expect((await process.ended).code).toBe(expected)
})

test('run leaves it to the command what a signal means', async () => {
  const script = 'process.on("SIGTERM", () => process.exit(5)); console.log("up"); setInterval(() => {}, 1000)'
  const process = kubemu('run', '--', node, '-e', script)
  await firstLine(process)
  process.child.kill('SIGTERM')
  expect((await process.ended).code).toBe(5)
})

test('run says which command it cannot find, with exit code 127', async () => {
  const { code, err } = await kubemu('run', '--', 'no-such-command').ended
  expect({ code, err }).toEqual({ code: 127, err: 'kubemu: no-such-command: command not found\n' })
})

test('data check says what is in a file, and where it is damaged; export writes a fixture that start takes', async () => {
  const first = kubemu('start', '--port', '0', '--json', '--data', 'state.json', '--nodes', '0', '--log-level', 'error')
  await firstLine(first)
  expect((await kubemu('data', 'check', 'state.json').ended).out).toMatch(/in use .* by process \d+; this is the state/)
  const refused = await kubemu('data', 'compact', 'state.json').ended
  expect(refused).toMatchObject({
    code: 1,
    out: '',
    err: expect.stringMatching(/in use by process \d+.*Stop that process/),
  })
  first.child.kill('SIGTERM')
  await first.ended
  const checked = await kubemu('data', 'check', 'state.json').ended
  expect(checked).toMatchObject({ code: 0, err: '' })
  expect(checked.out).toMatch(/^state\.json: no damage\n[\s\S]*\njournal +none\n[\s\S]*\n {2}namespaces +4\n/)
  const exported = await kubemu('data', 'export', 'state.json').ended
  writeFileSync(join(folder, 'fixture.yaml'), exported.out)
  expect(await kubemu('run', '--fixtures', 'fixture.yaml', '--', 'true').ended).toMatchObject({ code: 0, err: '' })

  const text = readFileSync(join(folder, 'state.json'), 'utf8')
  writeFileSync(join(folder, 'state.json'), text.replace('kube-system', 'cube-system'))
  expect(await kubemu('data', 'check', 'state.json').ended).toEqual({
    code: 1,
    signal: null,
    out: '',
    err: `kubemu: state.json: its content does not fit its checksum: it was damaged, or edited. The file was left as it is. Restore it from a copy; or, if you edited it, take out the line that begins with "crc" and start again.\n`,
  })
})
