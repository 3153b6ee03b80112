/** Empties a namespace that is being deleted, then lets it go. Mirrors kubernetes pkg/controller/namespace. */
import { deepEqual } from '../../apimachinery/equality.ts'
import type { Namespace } from '../../types/core-v1.ts'
import { ignoreNotFound } from '../claim.ts'
import { type ControllerContext, defineController, type Key, type Result } from '../controller.ts'
import { type Conditions, nextConditions } from './conditions.ts'
import { deleteContent } from './content.ts'

const FINALIZER = 'kubernetes'

export const namespace = defineController({
  name: 'namespace',
  component: 'namespace-controller',
  for: 'namespaces',
  watches: [
    {
      // What is gone may have been the last: looked at once it happens, instead of upstream's polling alone.
      resource: '*',
      changesOnly: true,
      keys({ metadata }, context, _old, { type }) {
        if (type !== 'deleted' || !metadata.namespace) return []
        const found = context.lister('namespaces').get('', metadata.namespace)
        return found?.metadata.deletionTimestamp ? [{ namespace: '', name: metadata.namespace }] : []
      },
    },
  ],
  reconcile,
})

async function reconcile({ name }: Key, context: ControllerContext): Promise<Result | undefined> {
  let found = context.lister<Namespace>('namespaces').get('', name)
  if (!found?.metadata.deletionTimestamp) return undefined
  if (found.status?.phase !== 'Terminating') {
    const status = { ...found.status, phase: 'Terminating' as const }
    found = await ignoreNotFound(context.client.updateStatus<Namespace>('namespaces', { ...found, status }))
  }
  if (!found || (found.spec?.finalizers ?? []).length === 0) return undefined

  const content = await deleteContent(found, context)
  await writeConditions(found, nextConditions(found, content, context.clock), context)
  if (content.estimateSeconds > 0) return { requeueAfterMs: (Math.floor(content.estimateSeconds / 2) + 1) * 1000 }
  if (content.errors.length > 0) throw new AggregateError(content.errors, content.errors.join(', '))
  if (content.waitsForPods) return undefined

  await ignoreNotFound(
    context.client.modify<Namespace>('namespaces', '', name, withoutFinalizer, { subresource: 'finalize' }),
  )
  return undefined
}

function withoutFinalizer(old: Namespace): Namespace {
  const finalizers = (old.spec?.finalizers ?? []).filter((finalizer) => finalizer !== FINALIZER).sort()
  return { ...old, spec: { ...old.spec, finalizers } }
}

async function writeConditions(found: Namespace, conditions: Conditions, { client }: ControllerContext): Promise<void> {
  if (deepEqual(found.status?.conditions, conditions)) return
  await ignoreNotFound(
    client.modify<Namespace>(
      'namespaces',
      '',
      found.metadata.name ?? '',
      (old) => ({ ...old, status: { ...old.status, conditions } }),
      {
        subresource: 'status',
      },
    ),
  )
}
