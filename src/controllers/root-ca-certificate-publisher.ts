/** ConfigMap kube-root-ca.crt in each namespace. Mirrors kubernetes pkg/controller/certificates/rootcacertpublisher. */
import { deepEqual } from '../apimachinery/equality.ts'
import { isNotFound } from '../apimachinery/errors.ts'
import type { ConfigMap, Namespace } from '../types/core-v1.ts'
import { defineController } from './controller.ts'
import { isNamespaceTerminating } from './pod-control.ts'

const NAME = 'kube-root-ca.crt'
const DESCRIPTION = 'kubernetes.io/description'
/** Word for word as upstream writes it: it is part of the object. */
const DESCRIPTION_TEXT =
  'Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters.'

export const rootCaCertificatePublisher = defineController({
  name: 'root-ca-certificate-publisher',
  component: 'root-ca-cert-publisher',
  watches: [
    {
      resource: 'namespaces',
      changesOnly: true,
      when: (namespace) => (namespace as Namespace).status?.phase === 'Active',
      keys: ({ metadata }) => [{ namespace: '', name: metadata.name ?? '' }],
    },
    {
      resource: 'configmaps',
      changesOnly: true,
      when: ({ metadata }) => metadata.name === NAME,
      keys: ({ metadata }) => [{ namespace: '', name: metadata.namespace ?? '' }],
    },
  ],
  async reconcile({ name: namespace }, { client, lister, settings }) {
    const found = lister<ConfigMap>('configmaps').get(namespace, NAME)
    // A ConfigMap that went with its namespace is not made again.
    if (lister<Namespace>('namespaces').get('', namespace)?.status?.phase !== 'Active') return
    const data = { 'ca.crt': await settings.rootCa() }
    if (found && deepEqual(found.data, data) && found.metadata.annotations?.[DESCRIPTION]) return
    try {
      if (found) {
        const annotations = { ...found.metadata.annotations, [DESCRIPTION]: DESCRIPTION_TEXT }
        await client.update('configmaps', { ...found, metadata: { ...found.metadata, annotations }, data })
      } else {
        const metadata = { name: NAME, namespace, annotations: { [DESCRIPTION]: DESCRIPTION_TEXT } }
        await client.create<ConfigMap>('configmaps', { apiVersion: 'v1', kind: 'ConfigMap', metadata, data })
      }
    } catch (error) {
      if (!isNotFound(error) && !isNamespaceTerminating(error)) throw error
    }
  },
})
