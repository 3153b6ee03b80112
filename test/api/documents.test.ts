import { readFileSync } from 'node:fs'
import { load } from 'js-yaml'
import { describe, expect, test } from 'vitest'
import { askDocuments, parsed } from '../support/documents.ts'

// Recorded from a kube-apiserver 1.37.0 with default flags.
const golden = JSON.parse(readFileSync(new URL('../golden/discovery/answers.json', import.meta.url), 'utf8'))

interface Recorded {
  method: string
  path: string
  accept: string
  status: number
  type: string
  vary?: string
  etag?: true
  location?: string
  body?: string
}

const OTHER_PATHS = [
  '/.well-known/openid-configuration',
  '/flagz',
  '/metrics',
  '/metrics/slis',
  '/openid/v1/jwks',
  '/statusz',
]

describe('paths that are not resources', () => {
  const ask = askDocuments({ otherPaths: OTHER_PATHS })

  test.each(golden.requests as Recorded[])(
    '$method $path for $accept is answered as kube-apiserver does',
    (recorded) => {
      const answer = ask(recorded.path, { accept: recorded.accept }, recorded.method)
      expect(answer.status).toBe(recorded.status)
      const isStatus = recorded.body?.includes('"Failure"') || recorded.body?.includes('kind: Status')
      if (isStatus) expect(parsed(answer)).toEqual(load(recorded.body ?? ''))
      else {
        expect(answer.headers['content-type'] ?? '').toBe(recorded.type)
        expect(answer.headers['vary']).toBe(recorded.vary)
        expect('etag' in answer.headers).toBe(recorded.etag ?? false)
        if (recorded.status === 404) expect(answer.body.toString()).toBe(recorded.body)
      }
    },
  )

  test('the root lists the same paths', () => {
    expect(parsed(ask('/'))).toEqual({ paths: golden.root })
  })

  test('the version differs in no field that clients read', () => {
    const free = { gitCommit: '', gitTreeState: 'kubemu' }
    expect(JSON.stringify(parsed(ask('/version')))).toBe(JSON.stringify({ ...golden.version, ...free }))
  })
})

describe('health checks', () => {
  test.each(Object.keys(golden.health))('%s is answered as kube-apiserver does', (url) => {
    expect(askDocuments()(url).body.toString()).toBe(golden.health[url])
  })

  test('a failing check fails the whole, which withholds the reason', () => {
    const ask = askDocuments({}, new Map([['etcd', 'disk is full']]))
    const live = ask('/livez')
    expect(live.status).toBe(500)
    expect(live.body.toString()).toMatch(
      /^\[\+\]ping ok\n(.*\n)*\[-\]etcd failed: reason withheld\n(.*\n)*livez check failed\n$/,
    )
    expect(ask('/livez?exclude=etcd').body.toString()).toBe('ok')
    expect(ask('/livez/etcd')).toMatchObject({
      status: 500,
      body: Buffer.from('internal server error: disk is full\n'),
    })
    expect(ask('/livez/ping').status).toBe(200)
  })
})
