/** Which less important pods would have to go for a pod, and from which node. Mirrors pkg/scheduler/framework/preemption and plugins/defaultpreemption. */
import { selectorFromObject } from '../../apimachinery/labels.ts'
import type { Random } from '../../apimachinery/random.ts'
import type { Pod } from '../../types/core-v1.ts'
import type { PodDisruptionBudget } from '../../types/policy-v1.ts'
import { histogram } from './messages.ts'
import type { NodeInfo } from './node-info.ts'
import type { Nominations } from './nominations.ts'
import { final, type Refusal, type World } from './plugin.ts'
import type { PodInfo } from './pod-info.ts'
import { refusalOf, type Search, shift } from './search.ts'

export const BUDGETS = 'poddisruptionbudgets.policy'
export const PREEMPTED = 'PreemptionByScheduler'

/** Of the nodes in question, how many that would do are compared: this part of them, but at least so many. */
const CANDIDATES_PERCENT = 10
const FEWEST_CANDIDATES = 100
const NOT_HELPFUL = final('Preemption is not helpful for scheduling')
const NO_VICTIMS = final('No preemption victims found for incoming pod')
const NO_START = Number.MAX_SAFE_INTEGER

export interface PreemptionOptions {
  world: World
  nominations: Nominations
  random: Random
}

export interface Preemption {
  message: string
  /** The node it waits for from now on; '': none any more; undefined: as before. */
  nominated: string | undefined
  victims: readonly PodInfo[]
}

interface Candidate {
  node: NodeInfo
  /** The most important first. */
  victims: readonly PodInfo[]
  /** How many of them a budget would have protected. */
  violations: number
}

export function preempt(search: Search, options: PreemptionOptions): Preemption {
  const { world, random } = options
  const why = ineligible(search, world)
  if (why) return { message: why, nominated: undefined, victims: [] }
  const nodes = potentialNodes(search, world)
  const wanted = Math.min(
    Math.max(Math.floor((nodes.length * CANDIDATES_PERCENT) / 100), FEWEST_CANDIDATES),
    nodes.length,
  )
  const offset = nodes.length === 0 ? 0 : Math.floor(random.next() * nodes.length)
  const budgets = world.lister<PodDisruptionBudget>(BUDGETS).list()
  const candidates: Candidate[] = []
  const refusals: Refusal[] = []
  for (let i = 0; i < nodes.length; i++) {
    const found = tryNode(search, nodes[(offset + i) % nodes.length], budgets, options)
    if ('reasons' in found) refusals.push(found)
    else candidates.push(found)
    if (candidates.length >= wanted && candidates.some(({ violations }) => violations === 0)) break
  }
  if (candidates.length === 0) {
    return { message: histogram(world.cache.nodes.length, refusals, NOT_HELPFUL), nominated: '', victims: [] }
  }
  const { node, victims } = bestOf(candidates)
  const message = `found a potential placement for pod on node ${node.name}, preempting ${victims.length} victims`
  return { message, nominated: node.name, victims }
}

function ineligible({ pod, refusals, absent }: Search, world: World): string | undefined {
  const { spec, status } = pod.pod
  if (spec?.preemptionPolicy === 'Never') return 'not eligible due to preemptionPolicy=Never.'
  const nominated = world.cache.node(status?.nominatedNodeName ?? '')
  if (!nominated || !(refusals.get(nominated.name) ?? absent).resolvable) return undefined
  const leaving = [...nominated.pods.values()].some(
    (other) => other.priority < pod.priority && isPreempted(present(other, world)),
  )
  return leaving ? 'not eligible due to a terminating pod on the nominated node.' : undefined
}

/** The pod as it is now: the books do not follow its status. */
function present({ pod }: PodInfo, { lister }: World): Pod {
  return lister<Pod>('pods').get(pod.metadata.namespace ?? '', pod.metadata.name ?? '') ?? pod
}

function isPreempted({ metadata, status }: Pod): boolean {
  const condition = status?.conditions?.find(({ type }) => type === 'DisruptionTarget')
  return metadata.deletionTimestamp !== undefined && condition?.status === 'True' && condition.reason === PREEMPTED
}

/** Where it could help if pods left. */
function potentialNodes({ refusals, absent }: Search, { cache }: World): NodeInfo[] {
  return cache.nodes.filter(({ name }) => (refusals.get(name) ?? absent).resolvable)
}

/** All less important pods are thought away, then as many as possible are spared: the important ones and those with a budget first. */
function tryNode(
  search: Search,
  original: NodeInfo,
  budgets: readonly PodDisruptionBudget[],
  { nominations, world }: PreemptionOptions,
): Candidate | Refusal {
  const potential: PodInfo[] = []
  for (const each of original.pods.values()) {
    if (each.priority >= search.pod.priority) continue
    each.pod = present(each, world)
    potential.push(each)
  }
  if (potential.length === 0) return NO_VICTIMS
  const node = original.copy()
  const gone = new Set<PodInfo>()
  const take = (pod: PodInfo): void => {
    node.remove(pod)
    shift(search, pod, node, -1)
    gone.add(pod)
  }
  const spare = (pod: PodInfo): void => {
    node.add(pod)
    shift(search, pod, node, 1)
    gone.delete(pod)
  }
  for (const pod of potential) take(pod)
  const refusal = refusalOf(search, node, nominations)
  let violations = 0
  if (!refusal) {
    const [violating, others] = byBudget(potential.sort(byImportance), budgets)
    for (const pod of [...violating, ...others]) {
      spare(pod)
      if (refusalOf(search, node, nominations)) take(pod)
    }
    violations = violating.filter((pod) => gone.has(pod)).length
  }
  const victims = [...gone].sort(byImportance)
  for (const pod of victims) spare(pod)
  return refusal ?? { node: original, victims, violations }
}

const startOf = ({ pod }: PodInfo): number => (pod.status?.startTime ? Date.parse(pod.status.startTime) : NO_START)

/** The most important first: by priority, then by age. */
const byImportance = (a: PodInfo, b: PodInfo): number => b.priority - a.priority || startOf(a) - startOf(b)

/** Those whose eviction a budget does not allow, and the others. Each budget allows some. */
function byBudget(pods: readonly PodInfo[], budgets: readonly PodDisruptionBudget[]): [PodInfo[], PodInfo[]] {
  const rules = budgets.map(({ metadata, spec, status }) => ({
    namespace: metadata.namespace,
    selector: selectorFromObject(spec?.selector),
    disrupted: status?.disruptedPods ?? {},
    allowed: status?.disruptionsAllowed ?? 0,
  }))
  const isViolating = ({ namespace, labels, pod }: PodInfo): boolean => {
    if (Object.keys(labels).length === 0) return false
    for (const rule of rules) {
      if (rule.namespace !== namespace || rule.selector.empty || !rule.selector.matches(labels)) continue
      if (pod.metadata.name! in rule.disrupted) continue
      if (--rule.allowed < 0) return true
    }
    return false
  }
  const violating: PodInfo[] = []
  const others: PodInfo[] = []
  for (const pod of pods) (isViolating(pod) ? violating : others).push(pod)
  return [violating, others]
}

/** Fewer violations, less important victims, fewer of them, younger ones; then the first that was tried. */
function bestOf(candidates: readonly Candidate[]): Candidate {
  const costs: ((candidate: Candidate) => number)[] = [
    ({ violations }) => violations,
    ({ victims }) => victims[0].priority,
    ({ victims }) => victims.reduce((sum, { priority }) => sum + priority + 2 ** 31, 0),
    ({ victims }) => victims.length,
    ({ victims }) => -earliestStart(victims),
  ]
  let left = candidates
  for (const cost of costs) {
    const least = Math.min(...left.map(cost))
    left = left.filter((each) => cost(each) === least)
  }
  return left[0]
}

/** Of the victims with the highest priority. */
function earliestStart(victims: readonly PodInfo[]): number {
  const top = victims.filter(({ priority }) => priority === victims[0].priority)
  return Math.min(...top.map(startOf))
}
