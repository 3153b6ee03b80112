/** What people type, with unmodified kubectl binaries of several minors, against `kubemu start`. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { applyTests } from './kubectl/apply.ts'
import { createTests } from './kubectl/create.ts'
import { deleteTests } from './kubectl/delete.ts'
import { guestbookTests } from './kubectl/guestbook.ts'
import { findKubectls, type Kubectl, kubectlFor } from './kubectl/kubectl.ts'
import { nodeTests } from './kubectl/nodes.ts'
import { readTests } from './kubectl/read.ts'
import { rolloutTests } from './kubectl/rollout.ts'
import { writeTests } from './kubectl/write.ts'
import { type Server, startServer } from './server.ts'

const binaries = findKubectls()

if (binaries.length === 0) {
  const reason = 'there is no kubectl: put one on PATH, or name some (a comma list) in KUBECTL'
  console.warn(`SKIPPED the kubectl tests: ${reason}`)
  test('kubectl does what it does on a cluster', (context) => context.skip(reason))
}

describe.each(binaries)('kubectl $version', (binary) => {
  let server: Server
  beforeAll(async () => {
    server = await startServer('--nodes', '2')
  })
  afterAll(async () => {
    const errors = server.errors()
    expect(await server.stop()).toBe(0)
    expect(errors).toBe('')
  })

  const fresh = async (namespace: string): Promise<Kubectl> => {
    const kubectl = kubectlFor(binary, server, namespace)
    if (namespace !== 'default') await kubectl('create', 'namespace', namespace)
    return kubectl
  }

  guestbookTests(fresh)
  rolloutTests(fresh)
  writeTests(fresh)
  readTests(fresh)
  createTests(fresh)
  applyTests(fresh)
  deleteTests(fresh)
  nodeTests(fresh)
})
