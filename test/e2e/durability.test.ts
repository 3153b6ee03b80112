import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { requireEtcd } from './etcd/etcd-server.ts'

const script = fileURLToPath(new URL('../../bench/torture.mjs', import.meta.url))

test.each(['never', 'always'])(
  'kill -9 under load loses nothing that was acknowledged, with --fsync %s',
  async (fsync) => {
    const { stdout } = await promisify(execFile)(process.execPath, [script, '--rounds', '10', '--fsync', fsync])
    expect(stdout).toMatch(/^10 kills.* 0 lost, 0 deletes undone, 0 resourceVersions reused/)
  },
)

test('kill -9 of the server and of its etcd under load loses nothing that was acknowledged', {
  timeout: 180_000,
}, async () => {
  requireEtcd()
  const args = ['--storage', 'etcd', '--rounds', '10']
  const { stdout } = await promisify(execFile)(process.execPath, [script, ...args])
  expect(stdout).toMatch(
    /^10 kills.* of etcd under load\), etcd: .* 0 lost, 0 deletes undone, 0 resourceVersions reused/,
  )
})
