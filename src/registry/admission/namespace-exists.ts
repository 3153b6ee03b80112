/** NamespaceExists: nothing is written where there is no namespace. Off by default; NamespaceLifecycle does more. Mirrors plugin/pkg/admission/namespace/exists. */
import { newNotFound } from '../../apimachinery/errors.ts'
import type { AdmissionPlugin } from './plugin.ts'

export const namespaceExists: AdmissionPlugin = {
  name: 'NamespaceExists',
  offByDefault: true,
  concerns: ({ groupResource }) => groupResource !== 'namespaces',
  validate({ namespace }, { reader }) {
    if (namespace !== '' && !reader.get('namespaces', '', namespace))
      throw newNotFound({ group: '', resource: 'namespaces' }, namespace)
  },
}
