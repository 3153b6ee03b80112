import { existsSync, mkdtempSync, rmSync, watch, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest'
import { createCluster } from '../src/cluster.ts'
import { StorageError } from '../src/storage/interface.ts'
import { JsonFileStorage } from '../src/storage/json-file.ts'

const folder = mkdtempSync(join(tmpdir(), 'kubemu-cluster-'))
afterEach(() => vi.restoreAllMocks())
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function file(name: string, text: string): string {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}

/** Nobody may make a Node. */
const NO_NODES = `
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: no-nodes}
spec:
  matchConstraints:
    resourceRules: [{apiGroups: [''], apiVersions: [v1], operations: [CREATE], resources: [nodes]}]
  validations: [{expression: 'false', message: there are enough}]
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {name: no-nodes}
spec: {policyName: no-nodes, validationActions: [Deny]}
`

describe('a start that fails', () => {
  it('says why, and gives the data file back, also when the disk does not let it take back what was written', async () => {
    vi.spyOn(JsonFileStorage.prototype, 'restore').mockImplementation(() => {
      throw new StorageError('Unavailable', 'the disk is full')
    })
    const data = join(folder, 'cluster.json')
    const fixtures = file('pod.yaml', 'apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: []}\n')
    const warn = vi.fn()
    const logger = { debug() {}, info() {}, warn, error() {} }
    await expect(createCluster({ data, fixtures, logger })).rejects.toThrow('spec.containers: Required value')
    expect(existsSync(`${data}.lock`)).toBe(false)
    expect(warn).toHaveBeenCalledWith(
      { err: expect.objectContaining({ message: 'the disk is full' }) },
      'a start that failed could not be taken back',
    )
  })

  it('no longer watches the folder of static pods', async () => {
    const other = watch(folder)
    const close = vi.spyOn(Object.getPrototypeOf(other), 'close')
    const started = createCluster({ staticPodPath: folder, schedulerConfiguration: 'kind: Pod' })
    await expect(started).rejects.toThrow()
    expect(close).toHaveBeenCalledTimes(1)
    other.close()
  })

  it('fails at once when the API refuses a Node that comes after Stages, as nobody else writes there', async () => {
    const timeouts = vi.spyOn(globalThis, 'setTimeout')
    await expect(createCluster({ stages: file('no-nodes.yaml', NO_NODES) })).rejects.toThrow('there are enough')
    expect(timeouts.mock.calls.filter(([, ms]) => ms === 100)).toEqual([])
  })
})
