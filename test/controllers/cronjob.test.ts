import { afterEach, expect, test } from 'vitest'
import type { DynamicObject } from '../../src/apimachinery/meta.ts'
import { type TestCluster, testCluster } from '../support/controllers.ts'

let cluster: TestCluster
afterEach(() => cluster.close())

const MINUTE = 60_000

function cronJob(command: string[], spec: object = {}): DynamicObject {
  const containers = [{ name: 'main', image: 'busybox', command }]
  const jobTemplate = { spec: { template: { spec: { restartPolicy: 'Never', containers } } } }
  const metadata = { name: 'cj', namespace: 'default' }
  return { apiVersion: 'batch/v1', kind: 'CronJob', metadata, spec: { schedule: '* * * * *', ...spec, jobTemplate } }
}

test('A CronJob runs each minute on the clock, and keeps three Jobs that succeeded.', async () => {
  cluster = await testCluster()
  await cluster.make(cronJob(['true']))
  for (let minute = 0; minute < 5; minute++) await cluster.pass(MINUTE + 200)
  const jobs = await cluster.client.list<DynamicObject>('jobs.batch')
  const minutes = jobs.map(({ metadata }) =>
    new Date(Number(metadata.name!.slice('cj-'.length)) * MINUTE).toISOString(),
  )
  expect(minutes).toEqual(['2026-01-01T00:03:00.000Z', '2026-01-01T00:04:00.000Z', '2026-01-01T00:05:00.000Z'])
  const { status } = await cluster.see('cronjobs.batch', 'cj')
  expect(status).toEqual({ lastScheduleTime: '2026-01-01T00:05:00Z', lastSuccessfulTime: '2026-01-01T00:05:01Z' })
})

test('Forbid skips runs while one is active, Replace replaces it.', async () => {
  cluster = await testCluster()
  await cluster.make(cronJob(['sleep', '150'], { concurrencyPolicy: 'Forbid' }))
  for (let minute = 0; minute < 2; minute++) await cluster.pass(MINUTE + 200)
  expect(await cluster.client.list('jobs.batch')).toHaveLength(1)
  expect(await cluster.events('CronJob', 'cj')).toContain(
    'JobAlreadyActive: Not starting job because prior execution is running and concurrency policy is Forbid',
  )
  await cluster.make(cronJob(['sleep', '150'], { concurrencyPolicy: 'Replace' }))
  await cluster.pass(MINUTE)
  const { status } = await cluster.see('cronjobs.batch', 'cj')
  expect(status.lastScheduleTime).toBe('2026-01-01T00:03:00Z')
  expect(status.active).toHaveLength(1)
  expect(await cluster.client.list('jobs.batch')).toHaveLength(1)
})
