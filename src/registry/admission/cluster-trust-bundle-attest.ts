/** ClusterTrustBundleAttest: a signer's bundle takes the right to attest for it. Mirrors plugin/pkg/admission/certificates/ctbattest. */
import { deepEqual } from '../../apimachinery/equality.ts'
import { quote } from '../../apimachinery/go-text.ts'
import type { DynamicObject, KubeObject } from '../../apimachinery/meta.ts'
import { mayActForSigner } from './certificate-signers.ts'
import type { AdmissionPlugin } from './plugin.ts'
import { refuse } from './refuse.ts'

export const clusterTrustBundleAttest: AdmissionPlugin = {
  name: 'ClusterTrustBundleAttest',
  concerns: ({ groupResource }) => groupResource === 'clustertrustbundles.certificates.k8s.io',
  validate(request, context) {
    const { operation, object, old } = request
    if (!object) return
    const signerName = object['spec']?.signerName
    if (!signerName || (operation === 'UPDATE' && old && sameButForCollection(object, old))) return
    if (mayActForSigner(context, 'attest', signerName)) return
    throw refuse(request, `user not permitted to attest for signerName ${quote(signerName)}`)
  },
}

/** Nothing differs but what the garbage collector writes. */
function sameButForCollection(object: DynamicObject, old: KubeObject): boolean {
  const { ownerReferences: _, finalizers: __, managedFields: ___, ...metadata } = old.metadata
  const { ownerReferences, finalizers, managedFields, ...own } = object.metadata
  return deepEqual({ ...object, metadata: own }, { ...old, metadata })
}
