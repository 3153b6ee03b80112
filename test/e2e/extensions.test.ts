/** What `kubemu start` calls over HTTPS, seen by unmodified kubectl: admission and conversion webhooks, an extension API server. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type HttpsBackend, startHttpsBackend } from '../support/https-backend.ts'
import { createTlsAuthority } from '../support/tls-authority.ts'
import { aggregationRoutes } from '../webhooks/aggregation-routes.ts'
import { conversionRoutes } from '../webhooks/conversion-routes.ts'
import { admissionRoutes } from '../webhooks/routes.ts'
import { findKubectls, type Kubectl, kubectlFor } from './kubectl/kubectl.ts'
import { type Server, startServer } from './server.ts'

const binaries = findKubectls()
const RULES = [{ operations: ['CREATE'], apiGroups: [''], apiVersions: ['v1'], resources: ['configmaps'] }]

if (binaries.length === 0) {
  const reason = 'there is no kubectl: put one on PATH, or name some (a comma list) in KUBECTL'
  console.warn(`SKIPPED the tests of extensions: ${reason}`)
  test('kubectl sees what extensions do', (context) => context.skip(reason))
}

describe.each(binaries)('kubectl $version', (binary) => {
  let server: Server
  let backend: HttpsBackend
  let kubectl: Kubectl
  let bundle: string

  const apply = (object: object): Promise<string> => kubectl.pipe(JSON.stringify(object), 'apply', '-f', '-')

  beforeAll(async () => {
    const authority = await createTlsAuthority()
    bundle = authority.bundle
    const certificate = await authority.serverFor(['hooks.default.svc'])
    backend = await startHttpsBackend(certificate, { ...aggregationRoutes, ...conversionRoutes, ...admissionRoutes })
    server = await startServer('--service-address', `default/hooks:443=127.0.0.1:${backend.port}`)
    kubectl = kubectlFor(binary, server, 'default')
  })
  afterAll(async () => {
    const errors = server.errors()
    expect(await server.stop()).toBe(0)
    expect(errors).toBe('')
    await backend.close()
  })

  const hook = (kind: string, path: string, selector: Record<string, string>): object => ({
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: `${kind}WebhookConfiguration`,
    metadata: { name: `e2e-${kind.toLowerCase()}` },
    webhooks: [
      {
        name: 'hook.example.com',
        admissionReviewVersions: ['v1'],
        sideEffects: 'None',
        rules: RULES,
        objectSelector: { matchLabels: selector },
        clientConfig: { service: { namespace: 'default', name: 'hooks', path }, caBundle: bundle },
      },
    ],
  })

  const map = (name: string, label: string): object => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, labels: { hook: label } },
    data: { a: '1' },
  })

  test('an admission webhook changes and refuses what is applied', async () => {
    await apply(hook('Mutating', '/data', { hook: 'change' }))
    await apply(hook('Validating', '/deny-message', { hook: 'refuse' }))
    await apply(map('changed', 'change'))
    expect(await kubectl('get', 'configmap', 'changed', '-o', 'jsonpath={.data}')).toBe('{"a":"1","by-webhook":"yes"}')
    await expect(apply(map('refused', 'refuse'))).rejects.toThrow(
      'admission webhook "hook.example.com" denied the request: not like this',
    )
  })

  test('a conversion webhook shows an object in the version that is asked for', async () => {
    const versions = ['v1', 'v2'].map((name) => ({
      name,
      served: true,
      storage: name === 'v1',
      schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
    }))
    await apply({
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: 'places.example.com' },
      spec: {
        group: 'example.com',
        scope: 'Namespaced',
        names: { plural: 'places', singular: 'place', kind: 'Place' },
        versions,
        conversion: {
          strategy: 'Webhook',
          webhook: {
            conversionReviewVersions: ['v1'],
            clientConfig: { service: { namespace: 'default', name: 'hooks', path: '/convert' }, caBundle: bundle },
          },
        },
      },
    })
    await kubectl('wait', '--for=condition=Established', 'crd/places.example.com')
    await apply({
      apiVersion: 'example.com/v1',
      kind: 'Place',
      metadata: { name: 'here' },
      spec: { host: 'h', port: 1 },
    })
    const address = ['-o', 'jsonpath={.spec.address}']
    expect(await kubectl('get', 'places.v2.example.com', 'here', ...address)).toBe('h:1')
  })

  test('an extension API server is found, asked, and named in messages', async () => {
    await apply({
      apiVersion: 'apiregistration.k8s.io/v1',
      kind: 'APIService',
      metadata: { name: 'v1.wardle.example.com' },
      spec: {
        group: 'wardle.example.com',
        version: 'v1',
        groupPriorityMinimum: 1000,
        versionPriority: 15,
        service: { namespace: 'default', name: 'hooks', port: 443 },
        caBundle: bundle,
      },
    })
    await kubectl('wait', '--for=condition=Available', 'apiservice/v1.wardle.example.com')
    expect(await kubectl('get', 'apiservice', 'v1.wardle.example.com', '--no-headers')).toMatch(/default\/hooks +True/)
    expect(await kubectl('api-resources', '--api-group=wardle.example.com', '-o', 'name')).toBe(
      'flunders.wardle.example.com\n',
    )
    expect(await kubectl('get', 'flunders', '-o', 'name')).toBe('flunder.wardle.example.com/a\n')
  })
})
