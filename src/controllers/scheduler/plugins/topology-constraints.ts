/** What spreading a pod means: its constraints, or the profile's default ones for pods that have siblings. Mirrors plugins/podtopologyspread/common.go and plugins/helper/spread.go. */
import {
  makeSelector,
  NOTHING,
  newRequirement,
  type Selector,
  selectorFromObject,
} from '../../../apimachinery/labels.ts'
import type { LabelSelector } from '../../../apimachinery/meta.ts'
import type { ReplicaSet, StatefulSet } from '../../../types/apps-v1.ts'
import type { ReplicationController, Service, TopologySpreadConstraint } from '../../../types/core-v1.ts'
import { toleratesAll } from '../../tolerations.ts'
import type { NodeInfo } from '../node-info.ts'
import type { World } from '../plugin.ts'
import type { PodCount } from '../pod-counts.ts'
import type { PodInfo } from '../pod-info.ts'

export const SERVICES = 'services'
export const CONTROLLERS = 'replicationcontrollers'
export const REPLICA_SETS = 'replicasets.apps'
export const STATEFUL_SETS = 'statefulsets.apps'

export interface Constraint {
  maxSkew: number
  topologyKey: string
  minDomains: number
  selector: Selector
  /** Nodes whose pods (and topology) count. */
  counts(node: NodeInfo): boolean
}

type Action = TopologySpreadConstraint['whenUnsatisfiable']

export function ownConstraints(pod: PodInfo, action: Action): Constraint[] {
  return (pod.pod.spec?.topologySpreadConstraints ?? [])
    .filter(({ whenUnsatisfiable }) => whenUnsatisfiable === action)
    .map((constraint) => constraintOf(constraint, selectorOf(constraint, pod), pod))
}

/** Of pods that say nothing themselves: they are spread with those of their Services and of their owner. */
export function defaultConstraints(
  defaults: readonly TopologySpreadConstraint[],
  pod: PodInfo,
  action: Action,
  world: World,
): Constraint[] {
  const wanted = defaults.filter(({ whenUnsatisfiable }) => whenUnsatisfiable === action)
  if (wanted.length === 0) return []
  const selector = siblingsOf(pod, world)
  return selector.empty ? [] : wanted.map((constraint) => constraintOf(constraint, selector, pod))
}

/** The pods of its namespace that it means. */
export function podsCounted({ selector }: Constraint, { namespace }: PodInfo, { cache }: World): PodCount | undefined {
  // A selector of everything is taken for one that was forgotten.
  if (selector.empty) return undefined
  return cache.counts.of([{ namespaces: new Set([namespace]), namespaceSelector: NOTHING, selector }])
}

function constraintOf(constraint: TopologySpreadConstraint, selector: Selector, pod: PodInfo): Constraint {
  const { maxSkew, topologyKey, minDomains = 1, nodeAffinityPolicy, nodeTaintsPolicy } = constraint
  const matches = nodeAffinityPolicy === 'Ignore' ? undefined : pod.matches
  const tolerations = pod.pod.spec?.tolerations
  const honorsTaints = nodeTaintsPolicy === 'Honor'
  return {
    maxSkew,
    topologyKey,
    minDomains,
    selector,
    counts: (node) => (!matches || matches(node.node)) && (!honorsTaints || toleratesAll(tolerations, node.taints)),
  }
}

function selectorOf({ labelSelector, matchLabelKeys = [] }: TopologySpreadConstraint, { labels }: PodInfo): Selector {
  const selector = selectorFromObject(labelSelector)
  const keys = matchLabelKeys.filter((key) => key in labels)
  if (selector === NOTHING || keys.length === 0) return selector
  return makeSelector([...selector.requirements, ...keys.map((key) => newRequirement(key, '=', [labels[key]]))])
}

const compiled = new WeakMap<object, Selector>()

/** Selectors are kept: the objects that they come from change less often than they are asked. */
function selectorFor(object: LabelSelector | undefined): Selector {
  if (!object) return NOTHING
  let selector = compiled.get(object)
  if (!selector) {
    selector = selectorFromObject(object)
    compiled.set(object, selector)
  }
  return selector
}

function siblingsOf(pod: PodInfo, world: World): Selector {
  const { namespace, labels, owner } = pod
  const merged: Record<string, string> = {}
  for (const { spec } of world.lister<Service>(SERVICES).list(namespace)) {
    const { selector } = spec ?? {}
    if (selector && Object.entries(selector).every(([key, value]) => labels[key] === value)) {
      Object.assign(merged, selector)
    }
  }
  const replicated = owner?.apiVersion === 'v1' && owner.kind === 'ReplicationController'
  if (replicated) {
    const controller = world.lister<ReplicationController>(CONTROLLERS).get(namespace, owner.name)
    Object.assign(merged, controller?.spec?.selector)
  }
  const own = owner && !replicated ? ownerSelector(pod, world) : undefined
  const keys = Object.keys(merged)
  if (keys.length === 0) return own && own !== NOTHING ? own : makeSelector([])
  const requirements = keys.map((key) => newRequirement(key, '=', [merged[key]]))
  return makeSelector([...requirements, ...(own?.requirements ?? [])])
}

function ownerSelector({ namespace, owner }: PodInfo, { lister }: World): Selector | undefined {
  if (owner?.apiVersion !== 'apps/v1') return undefined
  const resource = owner.kind === 'ReplicaSet' ? REPLICA_SETS : owner.kind === 'StatefulSet' ? STATEFUL_SETS : undefined
  const found = resource && lister<ReplicaSet | StatefulSet>(resource).get(namespace, owner.name)
  return found ? selectorFor(found.spec?.selector) : undefined
}
