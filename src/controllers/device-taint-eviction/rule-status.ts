/** What a DeviceTaintRule says of the evictions that it is for. Mirrors maybeUpdateRuleStatus of pkg/controller/devicetainteviction. */
import { formatTime } from '../../apimachinery/clock.ts'
import type { Pod } from '../../types/core-v1.ts'
import type { Condition } from '../../types/meta-v1.ts'
import type { DeviceTaintRule, ResourceClaim, ResourceSlice } from '../../types/resource-v1.ts'
import type { ControllerContext, Result } from '../controller.ts'
import { CLAIMS, concerns, devicesOf, evictingRules, evictionOf, isCurrent, RULES, SLICES } from './evictions.ts'

/** A rule's status does not change more often. */
export const STATUS_PERIOD_MS = 10_000

const TYPE = 'EvictionInProgress'

/** `evicted`: how many pods had to go by the rule since the controller started. */
export async function writeStatus(
  rule: DeviceTaintRule,
  evicted: number,
  context: ControllerContext,
): Promise<Result | undefined> {
  const { clock, client } = context
  const now = clock.now()
  const old = rule.status?.conditions?.find(({ type }) => type === TYPE)
  if (old && old.observedGeneration === rule.metadata.generation) {
    const age = now - Date.parse(old.lastTransitionTime)
    if (age < STATUS_PERIOD_MS) return { requeueAfterMs: STATUS_PERIOD_MS - age }
  }
  const next = conditionOf(rule, evicted, formatTime(now), context)
  if (old && isSame(old, next)) return undefined
  const change = (rule: DeviceTaintRule): DeviceTaintRule => {
    const others = rule.status?.conditions?.filter(({ type }) => type !== TYPE) ?? []
    return { ...rule, status: { ...rule.status, conditions: [...others, next] } }
  }
  await client.modify<DeviceTaintRule>(RULES, '', rule.metadata.name ?? '', change, { subresource: 'status' })
  return undefined
}

const isSame = (a: Condition, b: Condition): boolean =>
  a.status === b.status &&
  a.reason === b.reason &&
  (a.message ?? '') === b.message &&
  a.observedGeneration === b.observedGeneration

function conditionOf(rule: DeviceTaintRule, evicted: number, now: string, context: ControllerContext): Condition {
  const { status, reason, message } = stateOf(rule, evicted, context)
  const total = evicted > 0 ? `${count(evicted, 'pod')} evicted since starting the controller.` : ''
  return {
    type: TYPE,
    status,
    observedGeneration: rule.metadata.generation,
    lastTransitionTime: now,
    reason,
    message: [message, total].filter((part) => part !== '').join(' '),
  } as Condition
}

type Stated = Pick<Condition, 'status' | 'reason'> & { message: string }

function stateOf(rule: DeviceTaintRule, evicted: number, context: ControllerContext): Stated {
  switch (rule.spec.taint.effect) {
    case 'NoExecute': {
      const { pods, namespaces } = pendingPods(rule, context)
      if (pods === 0) return { status: 'False', reason: evicted > 0 ? 'Completed' : 'NotStarted', message: '' }
      const message = `${count(pods, 'pod needs', 'pods need')} to be evicted in ${spaces(namespaces)}.`
      return { status: 'True', reason: 'PodsPendingEviction', message }
    }
    case 'None':
      return { status: 'False', reason: 'NoEffect', message: simulation(rule, context) }
    default:
      return { status: 'False', reason: 'OtherEffect', message: 'Eviction only happens for the NoExecute effect.' }
  }
}

/** What the rule would do if it evicted. */
function simulation(rule: DeviceTaintRule, context: ControllerContext): string {
  const { lister } = context
  const published = lister<ResourceSlice>(SLICES)
    .list()
    .filter((slice) => isCurrent(slice, context))
    .flatMap(({ spec }) =>
      (spec.devices ?? []).map(({ name }) => ({ driver: spec.driver, pool: spec.pool.name, device: name })),
    )
  const allocated = lister<ResourceClaim>(CLAIMS).list().flatMap(devicesOf)
  const evicting = { ...rule, spec: { ...rule.spec, taint: { ...rule.spec.taint, effect: 'NoExecute' as const } } }
  const { pods, namespaces } = pendingPods(evicting, context)
  const selected = (devices: typeof published): number => devices.filter((device) => concerns(rule, device)).length
  return [
    `${count(selected(published), 'published device')} selected.`,
    `${count(selected(allocated), 'allocated device')} selected.`,
    `${count(pods, 'pod')} would be evicted in ${spaces(namespaces)} if the effect was NoExecute.`,
    'This information will not be updated again. Recreate the DeviceTaintRule to trigger an update.',
  ].join(' ')
}

/** Pods that the rule is going to drive out, and in how many namespaces they are. */
function pendingPods(rule: DeviceTaintRule, context: ControllerContext): { pods: number; namespaces: number } {
  const name = rule.metadata.name ?? ''
  const rules = [...evictingRules(context).filter(({ metadata }) => metadata.name !== name), rule]
  const pending = podsOf(rule, context).filter(
    (pod) => !pod.metadata.deletionTimestamp && evictionOf(pod, rules, context)?.rules.has(name),
  )
  return { pods: pending.length, namespaces: new Set(pending.map(({ metadata }) => metadata.namespace)).size }
}

/** Pods with claims that have devices of which the rule speaks. */
export function podsOf(rule: DeviceTaintRule, { lister }: ControllerContext): Pod[] {
  const pods = lister<ResourceClaim>(CLAIMS)
    .list()
    .filter((claim) => devicesOf(claim).some((device) => concerns(rule, device)))
    .flatMap(({ metadata, status }) =>
      (status?.reservedFor ?? []).flatMap(({ name }) => lister<Pod>('pods').get(metadata.namespace ?? '', name) ?? []),
    )
  return [...new Set(pods)]
}

const count = (number: number, one: string, many = `${one}s`): string => `${number} ${number === 1 ? one : many}`
const spaces = (number: number): string => count(number, 'namespace', 'different namespaces')
