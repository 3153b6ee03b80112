/**
 * Admission webhooks over HTTPS, compared with what a real kube-apiserver answered its client and asked the webhook. Record anew with
 * `KUBEMU_RECORD=https://HOST:PORT KUBEMU_RECORD_TOKEN=... npx vitest run test/api/admission-webhooks.golden.test.ts`.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Cluster, createCluster } from '../../src/cluster.ts'
import { type Backends, type PlayedTopic, playTopic, startBackends } from '../support/webhook-topic.ts'
import { admissionCases } from '../webhooks/admission-cases.ts'
import { admissionRoutes } from '../webhooks/routes.ts'

const real = process.env.KUBEMU_RECORD
const only = process.env.KUBEMU_TOPICS?.split(',')
const topics = Object.keys(admissionCases).filter((topic) => !only || only.includes(topic))
let backends: Backends

beforeAll(async () => {
  backends = await startBackends(admissionRoutes, topics)
})

afterAll(() => backends.close())

function fileOf(topic: string): URL {
  return new URL(`../golden/webhooks/${topic}.json`, import.meta.url)
}

if (real)
  describe('recording', () => {
    it.each(topics)(
      '%s is recorded from a real server',
      async (topic) => {
        const target = { url: real as string, token: process.env.KUBEMU_RECORD_TOKEN, patienceMs: 1200 }
        const played = await playTopic(target, backends, topic, admissionCases[topic]!)
        writeFileSync(fileOf(topic), `${JSON.stringify(played, null, 1)}\n`)
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
    played = await playTopic({ url }, backends, topic, admissionCases[topic]!)
  })

  afterAll(() => cluster.close())

  it.each(golden.steps.map((step, i) => [`${i} ${step.request}`, i] as const))(
    'answers %s as the real server',
    (_, i) => {
      expect(played.steps[i]).toEqual(golden.steps[i])
    },
  )

  it('asks the webhook what the real server asked', () => {
    expect(played.asked).toEqual(golden.asked)
  })
})
