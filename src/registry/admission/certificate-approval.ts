/** CertificateApproval: approving a request takes the right to approve for its signer. Mirrors plugin/pkg/admission/certificates/approval. */
import { quote } from '../../apimachinery/go-text.ts'
import type { DynamicObject } from '../../apimachinery/meta.ts'
import { mayActForSigner } from './certificate-signers.ts'
import { type AdmissionPlugin, requestsFor } from './plugin.ts'
import { refuse } from './refuse.ts'

export const certificateApproval: AdmissionPlugin = {
  name: 'CertificateApproval',
  concerns: requestsFor(['certificatesigningrequests.certificates.k8s.io'], ['UPDATE'], ['approval']),
  validate(request, context) {
    const { old } = request
    if (!old) return
    // The old one's: a change of the signer is no way around.
    const { signerName } = (old as DynamicObject)['spec']
    if (mayActForSigner(context, 'approve', signerName)) return
    throw refuse(request, `user not permitted to approve requests with signerName ${quote(signerName)}`)
  },
}
