/** The ServiceAccount `default` of each namespace. Mirrors kubernetes pkg/controller/serviceaccount/serviceaccounts_controller.go. */
import { isAlreadyExists } from '../apimachinery/errors.ts'
import type { Namespace } from '../types/core-v1.ts'
import { defineController } from './controller.ts'
import { isNamespaceTerminating } from './pod-control.ts'

const NAME = 'default'

export const serviceaccount = defineController({
  name: 'serviceaccount',
  component: 'service-account-controller',
  for: 'namespaces',
  watches: [
    {
      resource: 'serviceaccounts',
      changesOnly: true,
      when: ({ metadata }) => metadata.name === NAME,
      keys: ({ metadata }, _context, _old, { type }) =>
        type === 'deleted' ? [{ namespace: '', name: metadata.namespace ?? '' }] : [],
    },
  ],
  async reconcile({ name }, { client, lister }) {
    const namespace = lister<Namespace>('namespaces').get('', name)
    if (namespace?.status?.phase !== 'Active' || lister('serviceaccounts').get(name, NAME)) return
    try {
      const metadata = { name: NAME, namespace: name }
      await client.create('serviceaccounts', { apiVersion: 'v1', kind: 'ServiceAccount', metadata })
    } catch (error) {
      if (!isAlreadyExists(error) && !isNamespaceTerminating(error)) throw error
    }
  },
})
