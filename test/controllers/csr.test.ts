import { X509Certificate } from 'node:crypto'
import { afterEach, expect, test } from 'vitest'
import type { DynamicObject } from '../../src/apimachinery/meta.ts'
import { type TestCluster, testCluster } from '../support/controllers.ts'
import { csr } from './recorded/csr.cases.ts'

let cluster: TestCluster
afterEach(() => cluster.close())

const requestOf = (title: string): DynamicObject =>
  csr.cases.find((each) => each.title === title)!.steps[0].create as DynamicObject

test('A signed certificate is of the cluster’s authority, for the key and the names of the request.', async () => {
  cluster = await testCluster()
  await cluster.make(requestOf('a kubelet server waits for approval, and is signed'))
  await cluster.client.modify<DynamicObject>(
    'certificatesigningrequests.certificates.k8s.io',
    '',
    'csr',
    (old) => ({ ...old, status: { conditions: [{ type: 'Approved', status: 'True', reason: 'Test' }] } }),
    { subresource: 'approval' },
  )
  await cluster.settle()
  const { status } = await cluster.see('certificatesigningrequests.certificates.k8s.io', 'csr', '')
  const certificate = new X509Certificate(Buffer.from(status.certificate, 'base64'))
  const { data } = (await cluster.see('configmaps', 'kube-root-ca.crt')) as DynamicObject
  const authority = new X509Certificate(data['ca.crt'])
  expect(certificate.checkIssued(authority)).toBe(true)
  expect(certificate.verify(authority.publicKey)).toBe(true)
  expect(certificate.subject).toBe('O=system:nodes\nCN=system:node:n1')
  expect(certificate.subjectAltName).toBe('DNS:n1, IP Address:10.0.0.1')
  expect(certificate.ca).toBe(false)
  expect(certificate.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1'])
  expect(new Date(certificate.validFrom).toISOString()).toBe('2025-12-31T23:55:00.000Z')
  expect(new Date(certificate.validTo).toISOString()).toBe('2026-12-31T23:55:00.000Z')
})

test('A request that nobody decides goes after a day, a signed one after an hour.', async () => {
  cluster = await testCluster()
  const wait = requestOf('a client waits for approval, and is signed')
  await cluster.make(requestOf('a kubelet client is approved and signed'), { ...wait, metadata: { name: 'waits' } })
  const names = async (): Promise<unknown[]> =>
    (await cluster.client.list('certificatesigningrequests.certificates.k8s.io')).map(({ metadata }) => metadata.name)
  await cluster.pass(3_600_000)
  expect(await names()).toEqual(['waits'])
  await cluster.pass(23 * 3_600_000)
  expect(await names()).toEqual([])
})
