/** Deployments: the order of one sync. Mirrors kubernetes pkg/controller/deployment/deployment_controller.go. */
import { selectorFromObject } from '../../apimachinery/labels.ts'
import { controllerOf } from '../../apimachinery/meta.ts'
import type { Deployment, ReplicaSet } from '../../types/apps-v1.ts'
import { claim, ORPHANS, orphanNamespaces } from '../claim.ts'
import { type ControllerContext, defineController, type Key, type Result } from '../controller.ts'
import { hasProgressDeadline, PAUSED, PROGRESSING, RESUMED, TIMED_OUT } from './arithmetic.ts'
import { rolloutRecreate } from './recreate.ts'
import { syncRevision } from './replicasets.ts'
import { rolloutRolling } from './rolling.ts'
import type { Rollout } from './rollout.ts'
import { cleanUp, isScalingEvent, scale } from './scale.ts'
import { conditionOf, newCondition, withCondition, writeStatus } from './status.ts'

export const deployment = defineController({
  name: 'deployment',
  component: 'deployment-controller',
  for: 'deployments.apps',
  owns: ['replicasets.apps'],
  watches: [
    {
      resource: 'replicasets.apps',
      when: (replicaSet) => controllerOf(replicaSet) === undefined,
      keys: (replicaSet, context) =>
        context
          .lister<Deployment>('deployments.apps')
          .list(replicaSet.metadata.namespace ?? '')
          .filter(({ spec }) => {
            const selector = selectorFromObject(spec.selector)
            return !selector.empty && selector.matches(replicaSet.metadata.labels)
          })
          .map(({ metadata }) => ({ namespace: metadata.namespace ?? '', name: metadata.name ?? '' })),
    },
    {
      // Recreate waits until the last old pod is gone.
      resource: 'pods',
      keys(pod, context, _old, { type }) {
        const owner = controllerOf(pod)
        if (type !== 'deleted' || owner?.kind !== 'ReplicaSet') return []
        const namespace = pod.metadata.namespace ?? ''
        const replicaSet = context.lister<ReplicaSet>('replicasets.apps').get(namespace, owner.name)
        const root = replicaSet && controllerOf(replicaSet)
        if (root?.kind !== 'Deployment') return []
        const found = context.lister<Deployment>('deployments.apps').get(namespace, root.name)
        return found?.spec.strategy?.type === 'Recreate' ? [{ namespace, name: root.name }] : []
      },
    },
  ],
  indexes: { 'replicasets.apps': { [ORPHANS]: orphanNamespaces } },
  reconcile,
})

async function reconcile({ namespace, name }: Key, context: ControllerContext): Promise<Result | undefined> {
  const found = context.lister<Deployment>('deployments.apps').get(namespace, name)
  if (!found) return undefined
  const selector = selectorFromObject(found.spec.selector)
  if (selector.empty) {
    const message = 'This deployment is selecting all pods. A non-empty selector is required.'
    context.recorder.event(found, 'Warning', 'SelectingAll', message)
    return observe(found, context)
  }
  const lister = context.lister<ReplicaSet>('replicasets.apps')
  const candidates = [...lister.ownedBy(found.metadata.uid ?? ''), ...lister.byIndex(ORPHANS, namespace)]
  const replicaSets = await claim(context.client, 'replicasets.apps', found, selector, candidates)
  const rollout: Rollout = { deployment: found, replicaSets, context }

  if (found.metadata.deletionTimestamp) return statusOnly(rollout)
  await checkPaused(rollout)
  if (rollout.deployment.spec.paused) return sync(rollout)
  if (await isScalingEvent(rollout)) return sync(rollout)
  return rollout.deployment.spec.strategy?.type === 'Recreate' ? rolloutRecreate(rollout) : rolloutRolling(rollout)
}

async function observe(found: Deployment, { client }: ControllerContext): Promise<undefined> {
  const { generation = 0 } = found.metadata
  if ((found.status?.observedGeneration ?? 0) >= generation) return
  await client.updateStatus('deployments.apps', {
    ...found,
    status: { ...found.status, observedGeneration: generation },
  })
}

async function statusOnly(rollout: Rollout): Promise<undefined> {
  await writeStatus(rollout, await syncRevision(rollout, false))
}

/** Paused, or the wanted size changed: scale what is there, begin nothing new. */
async function sync(rollout: Rollout): Promise<undefined> {
  const sets = await syncRevision(rollout, false)
  await scale(rollout, sets)
  if (rollout.deployment.spec.paused) await cleanUp(rollout, sets.old)
  await writeStatus(rollout, sets)
}

/** Says in the Progressing condition that the rollout was paused or resumed, so that the deadline does not run meanwhile. */
async function checkPaused(rollout: Rollout): Promise<void> {
  const { deployment: found, context } = rollout
  if (!hasProgressDeadline(found)) return
  const condition = conditionOf(found.status, PROGRESSING)
  if (condition?.reason === TIMED_OUT) return
  const saysPaused = condition?.reason === PAUSED
  if ((found.spec.paused ?? false) === saysPaused) return
  const [reason, message] = saysPaused ? [RESUMED, 'Deployment is resumed'] : [PAUSED, 'Deployment is paused']
  const status = withCondition(found.status, newCondition(context.clock, PROGRESSING, 'Unknown', reason, message))
  rollout.deployment = await context.client.updateStatus('deployments.apps', { ...found, status })
}
