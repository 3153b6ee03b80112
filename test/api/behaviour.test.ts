/**
 * The generic behaviour of HTTP requests, compared with what a real kube-apiserver answered. Record anew with
 * `KUBEMU_RECORD=https://HOST:PORT KUBEMU_RECORD_TOKEN=... npx vitest run test/api/behaviour.test.ts`; the requests are in test/behaviour.
 * The topic `optional` wants a server with the plug-ins of OPTIONAL.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Cluster, createCluster } from '../../src/cluster.ts'
import { OPTIONAL } from '../behaviour/optional.ts'
import { topics } from '../behaviour/topics.ts'
import { type Played, play, type Step } from '../support/player.ts'

const real = process.env.KUBEMU_RECORD
const only = process.env.KUBEMU_TOPICS?.split(',')

function fileOf(topic: string): URL {
  return new URL(`../golden/behaviour/${topic}.json`, import.meta.url)
}

async function record(topic: string, steps: readonly Step[]): Promise<void> {
  const target = { url: real as string, token: process.env.KUBEMU_RECORD_TOKEN, patienceMs: 1500 }
  const played = await play(target, topic, steps)
  const text = played.map((one) => `  ${JSON.stringify(one)}`).join(',\n')
  writeFileSync(fileOf(topic), `[\n${text}\n]\n`)
}

function recorded(topic: string): Played[] {
  return JSON.parse(readFileSync(fileOf(topic), 'utf8')) as Played[]
}

if (real)
  describe('recording', () => {
    it.each(Object.entries(topics).filter(([topic]) => !only || only.includes(topic)))(
      '%s is recorded from a real server',
      async (topic, steps) => {
        await record(topic, steps)
        expect(recorded(topic)).toHaveLength(steps.length)
      },
      120_000,
    )
  })

describe.each(real ? [] : Object.keys(topics))('%s', (topic) => {
  const golden = recorded(topic)
  let cluster: Cluster
  let played: Played[]
  const errors: string[] = []

  beforeAll(async () => {
    const log = {
      debug: () => {},
      info: () => {},
      warn: () => {},
      error: (_: object, text: string) => errors.push(text),
    }
    cluster = await createCluster({
      controllers: false,
      nodes: 0,
      enableAdmissionPlugins: topic === 'optional' ? OPTIONAL : [],
      disableAdmissionPlugins: ['ServiceAccount'],
      serviceCidr: '10.0.0.0/24',
      logger: log,
    })
    played = await play({ url: await cluster.listen() }, topic, golden)
  })
  afterAll(() => cluster.close())

  const compared = golden.flatMap(({ silent, request, body, headers }, i) => {
    const details = [JSON.stringify(body), JSON.stringify(headers)].filter(Boolean).join(' ').slice(0, 120)
    return silent ? [] : [[`${i} ${request.slice(0, 150)} ${details}`, i] as const]
  })
  it.each(compared)('%s', (_, i) => {
    expect(played[i]?.answer).toEqual(golden[i]?.answer)
  })

  it('no answer shows the inside of the server, and none is an unexpected error', () => {
    expect(JSON.stringify(played)).not.toMatch(/node_modules|\.ts:\d+|at async /)
    expect(errors).toEqual([])
  })
})

describe('the requests', () => {
  it.each(Object.entries(topics))('of %s are those that were recorded', (topic, steps) => {
    const requests = recorded(topic).map(({ request, body }) => ({ request, body }))
    expect(requests).toEqual(steps.map(({ request, body }) => ({ request, body })))
  })
})
