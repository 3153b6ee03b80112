/** What reset() leaves as it was: Events among it, though controllers look at everything anew. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { createCluster, ManualClock } from '../src/index.ts'
import type { Event } from '../src/types/core-v1.ts'

const folder = mkdtempSync(join(tmpdir(), 'kubemu-reset-'))
afterAll(() => rmSync(folder, { recursive: true }))

const pod = (name: string, spec: object): object => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace: 'default', labels: { app: name } },
  spec: { containers: [{ name: 'c', image: 'nginx' }], ...spec },
})

/** Objects about which controllers have something to say whenever they look at them for the first time. */
const TOLD = [
  pod('volume', { volumes: [{ name: 'v', configMap: { name: 'missing' } }] }),
  pod('nowhere', { nodeSelector: { on: 'the-moon' } }),
  pod('web', {}),
  {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'web', namespace: 'default', annotations: { 'service.kubernetes.io/topology-mode': 'Auto' } },
    spec: { selector: { app: 'web' }, ports: [{ port: 80 }] },
  },
]

it('no controller says once more what it had said, but it says what is new', async () => {
  const fixtures = join(folder, 'told.yaml')
  writeFileSync(fixtures, TOLD.map((object) => JSON.stringify(object)).join('\n---\n'))
  await using cluster = await createCluster({ clock: new ManualClock(0), fixtures })
  const events = async (): Promise<string[]> =>
    (await cluster.client.list<Event>('events')).map(
      ({ involvedObject, reason, count, metadata }) => `${involvedObject.name} ${reason} ${count} ${metadata.uid}`,
    )
  const before = await events()
  for (const said of ['volume FailedMount 1', 'nowhere FailedScheduling', 'web TopologyAwareHintsDisabled']) {
    expect(before.join('\n')).toContain(said)
  }
  await cluster.reset()
  expect(await events()).toEqual(before)
  await cluster.apply({ ...pod('late', { nodeSelector: { on: 'mars' } }) } as never)
  await cluster.settle()
  expect((await events()).filter((event) => !before.includes(event))).toEqual([
    expect.stringMatching(/^late FailedScheduling/),
  ])
})

it('what happens after it is told, though the objects are those of before', async () => {
  const fixtures = join(folder, 'late.yaml')
  writeFileSync(fixtures, JSON.stringify(pod('short', { activeDeadlineSeconds: 60 })))
  const clock = new ManualClock(0)
  await using cluster = await createCluster({ clock, fixtures })
  const reasons = async (): Promise<string[]> =>
    (await cluster.client.list<Event>('events')).map(({ reason }) => reason ?? '')
  clock.advance(600_000)
  await cluster.settle()
  expect(await reasons()).toContain('DeadlineExceeded')
  await cluster.reset()
  await cluster.settle()
  expect(await reasons()).toContain('DeadlineExceeded')
})
