/** What strategies of NodeResourcesFit and the balance look at: a node's resources as rows of numbers. Mirrors plugins/noderesources/resource_allocation.go and the strategies beside it. */
import type { NodeInfo } from '../node-info.ts'
import { MAX_SCORE, type PodScore } from '../plugin.ts'
import { type PodInfo, requestOf } from '../pod-info.ts'

export interface ResourceWeight {
  name: string
  weight?: number
}

export interface ShapePoint {
  utilization: number
  score: number
}

export const DEFAULT_RESOURCES: readonly ResourceWeight[] = [
  { name: 'cpu', weight: 1 },
  { name: 'memory', weight: 1 },
]

const NATIVE = new Set(['cpu', 'memory', 'ephemeral-storage'])
/** The largest score that a shape may give. */
const MAX_SHAPE_SCORE = 10

export function allocatableOf(node: NodeInfo, resource: string): number {
  if (resource === 'cpu') return node.cpu
  if (resource === 'memory') return node.memory
  return resource === 'ephemeral-storage' ? node.ephemeral : (node.extended.get(resource) ?? 0)
}

export function usedOf(node: NodeInfo, resource: string): number {
  if (resource === 'cpu') return node.usedCpu
  if (resource === 'memory') return node.usedMemory
  return resource === 'ephemeral-storage' ? node.usedEphemeral : (node.usedExtended.get(resource) ?? 0)
}

/** As used, with what is assumed of containers that ask for nothing. */
function assumedOf(node: NodeInfo, resource: string): number {
  if (resource === 'cpu') return node.assumedCpu
  return resource === 'memory' ? node.assumedMemory : usedOf(node, resource)
}

function assumedRequestOf(pod: PodInfo, resource: string): number {
  if (resource === 'cpu') return pod.assumedCpu
  return resource === 'memory' ? pod.assumedMemory : requestOf(pod, resource)
}

/** The score of one resource: how much would be used of how much there is. */
type Rating = (used: number, all: number) => number

/** The weighted mean over the resources. Those that the node has not, and extended ones that the pod does not ask for, do not count. */
export function weighted(pod: PodInfo, resources: readonly ResourceWeight[], rate: Rating, isRatio = false): PodScore {
  const rows = resources.map(({ name, weight }) => ({
    name,
    weight: weight || 1,
    wanted: assumedRequestOf(pod, name),
  }))
  const counted = rows.filter(({ name, wanted }) => wanted !== 0 || NATIVE.has(name))
  const score = (node: NodeInfo): number => {
    let sum = 0
    let weights = 0
    for (const { name, weight, wanted } of counted) {
      const all = allocatableOf(node, name)
      if (all === 0) continue
      const score = rate(assumedOf(node, name) + wanted, all)
      if (isRatio && score <= 0) continue
      sum += score * weight
      weights += weight
    }
    if (weights === 0) return 0
    return isRatio ? Math.round(sum / weights) : Math.floor(sum / weights)
  }
  return { key: rows.map(({ wanted }) => wanted).join(' '), score }
}

export const leastAllocated: Rating = (used, all) => (used > all ? 0 : Math.floor(((all - used) * MAX_SCORE) / all))

export const mostAllocated: Rating = (used, all) => Math.floor((Math.min(used, all) * MAX_SCORE) / all)

/** Between the points of a shape the score goes straight. */
export function requestedToCapacityRatio(shape: readonly ShapePoint[]): Rating {
  const line = alongShape(shape)
  return (used, all) => line(used > all ? MAX_SCORE : Math.floor((used * MAX_SCORE) / all))
}

/** Mirrors plugins/helper/shape_score.go. */
export function alongShape(shape: readonly ShapePoint[]): (utilization: number) => number {
  const points = shape.map(({ utilization, score }) => ({ utilization, score: score * (MAX_SCORE / MAX_SHAPE_SCORE) }))
  return (utilization) => {
    const next = points.findIndex((point) => utilization <= point.utilization)
    if (next < 0) return points[points.length - 1].score
    if (next === 0) return points[0].score
    const [from, to] = [points[next - 1], points[next]]
    const rise = (to.score - from.score) * (utilization - from.utilization)
    return from.score + Math.trunc(rise / (to.utilization - from.utilization))
  }
}
