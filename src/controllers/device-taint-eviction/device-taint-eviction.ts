/**
 * Deletes pods that have devices with a NoExecute taint, by their slices or by DeviceTaintRules, and says in rules how far that is. Mirrors
 * pkg/controller/devicetainteviction. Keys are those of pods and, without a namespace, of rules.
 */
import { formatTime } from '../../apimachinery/clock.ts'
import { deepEqual } from '../../apimachinery/equality.ts'
import { isConflict, isNotFound } from '../../apimachinery/errors.ts'
import type { KubeObject } from '../../apimachinery/meta.ts'
import type { Pod, PodCondition } from '../../types/core-v1.ts'
import type { DeviceTaintRule, ResourceClaim, ResourceSlice } from '../../types/resource-v1.ts'
import { type ControllerContext, defineController, type Key, type Result } from '../controller.ts'
import { perRun } from '../state.ts'
import { CLAIMS, DEVICE_POOL, devicesOf, evictingRules, evictionOf, RULES, SLICES } from './evictions.ts'
import { podsOf, STATUS_PERIOD_MS, writeStatus } from './rule-status.ts'

const keyOf = ({ metadata }: KubeObject): Key => ({ namespace: metadata.namespace ?? '', name: metadata.name ?? '' })
const ruleKey = (name: string): Key => ({ namespace: '', name })
const poolOf = ({ spec }: ResourceSlice): string => `${spec.driver}/${spec.pool.name}`

export const deviceTaintEviction = defineController({
  name: 'device-taint-eviction',
  component: 'device-taint-eviction-controller',
  watches: [
    { resource: 'pods', when: podMatters, keys: (pod) => [keyOf(pod)] },
    {
      resource: CLAIMS,
      when: (claim, old) => [claim, old].some((each) => (each as ResourceClaim | undefined)?.status?.allocation),
      keys: (claim, _context, old) => [
        ...usersOf(claim as ResourceClaim),
        ...usersOf(old as ResourceClaim | undefined),
      ],
    },
    {
      resource: SLICES,
      keys: (slice, { lister }) =>
        lister<ResourceClaim>(CLAIMS)
          .byIndex(DEVICE_POOL, poolOf(slice as ResourceSlice))
          .flatMap(usersOf),
    },
    {
      resource: RULES,
      when: (rule, old) => rule.metadata.generation !== old?.metadata.generation,
      keys: (rule, context, old) => [
        keyOf(rule),
        ...[rule, old].flatMap((each) => (each ? podsOf(each as DeviceTaintRule, context).map(keyOf) : [])),
      ],
    },
  ],
  indexes: {
    [SLICES]: { [DEVICE_POOL]: (slice) => [poolOf(slice as ResourceSlice)] },
    [CLAIMS]: {
      [DEVICE_POOL]: (claim) => [
        ...new Set(devicesOf(claim as ResourceClaim).map(({ driver, pool }) => `${driver}/${pool}`)),
      ],
    },
  },
  reconcile: (key, context) => (key.namespace === '' ? reconcileRule(key, context) : reconcilePod(key, context)),
})

function podMatters(object: KubeObject, before?: KubeObject): boolean {
  const [pod, old] = [object as Pod, before as Pod | undefined]
  if (!pod.spec?.resourceClaims?.length) return false
  return (
    !old ||
    pod.spec.nodeName !== old.spec?.nodeName ||
    !deepEqual(pod.status?.resourceClaimStatuses, old.status?.resourceClaimStatuses)
  )
}

const usersOf = (claim: ResourceClaim | undefined): Key[] =>
  (claim?.status?.reservedFor ?? [])
    .filter(({ apiGroup, resource }) => !apiGroup && resource === 'pods')
    .map(({ name }) => ({ namespace: claim?.metadata.namespace ?? '', name }))

interface Memory {
  /** Pods that have to go, by `namespace/name`. */
  leaving: Map<string, { uid: string; gone: boolean }>
  /** How many went by a rule, by its name. */
  evicted: Map<string, { uid: string; pods: number }>
}

const memoryOf = perRun<Memory>(() => ({ leaving: new Map(), evicted: new Map() }))

function reconcileRule({ name }: Key, context: ControllerContext): Promise<Result | undefined> | undefined {
  const { evicted } = memoryOf(context)
  const rule = context.lister<DeviceTaintRule>(RULES).get('', name)
  if (rule && evicted.get(name)?.uid === rule.metadata.uid) return writeStatus(rule, evicted.get(name)!.pods, context)
  evicted.delete(name)
  return rule && writeStatus(rule, 0, context)
}

async function reconcilePod({ namespace, name }: Key, context: ControllerContext): Promise<Result | undefined> {
  const { leaving } = memoryOf(context)
  const text = `${namespace}/${name}`
  const pod = context.lister<Pod>('pods').get(namespace, name)
  if (leaving.get(text)?.uid !== pod?.metadata.uid) leaving.delete(text)
  const known = leaving.get(text)
  if (!pod || known?.gone) return undefined
  const eviction = evictionOf(pod, evictingRules(context), context)
  if (!eviction) {
    if (leaving.delete(text)) context.recorder.event(pod, 'Normal', 'DeviceTaintManagerEviction', 'Cancelling deletion')
    return undefined
  }
  const entry = known ?? { uid: pod.metadata.uid ?? '', gone: false }
  leaving.set(text, entry)
  for (const rule of eviction.rules) context.enqueue(ruleKey(rule), STATUS_PERIOD_MS)
  const waitMs = eviction.at - context.clock.now()
  if (waitMs > 0) return { requeueAfterMs: waitMs }
  await evict(pod, context)
  entry.gone = true
  for (const rule of eviction.rules) countOne(rule, context)
  return undefined
}

function countOne(name: string, context: ControllerContext): void {
  const { evicted } = memoryOf(context)
  const uid = context.lister<DeviceTaintRule>(RULES).get('', name)?.metadata.uid ?? ''
  const known = evicted.get(name)
  evicted.set(name, { uid, pods: known?.uid === uid ? known.pods + 1 : 1 })
}

async function evict(pod: Pod, { client, clock, recorder }: ControllerContext): Promise<void> {
  const { namespace = '', name = '', uid, deletionTimestamp } = pod.metadata
  if (deletionTimestamp) return
  recorder.event(pod, 'Normal', 'DeviceTaintManagerEviction', 'Marking for deletion')
  const condition = {
    type: 'DisruptionTarget',
    status: 'True',
    lastProbeTime: null,
    lastTransitionTime: formatTime(clock.now()),
    reason: 'DeletionByDeviceTaintManager',
    message: 'Device Taint manager: deleting due to NoExecute taint',
  } as unknown as PodCondition
  const change = (old: Pod): Pod => {
    if (old.metadata.uid !== uid) return old
    const others = (old.status?.conditions ?? []).filter(({ type }) => type !== condition.type)
    return { ...old, status: { ...old.status, conditions: [...others, condition] } }
  }
  try {
    await client.modify<Pod>('pods', namespace, name, change, { subresource: 'status' })
    await client.delete('pods', namespace, name, { preconditions: { uid } })
  } catch (error) {
    // Gone, or another pod has the name by now.
    if (!isNotFound(error) && !isConflict(error)) throw error
  }
}
