/** Tokens that Secrets hold: whose they are, and when they are no longer good. Mirrors pkg/serviceaccount/legacy_test.go. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { DynamicObject, KubeObject } from '../../src/apimachinery/meta.ts'
import { type Cluster, createCluster } from '../../src/cluster.ts'

let cluster: Cluster

beforeAll(async () => {
  cluster = await createCluster({ controllers: ['serviceaccount-token'], nodes: 0 })
  await cluster.listen()
})
afterAll(() => cluster.close())

/** Makes an account and a Secret for it; answers the token that the Secret gets. */
async function tokenOf(name: string): Promise<string> {
  const annotations = { 'kubernetes.io/service-account.name': name }
  const type = 'kubernetes.io/service-account-token'
  await cluster.apply([
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, namespace: 'default' } },
    { apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace: 'default', annotations }, type } as KubeObject,
  ])
  await cluster.settle()
  const secret = await cluster.client.get<DynamicObject>('secrets', 'default', name)
  return Buffer.from(secret['data'].token, 'base64').toString()
}

async function post(path: string, body: object, token?: string): Promise<DynamicObject> {
  const headers = { 'content-type': 'application/json', ...(token ? { authorization: `Bearer ${token}` } : {}) }
  const answer = await fetch(`${cluster.url}/apis/${path}`, { method: 'POST', headers, body: JSON.stringify(body) })
  return (await answer.json()) as DynamicObject
}

const review = async (token: string): Promise<DynamicObject['status']> =>
  (await post('authentication.k8s.io/v1/tokenreviews', { spec: { token } }))['status']

test('a token of a Secret is its account, until the Secret holds another or is gone', async () => {
  const token = await tokenOf('robot')
  expect(await review(token)).toMatchObject({
    authenticated: true,
    user: {
      username: 'system:serviceaccount:default:robot',
      groups: expect.arrayContaining(['system:serviceaccounts']),
    },
  })
  const { status } = await post('authentication.k8s.io/v1/selfsubjectreviews', {}, token)
  expect(status.userInfo.username).toBe('system:serviceaccount:default:robot')
  await cluster.client.modify<DynamicObject>('secrets', 'default', 'robot', (old) => ({
    ...old,
    data: { ...old['data'], token: Buffer.from('another').toString('base64') },
  }))
  expect((await review(token)).error).toContain("Token does not match server's copy")
  await cluster.client.delete('secrets', 'default', 'robot')
  expect((await review(token)).error).toContain('Token has been invalidated')
})

test('a token does not outlive its account', async () => {
  const token = await tokenOf('guest')
  await cluster.client.delete('serviceaccounts', 'default', 'guest')
  await cluster.settle()
  expect(await review(token)).toMatchObject({ error: expect.stringContaining('Token has been invalidated') })
  await expect(cluster.client.get('secrets', 'default', 'guest')).rejects.toThrow('not found')
})
