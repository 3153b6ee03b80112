/** Keeps claims that pods use, and says since when nobody does. Mirrors kubernetes pkg/controller/volume/pvcprotection. */
import { formatTime } from '../apimachinery/clock.ts'
import type { PersistentVolumeClaim, Pod } from '../types/core-v1.ts'
import { ignoreNotFound } from './claim.ts'
import { type ControllerContext, defineController, type Key } from './controller.ts'
import { claimsOfPod, USES_CLAIM, usesClaim } from './pod-index.ts'
import { isPodTerminal } from './pods.ts'

const CLAIMS = 'persistentvolumeclaims'
const FINALIZER = 'kubernetes.io/pvc-protection'
const UNUSED = 'Unused'

export const pvcProtection = defineController({
  name: 'persistentvolumeclaim-protection',
  component: 'pvc-protection-controller',
  for: CLAIMS,
  watches: [
    {
      resource: 'pods',
      when: (pod, old) => matters(pod as Pod, old as Pod | undefined),
      keys: (pod) => claimsOfPod(pod).map(parse),
    },
  ],
  indexes: { pods: usesClaim },
  async reconcile({ namespace, name }, context) {
    const claim = context.lister<PersistentVolumeClaim>(CLAIMS).get(namespace, name)
    if (!claim) return
    const { deletionTimestamp, finalizers = [] } = claim.metadata
    const held = finalizers.includes(FINALIZER)
    if (!deletionTimestamp && claim.status?.phase === 'Bound') await noteUse(claim, context)
    if (deletionTimestamp && held && !podsOf(claim, context).some((pod) => holds(pod, claim))) {
      await write(
        claim,
        finalizers.filter((each) => each !== FINALIZER),
        context,
      )
    } else if (!deletionTimestamp && !held) await write(claim, [...finalizers, FINALIZER], context)
  },
})

/** Pods come, go and end; that they are bound to a node frees nothing. */
function matters(pod: Pod, old: Pod | undefined): boolean {
  return old === undefined || isPodTerminal(pod) !== isPodTerminal(old) || isShutDown(pod) !== isShutDown(old)
}

async function write(
  { metadata }: PersistentVolumeClaim,
  finalizers: string[],
  { client }: ControllerContext,
): Promise<void> {
  const { namespace = '', name = '', uid } = metadata
  await ignoreNotFound(
    client.modify<PersistentVolumeClaim>(CLAIMS, namespace, name, (old) =>
      old.metadata.uid === uid ? { ...old, metadata: { ...old.metadata, finalizers } } : old,
    ),
  )
}

/** The condition is there as long as the claim is bound. */
async function noteUse(claim: PersistentVolumeClaim, context: ControllerContext): Promise<void> {
  const used = podsOf(claim, context).some((pod) => !isPodTerminal(pod))
  const conditions = claim.status?.conditions ?? []
  const present = conditions.find(({ type }) => type === UNUSED)
  if (present?.status === (used ? 'False' : 'True')) return
  const condition = {
    type: UNUSED,
    status: used ? 'False' : 'True',
    lastTransitionTime: formatTime(context.clock.now()),
    reason: used ? 'PodUsingPVC' : 'NoPodsUsingPVC',
    message: used ? 'A pod is currently referencing this PVC' : 'No pods are currently referencing this PVC',
  }
  const next = [...conditions.filter((each) => each !== present), condition]
  await ignoreNotFound(context.client.updateStatus(CLAIMS, { ...claim, status: { ...claim.status, conditions: next } }))
}

function podsOf({ metadata }: PersistentVolumeClaim, { lister }: ControllerContext): readonly Pod[] {
  return lister<Pod>('pods').byIndex(USES_CLAIM, `${metadata.namespace}/${metadata.name}`)
}

/** Pods that were never bound to a node do not hold it: they cannot start without it. */
function holds(pod: Pod, { metadata }: PersistentVolumeClaim): boolean {
  if (!pod.spec?.nodeName) return false
  const direct = pod.spec.volumes?.some(
    ({ persistentVolumeClaim }) => persistentVolumeClaim?.claimName === metadata.name,
  )
  return direct === true || !isShutDown(pod)
}

function isShutDown({ metadata }: Pod): boolean {
  return metadata.deletionTimestamp !== undefined && metadata.deletionGracePeriodSeconds === 0
}

function parse(text: string): Key {
  const [namespace = '', name = ''] = text.split('/')
  return { namespace, name }
}
