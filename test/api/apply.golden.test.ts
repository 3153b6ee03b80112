/** Sequences of creates, updates, patches and applies, recorded from a real server, are answered the same: status, body, managedFields. */
import { readdirSync, readFileSync } from 'node:fs'
import type { RequestListener } from 'node:http'
import request from 'supertest'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ManualClock } from '../../src/apimachinery/clock.ts'
import { type Cluster, createCluster } from '../../src/cluster.ts'
import { bodyOf, FOLDER, Mask, type Sequence, type Step } from '../support/apply-sequences.ts'

const sequences = readdirSync(FOLDER).flatMap(
  (file) => JSON.parse(readFileSync(new URL(file, FOLDER), 'utf8')) as Sequence[],
)
const START = Date.parse('2026-01-01T00:00:00Z')
describe('recorded sequences of writes', () => {
  let cluster: Cluster
  let clock: ManualClock
  beforeAll(async () => {
    clock = new ManualClock(START)
    cluster = await createCluster({
      clock,
      controllers: false,
      nodes: 0,
      disableAdmissionPlugins: ['ServiceAccount'],
    })
  })
  afterAll(() => cluster.close())

  test.each(sequences)('$name', async ({ name, definitions = [], steps }) => {
    for (const crd of definitions)
      await cluster.client.create('customresourcedefinitions.apiextensions.k8s.io', crd as never)
    await cluster.client.create('namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name } })
    clock.advance(1000)
    const mask = new Mask(clock.now())
    const answers: unknown[] = []
    for (const [i, step] of steps.entries()) {
      if (step.later) clock.advance(1000)
      const response = await send(cluster.app, step, answers)
      answers.push(response.body)
      const seen = { status: response.status, answer: normal(mask.value(response.body)) }
      expect(seen, `step ${i}: ${step.method} ${step.path}`).toEqual({
        status: step.status,
        answer: normal(step.answer),
      })
      // toEqual does not look at the order of members, and field sets have one.
      expect(managedFieldsText(seen.answer), `step ${i}`).toBe(managedFieldsText(step.answer))
    }
  })
})

async function send(app: RequestListener, step: Step, answers: unknown[]): Promise<{ status: number; body: unknown }> {
  const method = step.method.toLowerCase() as 'get' | 'post' | 'put' | 'patch' | 'delete'
  const call = request(app)
    [method](step.path)
    .set('User-Agent', step.userAgent ?? 'recorder/1.0')
  const text = bodyOf(step, answers)
  if (text === undefined) return call
  return call
    .type(step.contentType ?? 'application/json')
    .serialize(String)
    .send(text)
}

/** Upstream's causes of a conflict come in the order of a Go map. */
function normal(answer: unknown): unknown {
  const { details } = answer as { details?: { causes?: object[] } }
  if (!details?.causes) return answer
  const causes = details.causes.map((cause) => JSON.stringify(cause, Object.keys(cause).sort())).sort()
  return { ...(answer as object), details: { ...details, causes } }
}

function managedFieldsText(answer: unknown): string {
  return JSON.stringify((answer as { metadata?: { managedFields?: unknown } }).metadata?.managedFields ?? null)
}
