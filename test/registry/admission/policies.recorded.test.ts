/** What a real API server answered where admission policies had a say (tools/record/policies), asked again of KubEmu. */
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Cluster, createCluster } from '../../../src/index.ts'

interface Request {
  name: string
  method: string
  path: string
  type?: string
  body?: unknown
}

interface Answer {
  status: number
  warning?: string
  body: Record<string, unknown>
}

const golden: { setup: Request[]; cases: (Request & { answer: Answer })[] } = JSON.parse(
  readFileSync(new URL('../../golden/policies/policies.json', import.meta.url), 'utf8'),
)

const VOLATILE = new Set(['uid', 'creationTimestamp', 'resourceVersion', 'managedFields', 'time'])

function comparable(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(comparable)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).filter(([name]) => !VOLATILE.has(name))
  return Object.fromEntries(entries.map(([name, member]) => [name, comparable(member)]))
}

/** The users differ: who asks KubEmu is its admin. */
const sameUser = (text: string): string =>
  text
    .replaceAll(/\b(?:kubernetes-admin|admin)\b/g, 'someone')
    .replaceAll(/in [\w:,-]*system:masters[\w:,-]*/g, 'in groups')

describe('admission policies as recorded', () => {
  let cluster: Cluster
  let url: string

  async function send({ method, path, type = 'application/json', body }: Request): Promise<Answer> {
    const response = await fetch(url + path, {
      method,
      ...(body ? { headers: { 'content-type': type }, body: JSON.stringify(body) } : {}),
    })
    const warning = response.headers.get('warning')
    const answer = (await response.json()) as Record<string, unknown>
    return { status: response.status, ...(warning ? { warning } : {}), body: answer }
  }

  beforeAll(async () => {
    cluster = await createCluster({ controllers: false, nodes: 0, disableAdmissionPlugins: ['ServiceAccount'] })
    url = await cluster.listen()
    for (const one of golden.setup) expect(await send(one)).toMatchObject({ status: 201 })
  })
  afterAll(() => cluster.close())

  it.each(golden.cases)('$name', async ({ answer, ...request }) => {
    const shown = (one: Answer) => JSON.parse(sameUser(JSON.stringify(comparable(one))))
    expect(shown(await send(request))).toEqual(shown(answer))
  })
})
