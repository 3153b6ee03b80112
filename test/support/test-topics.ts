/** Recorded topics of requests that make the server call others: recording them, and comparing ours with the record. */
import { readFileSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Cluster, createCluster } from '../../src/cluster.ts'
import type { Answer } from './https-backend.ts'
import type { Step, Target } from './player.ts'
import { type PlayedTopic, playTopic, startBackends } from './webhook-topic.ts'

const real = process.env.KUBEMU_RECORD
const only = process.env.KUBEMU_TOPICS?.split(',')

function fileOf(topic: string): URL {
  return new URL(`../golden/webhooks/${topic}.json`, import.meta.url)
}

/** A line for each step and call. */
function textOf({ steps, asked }: PlayedTopic): string {
  const lines = (values: readonly unknown[]): string => values.map((value) => JSON.stringify(value)).join(',\n')
  return `{"steps":[\n${lines(steps)}\n],"asked":[\n${lines(asked)}\n]}\n`
}

/** Defines the tests of these topics: playing them, or with KUBEMU_RECORD recording them. `comparesCalls`: also what the backends were asked. */
export function testTopics(
  cases: Record<string, Step[]>,
  routes: Record<string, Answer>,
  { comparesCalls = true }: { comparesCalls?: boolean } = {},
): void {
  const topics = Object.keys(cases).filter((topic) => !only || only.includes(topic))
  const playOn = async (target: Target, topic: string): Promise<PlayedTopic> => {
    const backends = await startBackends(routes, [topic])
    try {
      return await playTopic(target, backends, topic, cases[topic]!)
    } finally {
      await backends.close()
    }
  }

  if (real)
    describe('recording', () => {
      it.each(topics)(
        '%s is recorded from a real server',
        async (topic) => {
          const target = { url: real as string, token: process.env.KUBEMU_RECORD_TOKEN, patienceMs: 1200 }
          const played = await playOn(target, topic)
          writeFileSync(fileOf(topic), textOf(comparesCalls ? played : { ...played, asked: [] }))
          expect(played.steps.length).toBeGreaterThan(0)
        },
        240_000,
      )
    })

  describe.each(real ? [] : topics)('%s', (topic) => {
    let cluster: Cluster
    let played: PlayedTopic
    const golden: PlayedTopic = JSON.parse(readFileSync(fileOf(topic), 'utf8'))

    beforeAll(async () => {
      cluster = await createCluster({
        controllers: false,
        nodes: 0,
        disableAdmissionPlugins: ['ServiceAccount'],
        serviceCidr: '10.0.0.0/24',
      })
      const url = await cluster.listen()
      played = await playOn({ url, settle: () => cluster.settle() }, topic)
    })

    afterAll(() => cluster.close())

    it.each(golden.steps.map((step, i) => [`${i} ${step.request}`, i] as const))(
      'answers %s as the real server',
      (_, i) => {
        expect(played.steps[i]).toEqual(golden.steps[i])
      },
    )

    if (comparesCalls)
      it('asks the webhook what the real server asked', () => {
        expect(played.asked).toEqual(golden.asked)
      })
  })
}
