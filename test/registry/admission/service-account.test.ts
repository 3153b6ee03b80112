import { describe, expect, it } from 'vitest'
import type { DynamicObject } from '../../../src/apimachinery/meta.ts'
import { serviceAccount } from '../../../src/registry/admission/service-account.ts'
import { admissionRequest, chainOf } from '../../support/admission-request.ts'
import { type FakeWriteContext, fakeWriteContext } from '../../support/write-context.ts'

const pod = (spec: Record<string, unknown> = {}, annotations?: Record<string, string>): DynamicObject => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'p', namespace: 'ns', ...(annotations ? { annotations } : {}) },
  spec: { containers: [{ name: 'c', image: 'i' }], ...spec },
})

function withAccount(fields: Record<string, unknown> = {}, annotations?: Record<string, string>): FakeWriteContext {
  const context = fakeWriteContext()
  const metadata = { name: 'default', namespace: 'ns', ...(annotations ? { annotations } : {}) }
  context.put('serviceaccounts', { apiVersion: 'v1', kind: 'ServiceAccount', metadata, ...fields })
  return context
}

function admit(object: DynamicObject, context: FakeWriteContext): DynamicObject['spec'] {
  serviceAccount.admit?.(admissionRequest('CREATE', 'pods', object), context)
  return object['spec']
}

describe('ServiceAccount', () => {
  it('gives a bare pod the default account and its token volume, as the real server does', () => {
    expect(admit(pod(), withAccount())).toEqual({
      serviceAccountName: 'default',
      serviceAccount: 'default',
      containers: [
        {
          name: 'c',
          image: 'i',
          volumeMounts: [
            {
              name: 'kube-api-access-bcdfg',
              readOnly: true,
              mountPath: '/var/run/secrets/kubernetes.io/serviceaccount',
            },
          ],
        },
      ],
      volumes: [
        {
          name: 'kube-api-access-bcdfg',
          projected: {
            defaultMode: 420,
            sources: [
              { serviceAccountToken: { expirationSeconds: 3607, path: 'token' } },
              { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
              {
                downwardAPI: {
                  items: [{ path: 'namespace', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } }],
                },
              },
            ],
          },
        },
      ],
    })
  })

  it('refuses a pod whose account is not there', () => {
    expect(() => admit(pod(), fakeWriteContext())).toThrow(
      'pods "p" is forbidden: error looking up service account ns/default: serviceaccount "default" not found',
    )
  })

  it('names a pod without a name by its generateName', () => {
    const object = pod()
    object.metadata = { generateName: 'web-', namespace: 'ns' }
    expect(() => admit(object, fakeWriteContext())).toThrow('pods "web-" is forbidden')
  })

  it.each([
    ['the pod says no', { automountServiceAccountToken: false }, {}],
    ['the account says no', {}, { automountServiceAccountToken: false }],
  ])('mounts no token when %s', (_, spec, account) => {
    expect(admit(pod(spec), withAccount(account)).volumes).toBeUndefined()
  })

  it('mounts the token when the pod says yes and the account no', () => {
    const spec = admit(
      pod({ automountServiceAccountToken: true }),
      withAccount({ automountServiceAccountToken: false }),
    )
    expect(spec.volumes).toHaveLength(1)
  })

  it('adds neither mount nor volume where a container has its own mount at the path', () => {
    const own = { name: 'own', mountPath: '/var/run/secrets/kubernetes.io/serviceaccount' }
    const spec = admit(pod({ containers: [{ name: 'c', volumeMounts: [own] }] }), withAccount())
    expect(spec.containers[0].volumeMounts).toEqual([own])
    expect(spec.volumes).toBeUndefined()
  })

  it('gives the account its pull secrets only to a pod without any', () => {
    const account = { imagePullSecrets: [{ name: 'from-account' }] }
    expect(admit(pod(), withAccount(account)).imagePullSecrets).toEqual([{ name: 'from-account' }])
    const own = { imagePullSecrets: [{ name: 'own' }] }
    expect(admit(pod(own), withAccount(account)).imagePullSecrets).toEqual([{ name: 'own' }])
  })

  it.each([
    [
      { volumes: [{ name: 'v', secret: { secretName: 's' } }] },
      'volume with secret.secretName="s" is not allowed because service account default does not reference that secret',
    ],
    [
      { containers: [{ name: 'c', env: [{ name: 'E', valueFrom: { secretKeyRef: { name: 's', key: 'k' } } }] }] },
      'container c with envVar E referencing secret.secretName="s" is not allowed because service account default does not reference that secret',
    ],
    [
      { initContainers: [{ name: 'i', envFrom: [{ secretRef: { name: 's' } }] }] },
      'init container i with envFrom referencing secret.secretName="s" is not allowed because service account default does not reference that secret',
    ],
    [
      { imagePullSecrets: [{ name: 's' }] },
      'imagePullSecrets[0].name="s" is not allowed because service account default does not reference that imagePullSecret',
    ],
  ])('holds a pod to the secrets of its account where the account asks for it: %j', (spec, why) => {
    const context = withAccount({}, { 'kubernetes.io/enforce-mountable-secrets': 'true' })
    expect(() => admit(pod(spec), context)).toThrow(`pods "p" is forbidden: ${why}`)
    expect(() => admit(pod(spec), withAccount())).not.toThrow()
  })

  it('lets a mirror pod name no account', () => {
    const mirror = { 'kubernetes.io/config.mirror': 'x' }
    expect(admit(pod({}, mirror), fakeWriteContext()).volumes).toBeUndefined()
    expect(() => admit(pod({ serviceAccountName: 'a' }, mirror), fakeWriteContext())).toThrow(
      'a mirror pod may not reference service accounts',
    )
  })

  it('leaves updates alone', () => {
    const object = pod()
    chainOf(serviceAccount).admit(admissionRequest('UPDATE', 'pods', object), fakeWriteContext())
    expect(object).toEqual(pod())
  })
})
