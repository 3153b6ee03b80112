/** CertificateSigning: issuing a certificate takes the right to sign for the signer. Mirrors plugin/pkg/admission/certificates/signing. */
import { deepEqual } from '../../apimachinery/equality.ts'
import { quote } from '../../apimachinery/go-text.ts'
import type { DynamicObject } from '../../apimachinery/meta.ts'
import { mayActForSigner } from './certificate-signers.ts'
import { type AdmissionPlugin, requestsFor } from './plugin.ts'
import { refuse } from './refuse.ts'

export const certificateSigning: AdmissionPlugin = {
  name: 'CertificateSigning',
  concerns: requestsFor(['certificatesigningrequests.certificates.k8s.io'], ['UPDATE'], ['status']),
  validate(request, context) {
    const { object } = request
    const old = request.old as DynamicObject | undefined
    if (!old || !object) return
    const same = (field: string): boolean => deepEqual(object['status']?.[field], old['status']?.[field])
    if (same('certificate') && same('conditions')) return
    const { signerName } = old['spec']
    if (mayActForSigner(context, 'sign', signerName)) return
    throw refuse(request, `user not permitted to sign requests with signerName ${quote(signerName)}`)
  },
}
