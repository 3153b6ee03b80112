/** Tokens on request: what they say, for how long, and to whom they are refused. Mirrors pkg/registry/core/serviceaccount/storage/token_test.go. */
import { generateKeyPairSync } from 'node:crypto'
import { decodeJwt, decodeProtectedHeader, jwtVerify } from 'jose'
import { expect, it } from 'vitest'
import { isStatusError } from '../../../src/apimachinery/errors.ts'
import type { DynamicObject } from '../../../src/apimachinery/meta.ts'
import { newTokenSigner, requestToken } from '../../../src/registry/core/service-account-token.ts'
import { type FakeWriteContext, fakeWriteContext } from '../../support/write-context.ts'

const ISSUER = 'https://kubernetes.default.svc.cluster.local'
const NOW = Date.UTC(2026, 0, 2, 3, 4, 5) / 1000
const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const tokens = newTokenSigner(
  { privateKey, publicKey },
  { algorithm: 'ES256', keyId: 'k1', issuer: ISSUER, audiences: [ISSUER] },
)

function cluster(): FakeWriteContext {
  const context = fakeWriteContext({ tokens })
  const put = (resource: string, metadata: object, spec = {}) =>
    context.put(resource, { metadata, spec } as unknown as DynamicObject)
  put('serviceaccounts', { name: 'builder', namespace: 'default', uid: 'sa-uid' })
  put('pods', { name: 'web', namespace: 'default', uid: 'pod-uid' }, { serviceAccountName: 'builder', nodeName: 'n1' })
  put('nodes', { name: 'n1', uid: 'node-uid' })
  return context
}

const ask = (spec: object, metadata: object = {}, context = cluster()) =>
  requestToken('builder', 'default', { metadata, spec } as unknown as DynamicObject, context)

it('a token is signed by the key, for the audiences and the time asked for', async () => {
  const answer = (await ask({ audiences: ['vault'], expirationSeconds: 700 })) as DynamicObject
  expect(answer.status.expirationTimestamp).toBe('2026-01-02T03:15:45Z')
  expect(answer.metadata).toMatchObject({ name: 'builder', namespace: 'default', uid: 'sa-uid' })
  expect(decodeProtectedHeader(answer.status.token)).toEqual({ alg: 'ES256', kid: 'k1' })
  const { payload } = await jwtVerify(answer.status.token, publicKey, { currentDate: new Date(NOW * 1000) })
  expect(payload).toEqual({
    aud: ['vault'],
    exp: NOW + 700,
    iat: NOW,
    iss: ISSUER,
    jti: '00000000-0000-4000-8000-000000000001',
    'kubernetes.io': { namespace: 'default', serviceaccount: { name: 'builder', uid: 'sa-uid' } },
    nbf: NOW,
    sub: 'system:serviceaccount:default:builder',
  })
})

it('the token a kubelet asks for lives a year and names pod and node', async () => {
  const boundObjectRef = { kind: 'Pod', apiVersion: 'v1', name: 'web', uid: 'pod-uid' }
  const answer = (await ask({ expirationSeconds: 3607, boundObjectRef })) as DynamicObject
  const claims = decodeJwt(answer.status.token)
  expect(answer.spec.audiences).toEqual([ISSUER])
  expect(claims.exp).toBe(NOW + 365 * 24 * 3600)
  expect(claims['kubernetes.io']).toMatchObject({
    pod: { name: 'web', uid: 'pod-uid' },
    node: { name: 'n1', uid: 'node-uid' },
    warnafter: NOW + 3607,
  })
})

const bound = (ref: object) => ({ boundObjectRef: { kind: 'Pod', apiVersion: 'v1', name: 'web', ...ref } })
it.each([
  ['too short a time', { expirationSeconds: 5 }, {}, 422, 'may not specify a duration less than 10 minutes'],
  ['another name', {}, { name: 'x' }, 422, 'must match the service account name if specified'],
  [
    'another uid',
    {},
    { uid: 'x' },
    409,
    'the UID in the token request (x) does not match the UID of the service account (sa-uid)',
  ],
  ['a pod that is not there', bound({ name: 'nope' }), {}, 404, 'pods "nope" not found'],
  [
    'another pod of that name',
    bound({ uid: 'x' }),
    {},
    409,
    'the UID in the bound object reference (x) does not match the UID in record',
  ],
  [
    'a kind no token is bound to',
    bound({ kind: 'Job', apiVersion: 'batch/v1' }),
    {},
    400,
    'cannot bind token to object of type batch/v1, Kind=Job',
  ],
])('a request with %s is refused', async (_, spec, metadata, code, message) => {
  const error = await ask(spec, metadata).catch((thrown: unknown) => thrown)
  expect(isStatusError(error) && error.code).toBe(code)
  expect(String(error)).toContain(message)
})

it('without a key the answer is a clear 501', async () => {
  const error = await ask({}, {}, fakeWriteContext()).catch((thrown: unknown) => thrown)
  expect(isStatusError(error) && error.code).toBe(501)
})
