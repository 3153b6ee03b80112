/** Room for what the pod asks for, and how much of it is left. Mirrors plugins/noderesources/fit.go. */
import type { Node } from '../../../types/core-v1.ts'
import type { DeviceClass } from '../../../types/resource-v1.ts'
import { classBehind, DEVICE_CLASSES, IMPLICIT } from '../devices/extended-resources.ts'
import { NodeInfo } from '../node-info.ts'
import type { Happened, Plugin, PodScore, Refusal, World } from '../plugin.ts'
import type { PodInfo } from '../pod-info.ts'
import {
  allocatableOf,
  DEFAULT_RESOURCES,
  leastAllocated,
  mostAllocated,
  type ResourceWeight,
  requestedToCapacityRatio,
  type ShapePoint,
  weighted,
} from './node-resources.ts'

export interface NodeResourcesFitArgs {
  ignoredResources?: string[]
  ignoredResourceGroups?: string[]
  scoringStrategy?: {
    type?: 'LeastAllocated' | 'MostAllocated' | 'RequestedToCapacityRatio'
    resources?: ResourceWeight[]
    requestedToCapacityRatio?: { shape: ShapePoint[] }
  }
}

export function nodeResourcesFit(args: NodeResourcesFitArgs = {}): Plugin {
  const resourcesOf = countedBy(args)
  return {
    name: 'NodeResourcesFit',
    hints: [
      { on: ['pods/delete', 'pods/smaller', 'self/smaller'] },
      { on: ['deviceclasses/add', 'deviceclasses/update'], helps: standsBehind },
      {
        on: ['nodes/add', 'nodes/allocatable'],
        helps(pod, { object, old }, world) {
          const node = emptied(object as Node)
          const extended = resourcesOf(pod, world)
          if (!fits(pod, node, extended)) return false
          return !old || hasMore(pod, node, emptied(old as Node), extended)
        },
      },
    ],
    preFilter(pod, world) {
      const extended = resourcesOf(pod, world)
      return {
        key: extended.length === 0 ? `${pod.cpu} ${pod.memory} ${pod.ephemeral}` : undefined,
        filter: (node) => (fits(pod, node, extended) ? undefined : lacking(pod, node, extended)),
      }
    },
    preScore: (pod) => scoreOf(pod, args),
  }
}

const empty = new WeakMap<Node, NodeInfo>()

/** The node without pods. Kept: all that wait ask for it when a node changes. */
function emptied(node: Node): NodeInfo {
  let info = empty.get(node)
  if (!info) {
    info = new NodeInfo(node)
    empty.set(node, info)
  }
  return info
}

/** `devices`: where a node has none of it itself, devices stand behind it. */
type Extended = readonly { name: string; value: number; devices: boolean }[]
const NONE: Extended = []

/** The extended resources of a pod that are looked at. */
function countedBy({ ignoredResources = [], ignoredResourceGroups = [] }: NodeResourcesFitArgs) {
  const isIgnored = (name: string): boolean =>
    name.includes('/') && (ignoredResources.includes(name) || ignoredResourceGroups.includes(name.split('/')[0]))
  return ({ extended }: PodInfo, { lister }: World): Extended => {
    if (extended.size === 0) return NONE
    const classes = lister<DeviceClass>(DEVICE_CLASSES)
    return [...extended]
      .filter(([name, value]) => value > 0 && !isIgnored(name))
      .map(([name, value]) => ({ name, value, devices: classBehind(name, classes) !== undefined }))
  }
}

function fits(pod: PodInfo, node: NodeInfo, extended: Extended): boolean {
  if (node.pods.size + 1 > node.maxPods) return false
  if (pod.cpu > 0 && pod.cpu > node.cpu - node.usedCpu) return false
  if (pod.memory > 0 && pod.memory > node.memory - node.usedMemory) return false
  if (pod.ephemeral > 0 && pod.ephemeral > node.ephemeral - node.usedEphemeral) return false
  for (const { name, value, devices } of extended) {
    const all = node.extended.get(name) ?? 0
    if (value > all - (node.usedExtended.get(name) ?? 0) && !(devices && all === 0)) return false
  }
  return true
}

/** Every resource that lacks; one that the node has not enough of in all makes the whole final. */
function lacking(pod: PodInfo, node: NodeInfo, extended: Extended): Refusal {
  const reasons: string[] = []
  let resolvable = true
  const check = (name: string, wanted: number, all: number, used: number): void => {
    if (wanted === 0 || wanted <= all - used) return
    reasons.push(`Insufficient ${name}`)
    if (wanted > all) resolvable = false
  }
  if (node.pods.size + 1 > node.maxPods) reasons.push('Too many pods')
  check('cpu', pod.cpu, node.cpu, node.usedCpu)
  check('memory', pod.memory, node.memory, node.usedMemory)
  check('ephemeral-storage', pod.ephemeral, node.ephemeral, node.usedEphemeral)
  for (const { name, value, devices } of extended) {
    const all = node.extended.get(name) ?? 0
    if (!devices || all > 0) check(name, value, all, node.usedExtended.get(name) ?? 0)
  }
  return { reasons, resolvable }
}

/** There is more of something that the pod asks for. */
function hasMore(pod: PodInfo, node: NodeInfo, old: NodeInfo, extended: Extended): boolean {
  if (node.maxPods > old.maxPods) return true
  const more = (wanted: number, name: string): boolean =>
    wanted > 0 && allocatableOf(node, name) > allocatableOf(old, name)
  if (more(pod.cpu, 'cpu') || more(pod.memory, 'memory') || more(pod.ephemeral, 'ephemeral-storage')) return true
  if ([...pod.extended].some(([name, value]) => more(value, name))) return true
  return extended.some(({ name, devices }) => devices && allocatableOf(node, name) === 0)
}

/** The class stands behind something that the pod asks for, and did not before. */
function standsBehind({ extended }: PodInfo, { object, old }: Happened): boolean {
  const [now, before] = [object as DeviceClass, old as DeviceClass | undefined]
  const name = now.spec?.extendedResourceName
  if (before && before.spec?.extendedResourceName === name) return false
  return (!before && extended.has(IMPLICIT + now.metadata.name)) || (name !== undefined && extended.has(name))
}

function scoreOf(pod: PodInfo, { scoringStrategy = {} }: NodeResourcesFitArgs): PodScore {
  const { type = 'LeastAllocated', requestedToCapacityRatio: ratio } = scoringStrategy
  const resources = scoringStrategy.resources?.length ? scoringStrategy.resources : DEFAULT_RESOURCES
  if (type === 'MostAllocated') return weighted(pod, resources, mostAllocated)
  if (type === 'LeastAllocated') return weighted(pod, resources, leastAllocated)
  return weighted(pod, resources, requestedToCapacityRatio(ratio?.shape ?? []), true)
}
