/** Sequences of creates, updates, patches and applies, recorded from a real server, are answered the same: status, body, managedFields. */
import { readdirSync, readFileSync } from 'node:fs'
import type { RequestListener } from 'node:http'
import request from 'supertest'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ManualClock } from '../../src/apimachinery/clock.ts'
import { applyMergePatch } from '../../src/apimachinery/patch/merge.ts'
import { type Cluster, createCluster } from '../../src/cluster.ts'

interface Step {
  method: string
  path: string
  contentType?: string
  userAgent?: string
  body?: unknown
  /** The body as text, where it is no JSON. */
  raw?: string
  /** The answer of an earlier step, changed by `mergeBody`. */
  bodyFrom?: number
  mergeBody?: unknown
  /** A new second has begun. */
  later?: boolean
  status: number
  answer: unknown
  warnings?: string[]
}

interface Sequence {
  name: string
  steps: Step[]
}

const FOLDER = new URL('../golden/apply/', import.meta.url)
const sequences = readdirSync(FOLDER).flatMap(
  (file) => JSON.parse(readFileSync(new URL(file, FOLDER), 'utf8')) as Sequence[],
)
const START = Date.parse('2026-01-01T00:00:00Z')
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/

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

  test.each(sequences)('$name', async ({ name, steps }) => {
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

function bodyOf({ raw, body, bodyFrom, mergeBody }: Step, answers: unknown[]): string | undefined {
  if (raw !== undefined) return raw
  if (bodyFrom !== undefined)
    return JSON.stringify(applyMergePatch(answers[bodyFrom] as never, (mergeBody ?? {}) as never))
  return body === undefined ? undefined : JSON.stringify(body, (_, value) => filledIn(value, answers))
}

function filledIn(value: unknown, answers: unknown[]): unknown {
  const [, what, step] = (typeof value === 'string' && /^\$(rv|uid):(\d+)$/.exec(value)) || []
  if (what === undefined) return value
  const { metadata } = answers[Number(step)] as { metadata: { uid: string; resourceVersion: string } }
  return what === 'rv' ? metadata.resourceVersion : metadata.uid
}

/** Names for what is different in every run: revisions and uids by first appearance, times by their distance from the start. */
class Mask {
  readonly #start: number
  readonly #versions = new Map<string, string>()
  readonly #uids = new Map<string, string>()

  constructor(start: number) {
    this.#start = start
  }

  value(value: unknown, name = ''): unknown {
    if (Array.isArray(value)) return value.map((item) => this.value(item))
    if (typeof value === 'object' && value !== null) {
      return Object.fromEntries(Object.entries(value).map(([key, child]) => [key, this.value(child, key)]))
    }
    return typeof value === 'string' ? this.#text(value, name) : value
  }

  #text(text: string, name: string): string {
    if (name === 'resourceVersion' && /^\d+$/.test(text)) return this.#named(this.#versions, text, 'rv')
    if (name === 'uid' && !/^\d1111111-1111/.test(text)) return this.#named(this.#uids, text, 'uid')
    const seconds = TIME.test(text) ? (Date.parse(text) - this.#start) / 1000 : Number.NaN
    if (seconds > -5 && seconds < 3600) return `T+${seconds}`
    let masked = text
    for (const [uid, known] of this.#uids) masked = masked.replaceAll(uid, known)
    return masked
  }

  #named(names: Map<string, string>, text: string, prefix: string): string {
    if (!names.has(text)) names.set(text, `${prefix}-${names.size}`)
    return names.get(text) as string
  }
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
