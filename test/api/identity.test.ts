/** Tokens that the cluster issued, as requests carry them and as reviews judge them; what verifiers elsewhere read. Answers compared with a real server's. */
import { createRemoteJWKSet, jwtVerify } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { ManualClock } from '../../src/apimachinery/clock.ts'
import type { DynamicObject } from '../../src/apimachinery/meta.ts'
import { type Cluster, createCluster } from '../../src/cluster.ts'

const ISSUER = 'https://kubernetes.default.svc.cluster.local'
const clock = new ManualClock(Date.now())
let cluster: Cluster
let url: string
let uid: string

beforeAll(async () => {
  cluster = await createCluster({ controllers: false, nodes: 0, clock })
  url = await cluster.listen()
  uid = (await post('/api/v1/namespaces/default/serviceaccounts', { metadata: { name: 'robot' } })).metadata
    .uid as string
})
afterAll(() => cluster.close())

async function post(path: string, body: object, token?: string): Promise<DynamicObject> {
  const headers = { 'content-type': 'application/json', ...(token ? { authorization: `Bearer ${token}` } : {}) }
  return (await (
    await fetch(url + path, { method: 'POST', headers, body: JSON.stringify(body) })
  ).json()) as DynamicObject
}

const tokenFor = async (name: string, spec: object = {}): Promise<string> =>
  (await post(`/api/v1/namespaces/default/serviceaccounts/${name}/token`, { spec }))['status'].token
const review = async (token: string, audiences?: string[]): Promise<DynamicObject['status']> =>
  (await post('/apis/authentication.k8s.io/v1/tokenreviews', { spec: { token, audiences } }))['status']

const robot = () => ({
  username: 'system:serviceaccount:default:robot',
  uid,
  groups: ['system:serviceaccounts', 'system:serviceaccounts:default', 'system:authenticated'],
  extra: { 'authentication.kubernetes.io/credential-id': [expect.stringMatching(/^JTI=/)] },
})

describe('a token that the cluster issued', () => {
  it('is its account, to reviews and to requests that carry it', async () => {
    const token = await tokenFor('robot')
    expect(await review(token)).toEqual({ authenticated: true, user: robot(), audiences: [ISSUER] })
    const self = await post('/apis/authentication.k8s.io/v1/selfsubjectreviews', {}, token)
    expect(self['status'].userInfo).toEqual(robot())
  })

  it('is good for its audiences only', async () => {
    const token = await tokenFor('robot', { audiences: ['vault'] })
    expect(await review(token, ['vault', 'x'])).toMatchObject({ authenticated: true, audiences: ['vault'] })
    const error = `[invalid bearer token, token audiences ["vault"] is invalid for the target audiences ["${ISSUER}"]]`
    expect(await review(token)).toEqual({ user: {}, error })
  })

  it('is not good when it was tampered with, nor as a request', async () => {
    const token = await tokenFor('robot')
    const [head, body, signature] = token.split('.') as [string, string, string]
    const forged = `${head}.${body}.${signature.startsWith('A') ? 'B' : 'A'}${signature.slice(1)}`
    expect(await review(forged)).toEqual({
      user: {},
      error: '[invalid bearer token, go-jose/go-jose: error in cryptographic primitive]',
    })
    expect(await post('/apis/authentication.k8s.io/v1/selfsubjectreviews', {}, forged)).toMatchObject({
      code: 401,
      reason: 'Unauthorized',
      message: 'Unauthorized',
    })
  })

  it('ends with its time, its account, and the pod it is bound to', async () => {
    await post('/api/v1/namespaces/default/serviceaccounts', { metadata: { name: 'gone' } })
    const pod = {
      metadata: { name: 'p' },
      spec: { serviceAccountName: 'robot', containers: [{ name: 'c', image: 'i' }] },
    }
    await post('/api/v1/namespaces/default/pods', pod)
    const boundObjectRef = { apiVersion: 'v1', kind: 'Pod', name: 'p' }
    const [plain, gone, bound] = [
      await tokenFor('robot'),
      await tokenFor('gone'),
      await tokenFor('robot', { boundObjectRef }),
    ]
    expect((await review(bound)).user.extra).toMatchObject({ 'authentication.kubernetes.io/pod-name': ['p'] })
    await fetch(`${url}/api/v1/namespaces/default/pods/p`, { method: 'DELETE' })
    await fetch(`${url}/api/v1/namespaces/default/serviceaccounts/gone`, { method: 'DELETE' })
    expect((await review(bound)).error).toBe('[invalid bearer token, service account token has been invalidated]')
    expect((await review(gone)).error).toBe('[invalid bearer token, serviceaccounts "gone" not found]')
    clock.advance(2 * 3600 * 1000)
    expect((await review(plain)).error).toBe('[invalid bearer token, service account token has expired]')
  })

  it('of another issuer says nothing here: the request is the admin', async () => {
    const foreign = `x.${Buffer.from('{"iss":"https://elsewhere"}').toString('base64url')}.y`
    const self = await post('/apis/authentication.k8s.io/v1/selfsubjectreviews', {}, foreign)
    expect(self['status'].userInfo.username).toBe('kubernetes-admin')
  })
})

describe('a watch over WebSocket', () => {
  const PATH = '/api/v1/namespaces/default/configmaps?watch=1'
  let guarded: Cluster
  let at: string
  let token: string
  beforeAll(async () => {
    guarded = await createCluster({ controllers: false, nodes: 0, authorizationMode: 'RBAC' })
    at = (await guarded.listen()).replace('http', 'ws')
    const account = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'robot', namespace: 'default' } }
    await guarded.apply(account)
    const path = '/api/v1/namespaces/default/serviceaccounts/robot/token'
    const headers = { 'content-type': 'application/json' }
    const answer = await fetch(at.replace('ws', 'http') + path, { method: 'POST', headers, body: '{"spec":{}}' })
    token = ((await answer.json()) as DynamicObject)['status'].token
  })
  afterAll(() => guarded.close())

  const refused = 'configmaps is forbidden: User "system:serviceaccount:default:robot" cannot watch resource'

  it.each<[string, () => [string[], Record<string, string>]]>([
    ['in a header', () => [[], { authorization: `Bearer ${token}` }]],
    ['as a protocol, where browsers have no other place', () => [protocols(token), {}]],
    ['by impersonation', () => [[], { 'impersonate-user': 'system:serviceaccount:default:robot' }]],
  ])('is asked for by whom it names %s', async (_, how) => {
    expect(await open(at + PATH, ...how())).toContain(refused)
    await guarded.apply(READER)
    expect(await open(at + PATH, ...how())).toBe('open')
    await guarded.client.delete('rolebindings.rbac.authorization.k8s.io', 'default', 'reader')
  })

  it('is the admin’s without a name', async () => {
    expect(await open(at + PATH, [], {})).toBe('open')
  })
})

const protocols = (token: string): string[] => [
  `base64url.bearer.authorization.k8s.io.${Buffer.from(token).toString('base64url')}`,
  'binary.k8s.io',
]

const READER = {
  apiVersion: 'rbac.authorization.k8s.io/v1',
  kind: 'RoleBinding',
  metadata: { name: 'reader', namespace: 'default' },
  roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
  subjects: [{ kind: 'ServiceAccount', name: 'robot', namespace: 'default' }],
} as never

/** `open`, or the message of the refusal. */
function open(address: string, names: string[], headers: Record<string, string>): Promise<string> {
  const socket = new WebSocket(address, names, { headers })
  return new Promise((resolve) => {
    socket.once('open', () => {
      socket.terminate()
      resolve('open')
    })
    socket.once('unexpected-response', async (_, response) => {
      let text = ''
      for await (const chunk of response) text += chunk
      resolve((JSON.parse(text) as { message: string }).message)
    })
  })
}

describe('the issuer', () => {
  it('describes itself, and its key verifies the tokens elsewhere', async () => {
    const answer = await fetch(`${url}/.well-known/openid-configuration`)
    expect(answer.headers.get('cache-control')).toBe('public, max-age=3600')
    const { jwks_uri: keys, ...description } = (await answer.json()) as Record<string, string>
    expect(description).toEqual({
      issuer: ISSUER,
      response_types_supported: ['id_token'],
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: ['ES256'],
    })
    const token = await tokenFor('robot')
    const options = { issuer: ISSUER, currentDate: new Date(clock.now()) }
    const { payload } = await jwtVerify(token, createRemoteJWKSet(new URL(keys as string)), options)
    expect(payload.sub).toBe('system:serviceaccount:default:robot')
    expect((await fetch(`${url}/openid/v1/jwks`)).headers.get('content-type')).toBe('application/jwk-set+json')
  })
})
