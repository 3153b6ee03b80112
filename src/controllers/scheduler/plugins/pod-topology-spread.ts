/** Pods spread over zones, nodes and the like. Mirrors plugins/podtopologyspread. */
import { deepEqual } from '../../../apimachinery/equality.ts'
import type { Node, Pod, TopologySpreadConstraint } from '../../../types/core-v1.ts'
import { final, type Happened, type Plugin, type PodFilter, resolvable, type World } from '../plugin.ts'
import type { PodInfo } from '../pod-info.ts'
import { spreadScore } from './pod-topology-spread.score.ts'
import { type Constraint, defaultConstraints, ownConstraints, podsCounted } from './topology-constraints.ts'

const SKEWED = resolvable("node(s) didn't match pod topology spread constraints")
const NO_TOPOLOGY = final("node(s) didn't match pod topology spread constraints (missing required label)")

export interface PodTopologySpreadArgs {
  defaultConstraints?: TopologySpreadConstraint[]
  defaultingType?: 'System' | 'List'
}

const SYSTEM_DEFAULTS: readonly TopologySpreadConstraint[] = [
  { topologyKey: 'kubernetes.io/hostname', whenUnsatisfiable: 'ScheduleAnyway', maxSkew: 3 },
  { topologyKey: 'topology.kubernetes.io/zone', whenUnsatisfiable: 'ScheduleAnyway', maxSkew: 5 },
]

/** The constraints of a pod that are of one kind. */
export type ConstraintsOf = (
  pod: PodInfo,
  action: TopologySpreadConstraint['whenUnsatisfiable'],
  world: World,
) => Constraint[]

export function podTopologySpread(args: PodTopologySpreadArgs = {}): Plugin {
  const isSystem = args.defaultingType !== 'List'
  const defaults = isSystem ? SYSTEM_DEFAULTS : (args.defaultConstraints ?? [])
  const constraintsOf: ConstraintsOf = (pod, action, world) =>
    pod.pod.spec?.topologySpreadConstraints?.length
      ? ownConstraints(pod, action)
      : defaultConstraints(defaults, pod, action, world)
  const hard = (pod: PodInfo, world: World): Constraint[] => constraintsOf(pod, 'DoNotSchedule', world)
  return {
    name: 'PodTopologySpread',
    hints: [
      {
        on: ['pods/add', 'pods/labels', 'pods/delete'],
        helps: (pod, happened, world) => movesCounts(pod, happened, hard(pod, world)),
      },
      { on: ['self/tolerations', 'self/labels'] },
      {
        on: ['nodes/add', 'nodes/delete', 'nodes/labels', 'nodes/taints'],
        helps: (pod, happened, world) => movesTopology(happened, hard(pod, world)),
      },
    ],
    preFilter(pod, world) {
      const constraints = hard(pod, world)
      return constraints.length === 0 ? undefined : spreadFilter(pod, constraints, world)
    },
    preScore(pod, nodes, world) {
      const constraints = constraintsOf(pod, 'ScheduleAnyway', world)
      if (constraints.length === 0) return undefined
      const needsAll = !isSystem || (pod.pod.spec?.topologySpreadConstraints?.length ?? 0) > 0
      return spreadScore(pod, constraints, nodes, world, needsAll)
    },
  }
}

const hasAllTopologies = (labels: object, constraints: readonly Constraint[]): boolean =>
  constraints.every(({ topologyKey }) => topologyKey in labels)

/** Matching pods by the value of a topology; every value that counts is there, if only with 0. */
interface Domains {
  constraint: Constraint
  pods: Map<string, number>
  /** The fewest of any domain; undefined: to be found out. */
  least: number | undefined
  /** The pod counts as one of its own. */
  self: number
}

function spreadFilter(pod: PodInfo, constraints: readonly Constraint[], world: World): PodFilter {
  const all = constraints.map((constraint) => domainsOf(pod, constraint, constraints, world))
  return {
    filter({ labels }) {
      for (const domains of all) {
        const value = labels[domains.constraint.topologyKey]
        if (value === undefined) return NO_TOPOLOGY
        const skew = (domains.pods.get(value) ?? 0) + domains.self - leastOf(domains)
        if (skew > domains.constraint.maxSkew) return SKEWED
      }
      return undefined
    },
    shift(other, node, by) {
      if (other.namespace !== pod.namespace || !hasAllTopologies(node.labels, constraints)) return
      for (const domains of all) {
        const { constraint, pods } = domains
        if (!constraint.selector.matches(other.labels) || !constraint.counts(node)) continue
        const value = node.labels[constraint.topologyKey]
        pods.set(value, (pods.get(value) ?? 0) + by)
        domains.least = undefined
      }
    },
  }
}

function domainsOf(pod: PodInfo, constraint: Constraint, constraints: readonly Constraint[], world: World): Domains {
  const counted = podsCounted(constraint, pod, world)?.staying
  const pods = new Map<string, number>()
  for (const node of world.cache.nodes) {
    if (!hasAllTopologies(node.labels, constraints) || !constraint.counts(node)) continue
    const value = node.labels[constraint.topologyKey]
    pods.set(value, (pods.get(value) ?? 0) + (counted?.get(node.name) ?? 0))
  }
  return { constraint, pods, least: undefined, self: constraint.selector.matches(pod.labels) ? 1 : 0 }
}

/** With fewer domains than are wanted, one that is not there yet has none. */
function leastOf(domains: Domains): number {
  if (domains.least === undefined) {
    const { pods, constraint } = domains
    domains.least = pods.size < constraint.minDomains ? 0 : Math.min(...pods.values())
  }
  return domains.least
}

function movesCounts(pod: PodInfo, { object, old }: Happened, constraints: readonly Constraint[]): boolean {
  const about = (object ?? old) as Pod
  if (about.metadata.namespace !== pod.namespace) return false
  const isCounted = (each: Pod | undefined, { selector }: Constraint): boolean =>
    each !== undefined && selector.matches(each.metadata.labels)
  return constraints.some((each) => isCounted(object as Pod, each) !== isCounted(old as Pod, each))
}

function movesTopology({ object, old }: Happened, constraints: readonly Constraint[]): boolean {
  const [after, before] = [object as Node | undefined, old as Node | undefined]
  const hasAll = (node: Node | undefined): boolean =>
    node !== undefined && hasAllTopologies(node.metadata.labels ?? {}, constraints)
  if (!after || !before) return hasAll(after ?? before)
  if (hasAll(after) !== hasAll(before)) return true
  if (!hasAll(after)) return false
  const moved = constraints.some(
    ({ topologyKey: key }) => after.metadata.labels?.[key] !== before.metadata.labels?.[key],
  )
  return moved || !deepEqual(after.spec?.taints, before.spec?.taints)
}
