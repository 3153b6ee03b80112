/** Requests of several users, recorded from a real server with RBAC: what roles allow, who may grant what, and the words of refusals. */
import { readFileSync } from 'node:fs'
import request from 'supertest'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Cluster, createCluster } from '../../src/cluster.ts'

interface Case {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  path: string
  body?: unknown
  contentType?: string
  /** Absent: the admin. */
  as?: string
  groups?: string[]
  status: number
  /** Recorded of refusals and reviews. */
  answer?: unknown
}

const cases = JSON.parse(readFileSync(new URL('../golden/rbac.json', import.meta.url), 'utf8')) as Case[]

describe('with --authorization-mode RBAC', () => {
  let cluster: Cluster
  beforeAll(async () => {
    cluster = await createCluster({
      controllers: ['clusterrole-aggregation'],
      nodes: 0,
      authorizationMode: 'RBAC',
      disableAdmissionPlugins: ['ServiceAccount'],
    })
  })
  afterAll(() => cluster.close())

  // In their order: each stands on what those before it wrote.
  test.each(cases.map((one, i) => ({ ...one, title: `${i} ${one.as ?? 'admin'} ${one.method} ${one.path}` })))(
    '$title is answered $status',
    async ({ method, path, body, contentType, as, groups = [], status, answer }) => {
      const verb = method.toLowerCase() as 'get' | 'post' | 'put' | 'patch' | 'delete'
      const call = request(cluster.app)[verb](path).set('User-Agent', 'recorder/1.0')
      if (as) call.set('Impersonate-User', as)
      if (groups.length > 0) call.set('Impersonate-Group', groups as never)
      if (body !== undefined) {
        call
          .type(contentType ?? 'application/json')
          .serialize(String)
          .send(typeof body === 'string' ? body : JSON.stringify(body))
      }
      const response = await call
      expect({
        status: response.status,
        body: answer && shown(typeof answer === 'string' ? response.text : response.body),
      }).toEqual({
        status,
        body: answer && shown(answer),
      })
      await cluster.settle()
    },
  )
})

/** Rules in any order: upstream's come from several caches. */
function shown(answer: unknown): unknown {
  if (typeof answer === 'string') return answer
  const { metadata, status, ...rest } = answer as Record<string, { resourceRules?: object[] }>
  if (!status?.resourceRules) return { ...rest, status }
  const sorted = (rules: object[]): string[] => rules.map((rule) => JSON.stringify(rule)).sort()
  const { resourceRules, nonResourceRules, ...more } = status as Record<string, object[]>
  return {
    ...rest,
    status: { ...more, resourceRules: sorted(resourceRules!), nonResourceRules: sorted(nonResourceRules!) },
  }
}
