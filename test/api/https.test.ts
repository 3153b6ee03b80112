/** HTTPS: what the server shows, and who its clients are by what they show. */
import { X509Certificate } from 'node:crypto'
import { Agent, request } from 'node:https'
import { connect } from 'node:tls'
import { load } from 'js-yaml'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { DynamicObject } from '../../src/apimachinery/meta.ts'
import { type Cluster, createCluster } from '../../src/cluster.ts'
import type { ConfigMap } from '../../src/types/core-v1.ts'
import { signingRequest } from '../support/signing-request.ts'
import { createTlsAuthority, type TlsAuthority } from '../support/tls-authority.ts'

const REVIEW = '/apis/authentication.k8s.io/v1/selfsubjectreviews'

interface Identity {
  cert?: string
  key?: string
  token?: string
}

let cluster: Cluster
let url: string
let authority: string

beforeAll(async () => {
  cluster = await createCluster({
    controllers: ['certificatesigningrequest-signing'],
    nodes: 0,
    authorizationMode: 'RBAC',
  })
  url = await cluster.listen({ tls: true })
  authority = authorityOf(cluster.kubeconfig())
})
afterAll(() => cluster.close())

function authorityOf(kubeconfig: string): string {
  const { clusters } = load(kubeconfig) as { clusters: { cluster: Record<string, string> }[] }
  return Buffer.from(clusters[0]!.cluster['certificate-authority-data'] as string, 'base64').toString()
}

/** The body of the answer; the server has to be the one that the authority signed for. */
function send(at: string, path: string, body?: object, { token, ...shown }: Identity = {}, ca = authority) {
  const method = path.endsWith('/approval') ? 'PUT' : body ? 'POST' : 'GET'
  const agent = new Agent({ ca, ...shown })
  const headers = { 'content-type': 'application/json', ...(token ? { authorization: `Bearer ${token}` } : {}) }
  return new Promise<DynamicObject>((resolve, reject) => {
    const asked = request(at + path, { method, headers, agent }, async (response) => {
      let text = ''
      for await (const chunk of response) text += chunk
      agent.destroy()
      resolve(JSON.parse(text) as DynamicObject)
    })
    asked.on('error', reject)
    asked.end(body && JSON.stringify(body))
  })
}

const userOf = async (identity: Identity, at = url, ca = authority) =>
  (await send(at, REVIEW, {}, identity, ca))['status']?.userInfo

/** A certificate that the cluster's own signer made for a request, as `kubectl certificate` has it. */
async function clientCertificate(name: string, usages: string[]): Promise<Required<Pick<Identity, 'cert' | 'key'>>> {
  const { request: asked, key } = await signingRequest(`CN=${name},O=team-a,O=team-b`)
  const object = {
    apiVersion: 'certificates.k8s.io/v1',
    kind: 'CertificateSigningRequest',
    metadata: { name },
    spec: {
      request: asked,
      signerName: 'kubernetes.io/kube-apiserver-client',
      usages,
    },
  }
  const made = await cluster.client.create('certificatesigningrequests.certificates.k8s.io', object as never)
  const conditions = [{ type: 'Approved', status: 'True', reason: 'Test', message: 'yes' }]
  const path = `/apis/certificates.k8s.io/v1/certificatesigningrequests/${name}`
  await send(url, `${path}/approval`, { ...(made as object), status: { conditions } })
  await cluster.settle()
  const signed = await send(url, path)
  return { cert: Buffer.from(signed['status'].certificate as string, 'base64').toString(), key }
}

describe('a cluster that serves HTTPS', () => {
  it('shows a certificate of its own authority, for the names of an API server', async () => {
    expect(url).toMatch(/^https:\/\/127\.0\.0\.1:\d+$/)
    const shown = await peerOf(url)
    expect(shown.checkIssued(new X509Certificate(authority))).toBe(true)
    for (const name of ['kubernetes.default.svc', 'localhost']) expect(shown.checkHost(name)).toBe(name)
    for (const address of ['127.0.0.1', '::1']) expect(shown.checkIP(address)).toBe(address)
    expect((await send(url, '/version'))['major']).toBe('1')
  })

  it('is not known to who trusts others', async () => {
    const other = await createTlsAuthority()
    await expect(send(url, '/version', undefined, {}, other.pem)).rejects.toThrow(/signature|issuer|certificate/)
  })

  it('takes a client without anything for the admin, and a token for its account', async () => {
    expect((await userOf({})).username).toBe('kubernetes-admin')
    await cluster.apply({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'robot', namespace: 'default' } })
    const path = '/api/v1/namespaces/default/serviceaccounts/robot/token'
    const token = (await send(url, path, { spec: {} }))['status'].token as string
    expect((await userOf({ token })).username).toBe('system:serviceaccount:default:robot')
  })

  it('takes a certificate that it signed itself for the user and the groups of its subject', async () => {
    const shown = await clientCertificate('jane', ['client auth'])
    expect(await userOf(shown)).toEqual({
      username: 'jane',
      groups: ['team-a', 'team-b', 'system:authenticated'],
      extra: { 'authentication.kubernetes.io/credential-id': [expect.stringMatching(/^X509SHA256=[0-9a-f]{64}$/)] },
    })
    const refused = await send(url, '/api/v1/namespaces/default/configmaps', undefined, shown)
    expect(refused['message']).toContain('User "jane" cannot list resource "configmaps"')
  })

  it('answers 401 to the certificate of another authority', async () => {
    const other = await createTlsAuthority()
    const shown = await other.serverFor(['jane'])
    expect(await send(url, REVIEW, {}, shown)).toMatchObject({ code: 401, reason: 'Unauthorized' })
  })
})

describe('a cluster with certificates of somebody else', () => {
  let other: TlsAuthority
  let own: Cluster
  let at: string
  beforeAll(async () => {
    other = await createTlsAuthority()
    const { cert, key } = await other.serverFor(['localhost', '127.0.0.1'])
    own = await createCluster({ controllers: false, nodes: 0 })
    at = await own.listen({ tls: { cert, key, clientCa: other.pem } })
  })
  afterAll(() => own.close())

  it('shows them, and its kubeconfig trusts them', async () => {
    expect((await send(at, '/version', undefined, {}, other.pem))['major']).toBe('1')
    expect(authorityOf(own.kubeconfig()).trim()).toBe((await peerOf(at)).toString().trim())
  })

  it('refuses half of a pair', async () => {
    const half = await createCluster({ controllers: false, nodes: 0 })
    await expect(half.listen({ tls: { cert: 'x' } })).rejects.toThrow('listen: tls.cert and tls.key go together')
    await half.close()
  })
})

function peerOf(at: string): Promise<X509Certificate> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port: Number(new URL(at).port), host: '127.0.0.1', rejectUnauthorized: false }, () => {
      resolve(socket.getPeerX509Certificate()!)
      socket.destroy()
    })
    socket.on('error', reject)
  })
}

describe('what extension API servers are told of it', () => {
  const NAME = 'extension-apiserver-authentication'
  const told = async (of: Cluster) => of.client.get<ConfigMap>('configmaps', 'kube-system', NAME)

  it('is whose certificates clients show, written by the API server and by nobody else', async () => {
    const { data, metadata } = await told(cluster)
    expect(data).toEqual({ 'client-ca-file': authority })
    expect(metadata.managedFields).toMatchObject([
      { manager: 'kube-apiserver', fieldsV1: { 'f:data': { '.': {}, 'f:client-ca-file': {} } } },
    ])
  })

  it('comes again when it goes, by a deletion or by a reset', async () => {
    const { uid } = (await told(cluster)).metadata
    await cluster.client.delete('configmaps', 'kube-system', NAME)
    await cluster.settle()
    const again = (await told(cluster)).metadata.uid
    expect(again).not.toBe(uid)
    await cluster.reset()
    expect((await told(cluster)).data).toEqual({ 'client-ca-file': authority })
  })

  it('keeps the authorities of others, each once, and what cannot be read as it is', async () => {
    const { pem } = await createTlsAuthority()
    const write = async (data: ConfigMap['data']) => {
      await cluster.client.modify<ConfigMap>('configmaps', 'kube-system', NAME, (old) => ({ ...old, data }))
      await cluster.settle()
      return (await told(cluster)).data
    }
    const both = new X509Certificate(pem).toString() + authority
    expect(await write({ 'client-ca-file': pem + pem, other: 'a' })).toEqual({ 'client-ca-file': both })
    expect(await write({ 'client-ca-file': 'junk' })).toEqual({ 'client-ca-file': 'junk' })
  })

  it('is nothing where nobody shows certificates', async () => {
    await using plain = await createCluster({ controllers: false, nodes: 0 })
    await plain.listen()
    await expect(told(plain)).rejects.toMatchObject({ code: 404 })
  })
})
