/** CertificateSubjectRestriction: the client signer gives nobody the group system:masters. Mirrors plugin/pkg/admission/certificates/subjectrestriction. */
import type { DynamicObject } from '../../apimachinery/meta.ts'
import { type AdmissionPlugin, type AdmissionRequest, requestsFor } from './plugin.ts'
import { refuse } from './refuse.ts'

const CLIENT_SIGNER = 'kubernetes.io/kube-apiserver-client'

export const certificateSubjectRestriction: AdmissionPlugin = {
  name: 'CertificateSubjectRestriction',
  concerns: requestsFor(['certificatesigningrequests.certificates.k8s.io'], ['CREATE']),
  validate(request) {
    const { object } = request
    if (object?.['spec'].signerName !== CLIENT_SIGNER) return
    return refuseMasters(request, object)
  },
}

/** The X.509 library is loaded by the first such request: most clusters never see one. */
async function refuseMasters(request: AdmissionRequest, csr: DynamicObject): Promise<void> {
  await import('reflect-metadata')
  const { Pkcs10CertificateRequest } = await import('@peculiar/x509')
  const { subjectName } = new Pkcs10CertificateRequest(Buffer.from(csr['spec'].request, 'base64').toString())
  if (!subjectName.getField('O').includes('system:masters')) return
  throw refuse(request, `use of ${CLIENT_SIGNER} signer with system:masters group is not allowed`)
}
