/** A disk that is full and one that is read-only, as small file systems in memory: needs the right to mount. Faults that are injected are in test/storage. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, describe, expect, test } from 'vitest'

const CLI = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))
const root = mkdtempSync(join(tmpdir(), 'kubemu-disk-'))
const mount = (...options: string[]) => spawnSync('mount', ['-t', 'tmpfs', ...options, 'tmpfs', root]).status === 0
const unmount = () => spawnSync('umount', [root])
const canMount = mount()
if (canMount) unmount()
afterAll(() => {
  for (const path of [root, `${root}.kubeconfig`]) rmSync(path, { recursive: true, force: true })
})

const running: { child: ChildProcess; ended: Promise<unknown> }[] = []
afterEach(async () => {
  for (const { child, ended } of running.splice(0)) {
    child.kill('SIGKILL')
    await ended
  }
  unmount()
})

function start() {
  const kubeconfig = `${root}.kubeconfig`
  const args = ['start', '--port', '0', '--json', '--no-controllers', '--nodes', '0', '--fsync', 'always']
  const files = ['--data', join(root, 'cluster.json'), '--kubeconfig', kubeconfig]
  const child = spawn(process.execPath, [CLI, ...args, ...files], { stdio: ['ignore', 'pipe', 'pipe'] })
  let said = ''
  child.stderr.on('data', (chunk) => {
    said += chunk
  })
  const ended = new Promise<{ code: number | null; said: string }>((resolve) =>
    child.once('close', (code) => resolve({ code, said })),
  )
  running.push({ child, ended })
  const url = new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout }).once('line', (line) => resolve(JSON.parse(line).url))
    ended.then(({ said }) => reject(new Error(said)))
  })
  url.catch(() => {})
  return { url, ended, kill: (signal: NodeJS.Signals) => child.kill(signal) }
}

const FOLDER = '/api/v1/namespaces/default/configmaps'

async function post(url: string, name: string): Promise<{ status: number; body: Record<string, unknown> }> {
  const body = JSON.stringify({ metadata: { name }, data: { text: 'x'.repeat(100_000) } })
  const headers = { 'Content-Type': 'application/json' }
  const answer = await fetch(`${url}${FOLDER}`, { method: 'POST', headers, body })
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> }
}

async function names(url: string): Promise<string[]> {
  const { items } = (await (await fetch(`${url}${FOLDER}`)).json()) as { items: { metadata: { name: string } }[] }
  return items.map(({ metadata }) => metadata.name).filter((name) => name.startsWith('full-'))
}

describe.skipIf(!canMount)('a disk', () => {
  test('that is full refuses writes with a 500, serves reads, goes on when there is room, and has lost nothing', async () => {
    mount('-o', 'size=2m')
    writeFileSync(join(root, 'ballast'), Buffer.alloc(600_000))
    const server = start()
    const url = await server.url
    const kept: string[] = []
    let refusal: Awaited<ReturnType<typeof post>> | undefined
    for (let i = 10; refusal === undefined; i++) {
      const answer = await post(url, `full-${i}`)
      if (answer.status === 201) kept.push(`full-${i}`)
      else refusal = answer
    }
    expect(kept.length).toBeGreaterThan(3)
    expect(refusal).toMatchObject({
      status: 500,
      body: {
        kind: 'Status',
        reason: 'InternalError',
        message: expect.stringMatching(
          /cluster\.json\.journal(\.\d+)? cannot be written: ENOSPC: no space left on device/,
        ),
      },
    })
    expect(await names(url)).toEqual(kept)
    rmSync(join(root, 'ballast'))
    expect((await post(url, 'full-99')).status).toBe(201)
    kept.push('full-99')
    server.kill('SIGKILL')
    await server.ended

    // There is no room for a snapshot beside the journal: a clean end says so, and the journal holds the rest.
    const again = start()
    expect(await names(await again.url)).toEqual(kept)
    again.kill('SIGTERM')
    const { code, said } = await again.ended
    expect(code).toBe(0)
    expect(said).toMatch(/the data file cannot be written, the journal (goes on|holds the rest): ENOSPC/)

    const last = start()
    expect(await names(await last.url)).toEqual(kept)
  })

  test('that is read-only is said at the start, with what to do', async () => {
    mount('-o', 'ro')
    const { code, said } = await start().ended
    expect({ code, said }).toEqual({
      code: 1,
      said: expect.stringMatching(
        /^kubemu: .*cluster\.json: this disk is read-only; choose a data file on another one \(EROFS: .*\)\n$/,
      ),
    })
  })
})
