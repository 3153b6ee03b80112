/** HTTPS with the newest kubectl: it verifies the server by the kubeconfig, and sends tokens, which it never does over plain HTTP. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { signingRequest } from '../support/signing-request.ts'
import { findKubectls, type Kubectl, kubectlFor } from './kubectl/kubectl.ts'
import { type Server, startServer } from './server.ts'

const binary = findKubectls().at(-1)

describe.skipIf(!binary)('kubectl over HTTPS, with RBAC', () => {
  let server: Server
  let kubectl: Kubectl
  beforeAll(async () => {
    server = await startServer('--https', '--authorization-mode', 'RBAC')
    kubectl = kubectlFor(binary!, server, 'default')
  })
  afterAll(async () => {
    expect(await server.stop()).toBe(0)
  })

  it('trusts the server that its kubeconfig names', async () => {
    expect(server.url).toMatch(/^https:/)
    expect(await kubectl('get', 'nodes', '-o', 'name')).toBe('node/node-1\n')
  })

  it('is the service account of its --token, and may what roles give it', async () => {
    await kubectl('create', 'serviceaccount', 'robot')
    const token = (await kubectl('create', 'token', 'robot')).trim()
    await expect(kubectl('--token', token, 'get', 'configmaps')).rejects.toThrow(
      'User "system:serviceaccount:default:robot" cannot list resource "configmaps" in API group "" in the namespace "default"',
    )
    await kubectl('create', 'rolebinding', 'robot', '--clusterrole=view', '--serviceaccount=default:robot')
    expect(await kubectl('--token', token, 'get', 'configmaps', '-o', 'name')).toBe('configmap/kube-root-ca.crt\n')
    expect(await kubectl('--token', token, 'auth', 'whoami')).toContain('system:serviceaccount:default:robot')
  })

  it('is the user of a certificate that the cluster signed', async () => {
    const at = (name: string): string => join(server.folder, name)
    const { request, key } = await signingRequest('CN=jane,O=team-a')
    writeFileSync(at('jane.key'), key)
    writeFileSync(at('csr.yaml'), manifest(request))
    await kubectl('apply', '-f', at('csr.yaml'))
    await kubectl('certificate', 'approve', 'jane')
    await kubectl('wait', '--for=jsonpath={.status.certificate}', 'csr/jane')
    const signed = await kubectl('get', 'csr', 'jane', '-o', 'jsonpath={.status.certificate}')
    writeFileSync(at('jane.crt'), Buffer.from(signed, 'base64'))
    const shown = ['--client-certificate', at('jane.crt'), '--client-key', at('jane.key')]
    const who = await kubectl(...shown, 'auth', 'whoami')
    expect(who).toMatch(/Username\s+jane/)
    expect(who).toContain('[team-a system:authenticated]')
  })
})

const manifest = (request: string): string => `apiVersion: certificates.k8s.io/v1
kind: CertificateSigningRequest
metadata:
  name: jane
spec:
  request: ${request}
  signerName: kubernetes.io/kube-apiserver-client
  usages: [client auth]
`
