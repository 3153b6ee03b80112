import { describe, expect, it } from 'vitest'
import { ADMISSION_PLUGINS, createAdmissionChain } from '../../../src/registry/admission/admission.ts'
import type { AdmissionEnvironment, AdmissionPlugin } from '../../../src/registry/admission/plugin.ts'
import { admissionRequest } from '../../support/admission-request.ts'
import { fakeWriteContext } from '../../support/write-context.ts'

/** The order of a 1.37 server with default flags. */
const UPSTREAM_ORDER = [
  'NamespaceLifecycle',
  'LimitRanger',
  'ServiceAccount',
  'TaintNodesByCondition',
  'PodSecurity',
  'Priority',
  'DefaultTolerationSeconds',
  'DefaultStorageClass',
  'StorageObjectInUseProtection',
  'PodGroupProtection',
  'PersistentVolumeClaimResize',
  'RuntimeClass',
  'CertificateApproval',
  'CertificateSigning',
  'ClusterTrustBundleAttest',
  'CertificateSubjectRestriction',
  'DefaultIngressClass',
  'PodTopologyLabels',
  'NodeDeclaredFeatureValidator',
  'PodResizeValidator',
  'MutatingAdmissionPolicy',
  'MutatingAdmissionWebhook',
  'ValidatingAdmissionPolicy',
  'ValidatingAdmissionWebhook',
  'ResourceQuota',
]

/** None of these plug-ins looks at it. */
const ENVIRONMENT = {} as AdmissionEnvironment

const request = admissionRequest('CREATE', 'configmaps', {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'c' },
})

function recording(order: string[], name: string, waits: boolean): AdmissionPlugin {
  const note = () => {
    order.push(name)
    return waits ? Promise.resolve() : undefined
  }
  return { name, admit: note, validate: note }
}

describe('admission', () => {
  it('has its plug-ins in the order of upstream', () => {
    const byDefault = ADMISSION_PLUGINS.filter((plugin) => !('offByDefault' in plugin)).map(({ name }) => name)
    expect(byDefault).toEqual(UPSTREAM_ORDER.filter((name) => byDefault.includes(name)))
  })

  it('is synchronous when no plug-in waits', () => {
    const order: string[] = []
    const chain = createAdmissionChain(ENVIRONMENT, {}, [recording(order, 'a', false), recording(order, 'b', false)])
    expect(chain.admit(request, fakeWriteContext())).toBeUndefined()
    expect(order).toEqual(['a', 'b'])
  })

  it('keeps the order when one has to wait', async () => {
    const order: string[] = []
    const plugins = [recording(order, 'a', false), recording(order, 'b', true), recording(order, 'c', false)]
    const waiting = createAdmissionChain(ENVIRONMENT, {}, plugins).validate(request, fakeWriteContext())
    expect(order).toEqual(['a', 'b'])
    await waiting
    expect(order).toEqual(['a', 'b', 'c'])
  })

  it('leaves out what is disabled, and does not know other names', () => {
    const order: string[] = []
    const plugins = [recording(order, 'a', false), recording(order, 'b', false)]
    createAdmissionChain(ENVIRONMENT, { disable: ['a'] }, plugins).admit(request, fakeWriteContext())
    expect(order).toEqual(['b'])
    expect(() => createAdmissionChain(ENVIRONMENT, { disable: ['x'] }, plugins)).toThrow(
      'disable-admission-plugins plugin "x" is unknown',
    )
  })
})
