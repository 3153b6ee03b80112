/** NamespaceLifecycle: no writes into a missing or terminating namespace, three namespaces stay. Mirrors apiserver/pkg/admission/plugin/namespace/lifecycle. */
import { newForbidden, newNotFound } from '../../apimachinery/errors.ts'
import type { WriteContext } from '../definition.ts'
import type { AdmissionPlugin, AdmissionRequest } from './plugin.ts'
import { refuse } from './refuse.ts'

const IMMORTAL = new Set(['default', 'kube-system', 'kube-public'])
const NAMESPACES = { group: '', resource: 'namespaces' }

export const namespaceLifecycle: AdmissionPlugin = {
  name: 'NamespaceLifecycle',
  concerns: ({ groupResource, operation }) => operation === (groupResource === 'namespaces' ? 'DELETE' : 'CREATE'),
  admit(request, context) {
    if (request.definition.groupResource === 'namespaces') {
      if (IMMORTAL.has(request.name)) {
        throw newForbidden(NAMESPACES, request.name, 'this namespace may not be deleted')
      }
    } else if (request.namespace !== '') requireActive(request, context)
  },
}

function requireActive(request: AdmissionRequest, context: WriteContext): void {
  // A 404 here would tell anyone who may ask about permissions which namespaces exist.
  if (request.definition.groupResource === 'localsubjectaccessreviews.authorization.k8s.io') return
  const { namespace } = request
  const found = context.reader.get('namespaces', '', namespace)
  if (found === undefined) throw newNotFound(NAMESPACES, namespace)
  if (found['status']?.phase !== 'Terminating') return
  const error = refuse(request, `unable to create new content in namespace ${namespace} because it is being terminated`)
  error.status.details = {
    ...error.status.details,
    causes: [
      {
        reason: 'NamespaceTerminating',
        message: `namespace ${namespace} is being terminated`,
        field: 'metadata.namespace',
      },
    ],
  }
  throw error
}
