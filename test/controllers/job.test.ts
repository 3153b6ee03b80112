import { afterEach, expect, test } from 'vitest'
import type { DynamicObject } from '../../src/apimachinery/meta.ts'
import { type TestCluster, testCluster } from '../support/controllers.ts'

let cluster: TestCluster
afterEach(() => cluster.close())

function job(name: string, command: string[], spec: object = {}): DynamicObject {
  const containers = [{ name: 'main', image: 'busybox', command }]
  const template = { spec: { restartPolicy: 'Never', containers } }
  const metadata = { name, namespace: 'default' }
  return { apiVersion: 'batch/v1', kind: 'Job', metadata, spec: { ...spec, template } } as DynamicObject
}

const conditions = ({ status }: DynamicObject): string[] =>
  (status.conditions ?? []).map(({ type, reason }: DynamicObject) => `${type}: ${reason}`)

test('A Job whose command ends well is complete at once, and lets its pods go.', async () => {
  cluster = await testCluster()
  await cluster.client.create('jobs.batch', job('j', ['true'], { completions: 3, parallelism: 2 }))
  await cluster.settle()
  const done = await cluster.see('jobs.batch', 'j')
  expect(conditions(done)).toEqual(['SuccessCriteriaMet: CompletionsReached', 'Complete: CompletionsReached'])
  expect(done['status']).toMatchObject({ succeeded: 3, ready: 0, terminating: 0, uncountedTerminatedPods: {} })
  const pods = await cluster.client.list<DynamicObject>('pods')
  expect(pods.map(({ metadata, status }) => [status.phase, metadata.finalizers])).toEqual(
    Array(3).fill(['Succeeded', undefined]),
  )
})

test('A Job whose command fails is tried again after 10, 20 and 40 seconds, and then has failed.', async () => {
  cluster = await testCluster()
  await cluster.client.create('jobs.batch', job('j', ['sh', '-c', 'exit 3'], { backoffLimit: 3 }))
  await cluster.settle()
  const failures: number[] = []
  for (let second = 0; second <= 70; second += 10) {
    failures.push((await cluster.see('jobs.batch', 'j'))['status'].failed)
    await cluster.pass(10_000)
  }
  expect(failures).toEqual([1, 2, 2, 3, 3, 3, 3, 4])
  expect(conditions(await cluster.see('jobs.batch', 'j'))).toEqual([
    'FailureTarget: BackoffLimitExceeded',
    'Failed: BackoffLimitExceeded',
  ])
})

test('An indexed Job that sleeps runs for as long as it says.', async () => {
  cluster = await testCluster()
  await cluster.client.create(
    'jobs.batch',
    job('j', ['sleep', '30'], { completionMode: 'Indexed', completions: 2, parallelism: 2 }),
  )
  await cluster.settle()
  expect((await cluster.see('jobs.batch', 'j'))['status']).toMatchObject({ active: 2, ready: 2 })
  await cluster.pass(30_000)
  const { status } = await cluster.see('jobs.batch', 'j')
  expect(status).toMatchObject({ succeeded: 2, completedIndexes: '0,1', completionTime: '2026-01-01T00:00:30Z' })
})
