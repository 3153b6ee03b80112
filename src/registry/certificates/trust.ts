/** clustertrustbundles and podcertificaterequests: rows and selectable fields. Mirrors pkg/registry/certificates/{clustertrustbundle,podcertificaterequest}. */
import type { DynamicObject } from '../../apimachinery/meta.ts'
import { formatLabels } from '../cells.ts'
import { defineResource } from '../definition.ts'
import { validateBundle } from './clustertrustbundles.validation.ts'

interface Condition {
  type: string
}

const OUTCOMES = ['Issued', 'Denied', 'Failed']

export const clustertrustbundles = defineResource<DynamicObject>('certificates.k8s.io/v1', 'clustertrustbundles', {
  // Its rule depends on the signer: see validateBundle.
  validateName: () => [],
  validate: (bundle) => validateBundle(bundle),
  validateUpdate: (bundle, old) => validateBundle(bundle, old),
  selectableFields: { 'spec.signerName': ({ spec }) => spec?.signerName ?? '' },
  row: ({ metadata, spec }) => [metadata.name ?? '', spec?.signerName || '<none>'],
})

export const podcertificaterequests = defineResource('certificates.k8s.io/v1', 'podcertificaterequests', {
  prepareForCreate(request) {
    request['status'] = {}
  },
  selectableFields: {
    'spec.nodeName': ({ spec }) => spec?.nodeName ?? '',
    'spec.podName': ({ spec }) => spec?.podName ?? '',
    'spec.signerName': ({ spec }) => spec?.signerName ?? '',
  },
  row: ({ metadata, spec = {}, status }) => {
    const conditions: Condition[] = status?.conditions ?? []
    return [
      metadata.name ?? '',
      spec.podName ?? '',
      spec.serviceAccountName ?? '',
      spec.nodeName ?? '',
      spec.signerName ?? '',
      conditions.findLast(({ type }) => OUTCOMES.includes(type))?.type ?? 'Pending',
      formatLabels(spec.unverifiedUserAnnotations),
    ]
  },
})
