/** NamespaceAutoProvision: the first object makes its namespace. Off by default. Mirrors plugin/pkg/admission/namespace/autoprovision. */
import { isAlreadyExists } from '../../apimachinery/errors.ts'
import type { WriteContext } from '../definition.ts'
import type { AdmissionPlugin } from './plugin.ts'

export const namespaceAutoProvision: AdmissionPlugin = {
  name: 'NamespaceAutoProvision',
  offByDefault: true,
  concerns: ({ groupResource, operation }) => operation === 'CREATE' && groupResource !== 'namespaces',
  admit({ namespace }, context) {
    if (namespace === '' || context.dryRun || context.reader.get('namespaces', '', namespace)) return
    return provide(namespace, context)
  },
}

async function provide(name: string, { writer }: WriteContext): Promise<void> {
  try {
    await writer.create('namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name } })
  } catch (error) {
    if (!isAlreadyExists(error)) throw error
  }
}
