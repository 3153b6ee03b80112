/** Says what quotas limit and what is in use: admission counts up, this counts anew. Mirrors pkg/controller/resourcequota. */
import { deepEqual } from '../apimachinery/equality.ts'
import type { DynamicObject, KubeObject } from '../apimachinery/meta.ts'
import type { ResourceQuota } from '../types/core-v1.ts'
import { type ControllerContext, defineController, type Key } from './controller.ts'

const QUOTAS = 'resourcequotas'

export const resourcequota = defineController({
  name: 'resourcequota',
  component: 'resourcequota-controller',
  watches: [
    {
      // What admission adds to the status, or somebody writes there, is not counted again, as upstream.
      resource: QUOTAS,
      when: (quota, old) => !old || (quota as ResourceQuota).spec?.hard !== (old as ResourceQuota).spec?.hard,
      keys: ({ metadata }) => [{ namespace: metadata.namespace ?? '', name: metadata.name ?? '' }],
    },
    { resource: '*', changesOnly: true, keys: quotasOf, when: changesUsage },
  ],
  async reconcile({ namespace, name }, { lister, settings, client }) {
    const quota = lister<ResourceQuota>(QUOTAS).get(namespace, name)
    if (!quota) return
    const hard = quota.spec?.hard ?? {}
    const counted = { ...quota.status?.used, ...settings.quotaUsage(quota) }
    const used = Object.fromEntries(Object.entries(counted).filter(([resource]) => resource in hard))
    const status = { hard, used }
    if (deepEqual(status, { hard: quota.status?.hard ?? {}, used: quota.status?.used ?? {} })) return
    // With the version that was counted: what admission adds meanwhile must not be lost.
    await client.updateStatus<ResourceQuota>(QUOTAS, { ...quota, status })
  },
})

function quotasOf({ metadata }: KubeObject, { lister }: ControllerContext): Key[] {
  if (!metadata.namespace) return []
  const quotas = lister(QUOTAS).list(metadata.namespace)
  return quotas.map((quota) => ({ namespace: quota.metadata.namespace ?? '', name: quota.metadata.name ?? '' }))
}

/** What comes and goes counts, and what changes its wishes or ends (pods). */
function changesUsage(object: KubeObject, old?: KubeObject): boolean {
  if (!old) return true
  const [now, before] = [object as DynamicObject, old as DynamicObject]
  return now['spec'] !== before['spec'] || now['status']?.phase !== before['status']?.phase
}
