import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { dump } from 'js-yaml'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { node, pod, type TestCluster, testCluster } from '../support/controllers.ts'

let folder: string
let cluster: TestCluster | undefined

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kubemu-static-'))
})
afterEach(async () => {
  await cluster?.close()
  cluster = undefined
  rmSync(folder, { recursive: true })
})

const write = (image: string): void =>
  writeFileSync(join(folder, 'proxy.yaml'), dump(pod('proxy', { containers: [{ name: 'main', image }] })))
/** The folder is looked at every 20 seconds, whatever the machine tells of its changes. */
const look = (): Promise<void> => cluster!.pass(20_000)
const images = async (): Promise<string[]> =>
  (await cluster!.client.list<ReturnType<typeof pod>>('pods')).map(
    ({ metadata, spec }) => `${metadata.name} ${spec.containers[0].image}`,
  )

test('A pod of the folder runs on the first node and shows there as its mirror.', async () => {
  write('nginx:1')
  cluster = await testCluster({ staticPodPath: folder, nodes: 2 })
  const { metadata, spec, status } = await cluster.see('pods', 'proxy-node-1')
  const node = await cluster.see('nodes', 'node-1')
  const hash = metadata.annotations?.['kubernetes.io/config.hash']
  expect(metadata.annotations).toEqual({
    'kubernetes.io/config.hash': expect.stringMatching(/^[0-9a-f]{32}$/),
    'kubernetes.io/config.mirror': hash,
    'kubernetes.io/config.seen': '2026-01-01T00:00:00Z',
    'kubernetes.io/config.source': 'file',
  })
  expect(metadata.ownerReferences).toEqual([
    { apiVersion: 'v1', kind: 'Node', name: 'node-1', uid: node.metadata.uid, controller: true },
  ])
  expect(spec).toMatchObject({ nodeName: 'node-1', tolerations: [{ operator: 'Exists', effect: 'NoExecute' }] })
  expect(status.phase).toBe('Running')
})

test('A mirror that is deleted comes back, and what it shows ran all the time.', async () => {
  write('nginx:1')
  cluster = await testCluster({ staticPodPath: folder })
  const before = await cluster.see('pods', 'proxy-node-1')
  await cluster.pass(5_000)
  await cluster.client.delete('pods', 'default', 'proxy-node-1')
  await cluster.settle()
  const after = await cluster.see('pods', 'proxy-node-1')
  expect(after.metadata.uid).not.toBe(before.metadata.uid)
  expect(after.status.containerStatuses[0].state).toEqual(before.status.containerStatuses[0].state)
  expect(await cluster.events('Pod', 'proxy-node-1')).not.toContain('Killing: Stopping container main')
})

test('Pods follow their files: changed, removed, and wrong for a while.', async () => {
  const warnings: string[] = []
  const warn = (_: object, message: string) => void warnings.push(message)
  cluster = await testCluster({ staticPodPath: folder, logger: { debug() {}, info() {}, warn, error: warn } })
  write('nginx:1')
  await look()
  expect(await images()).toEqual(['proxy-node-1 nginx:1'])
  write('nginx:2')
  await look()
  expect(await images()).toEqual(['proxy-node-1 nginx:2'])
  expect(await cluster.events('Pod', 'proxy-node-1')).toContain('Killing: Stopping container main')
  writeFileSync(join(folder, 'other.yaml'), 'kind: [')
  await look()
  expect(await images()).toEqual(['proxy-node-1 nginx:2'])
  expect(warnings[0]).toMatch(/^a static pod cannot be read: /)
  rmSync(join(folder, 'proxy.yaml'))
  rmSync(join(folder, 'other.yaml'))
  await look()
  expect(await images()).toEqual([])
})

test('A folder that is not there is told at the start.', async () => {
  await expect(testCluster({ staticPodPath: join(folder, 'nowhere') })).rejects.toThrow('ENOENT')
})

test('A node whose kubelet starts later runs the pods of the folder then.', async () => {
  write('nginx:1')
  cluster = await testCluster({ staticPodPath: folder, nodes: 0 })
  const stopped = node('worker')
  stopped.metadata.annotations = { 'kubemu.dev/kubelet': 'stopped' }
  await cluster.make(stopped)
  await look()
  expect(await images()).toEqual([])
  await cluster.startNode('worker')
  await look()
  expect(await images()).toEqual(['proxy-worker nginx:1'])
})

test('A pod that the API server refuses is told of, and does not keep the others from running.', async () => {
  const warnings: object[] = []
  const warn = (fields: object) => void warnings.push(fields)
  writeFileSync(join(folder, 'first.yaml'), dump(pod('first', { containers: [] })))
  write('nginx:1')
  cluster = await testCluster({ staticPodPath: folder, logger: { debug() {}, info() {}, warn, error: warn } })
  expect(await images()).toEqual(['proxy-node-1 nginx:1'])
  expect(warnings[0]).toMatchObject({
    pod: 'default/first-node-1',
    refused: expect.stringContaining('spec.containers'),
  })
})
