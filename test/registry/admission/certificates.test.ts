import { describe, expect, it } from 'vitest'
import type { DynamicObject } from '../../../src/apimachinery/meta.ts'
import { certificateApproval } from '../../../src/registry/admission/certificate-approval.ts'
import { certificateSigning } from '../../../src/registry/admission/certificate-signing.ts'
import { clusterTrustBundleAttest } from '../../../src/registry/admission/cluster-trust-bundle-attest.ts'
import type { AdmissionPlugin, AdmissionRequest } from '../../../src/registry/admission/plugin.ts'
import type { AccessAttributes } from '../../../src/registry/authorization/authorizer.ts'
import { admissionRequest, chainOf } from '../../support/admission-request.ts'
import { fakeWriteContext } from '../../support/write-context.ts'

const CSRS = 'certificatesigningrequests.certificates.k8s.io'
const BUNDLES = 'clustertrustbundles.certificates.k8s.io'
const csr = (status: object = {}): DynamicObject => ({
  apiVersion: 'certificates.k8s.io/v1',
  kind: 'CertificateSigningRequest',
  metadata: { name: 'c' },
  spec: { signerName: 'example.com/signer' },
  status,
})
const bundle = (metadata: object, trustBundle: string): DynamicObject => ({
  apiVersion: 'certificates.k8s.io/v1',
  kind: 'ClusterTrustBundle',
  metadata: { name: 'b', ...metadata },
  spec: { signerName: 'example.com/signer', trustBundle },
})
const update = (door: string, object: DynamicObject, old: DynamicObject): AdmissionRequest =>
  admissionRequest('UPDATE', CSRS, object, { subresource: door, old })

/** Asks with an authorizer that allows only `allowed`; answers what it was asked, and throws what the plug-in throws. */
function asked(plugin: AdmissionPlugin, request: AdmissionRequest, allowed?: string): string[] {
  const questions: string[] = []
  const authorizer = {
    authorize({ verb, group, resource, name }: AccessAttributes) {
      questions.push(`${verb} ${resource}.${group} ${name}`)
      return { allowed: name === allowed, reason: '' }
    },
    rulesFor: () => ({ rules: [], errors: [] }),
  }
  chainOf(plugin).validate(request, fakeWriteContext({ authorizer }))
  return questions
}

describe('the certificate plug-ins', () => {
  it.each([
    ['approve', certificateApproval, update('approval', csr(), csr()), CSRS, 'approve requests with'],
    ['sign', certificateSigning, update('status', csr({ certificate: 'eA==' }), csr()), CSRS, 'sign requests with'],
    ['attest', clusterTrustBundleAttest, admissionRequest('CREATE', BUNDLES, bundle({}, 'x')), BUNDLES, 'attest for'],
  ])('who may not %s for the signer is refused', (verb, plugin, request, resource, what) => {
    const why = `${resource} "${request.object?.metadata.name}" is forbidden: user not permitted to ${what} signerName "example.com/signer"`
    expect(() => asked(plugin, request)).toThrow(why)
    expect(asked(plugin, request, 'example.com/*')).toEqual([
      `${verb} signers.certificates.k8s.io example.com/signer`,
      `${verb} signers.certificates.k8s.io example.com/*`,
    ])
  })

  it.each([
    [
      'a status that keeps certificate and conditions',
      certificateSigning,
      update('status', csr({ conditions: [] }), csr({ conditions: [] })),
    ],
    ['another door', certificateApproval, update('status', csr(), csr())],
    [
      'an owner reference on a bundle',
      clusterTrustBundleAttest,
      admissionRequest('UPDATE', BUNDLES, bundle({ finalizers: ['a/b'] }, 'x'), { old: bundle({}, 'x') }),
    ],
  ])('nobody is asked about %s', (_, plugin, request) => {
    expect(asked(plugin, request)).toEqual([])
  })
})
