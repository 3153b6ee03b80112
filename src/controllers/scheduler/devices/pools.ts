/** The devices that a node can reach, by pool. Mirrors dynamic-resource-allocation/structured/internal (GatherPools). */
import type { Node, NodeSelector } from '../../../types/core-v1.ts'
import type { Device, ResourceSlice } from '../../../types/resource-v1.ts'
import { termsTest } from '../node-selector.ts'

export interface PooledDevice {
  /** `driver/pool/device`. */
  id: string
  driver: string
  pool: Pool
  device: Device
  slice: ResourceSlice
}

export interface Pool {
  key: string
  name: string
  /** Nothing can be had of a pool that is not complete: not all of its slices are there yet, or they contradict each other. */
  state: 'complete' | 'incomplete' | 'invalid'
  /** Those that the node reaches. */
  devices: readonly PooledDevice[]
  /** All of them, of all nodes: they share counters. */
  slices: readonly ResourceSlice[]
}

export const deviceId = (driver: string, pool: string, device: string): string => `${driver}/${pool}/${device}`
export const poolKey = ({ spec }: ResourceSlice): string => `${spec.driver}/${spec.pool.name}`

/** All slices of the cluster, found by what nodes ask for. */
export class SliceIndex {
  readonly #ofNode = new Map<string, ResourceSlice[]>()
  readonly #ofMany: ResourceSlice[] = []
  readonly #ofPool = new Map<string, ResourceSlice[]>()

  constructor(slices: readonly ResourceSlice[]) {
    for (const slice of slices) {
      const { nodeName } = slice.spec
      if (nodeName) collect(this.#ofNode, nodeName, slice)
      else this.#ofMany.push(slice)
      collect(this.#ofPool, poolKey(slice), slice)
    }
  }

  /** Those that the node reaches, wholly or in part. */
  reachedBy(node: Node): ResourceSlice[] {
    const own = this.#ofNode.get(node.metadata.name ?? '') ?? []
    return [...own, ...this.#ofMany.filter(({ spec }) => reachesAny(spec, node))]
  }

  ofPool(key: string): readonly ResourceSlice[] {
    return this.#ofPool.get(key) ?? []
  }
}

function collect<T>(lists: Map<string, T[]>, key: string, value: T): void {
  const list = lists.get(key)
  if (list) list.push(value)
  else lists.set(key, [value])
}

/** Pools with slices that the node can reach, in the order of their names; those with devices that have to be prepared come last. */
export function poolsOf(node: Node, index: SliceIndex): Pool[] {
  const newest = new Map<string, ResourceSlice[]>()
  for (const slice of index.reachedBy(node)) {
    const key = poolKey(slice)
    const generation = newest.get(key)?.[0].spec.pool.generation ?? -1
    if (slice.spec.pool.generation > generation) newest.set(key, [slice])
    else if (slice.spec.pool.generation === generation) newest.get(key)!.push(slice)
  }
  const pools = [...newest].flatMap(([key, slices]) => poolOf(key, slices, node, index.ofPool(key)) ?? [])
  const rank = (pool: Pool): number => Number(pool.slices.some(isPrepared))
  return pools.sort((a, b) => rank(a) - rank(b) || (a.key < b.key ? -1 : 1))
}

const isPrepared = ({ spec }: ResourceSlice): boolean =>
  spec.devices?.some(({ bindingConditions }) => bindingConditions !== undefined) === true

/** `reached`: of one generation, at least one. Undefined: there is a newer one, which the node does not reach. */
function poolOf(key: string, reached: ResourceSlice[], node: Node, known: readonly ResourceSlice[]): Pool | undefined {
  const { driver, pool: shape } = reached[0].spec
  let slices: readonly ResourceSlice[] = reached
  if (reached.length !== shape.resourceSliceCount) {
    if (known.some(({ spec }) => spec.pool.generation > shape.generation)) return undefined
    slices = known.filter(({ spec }) => spec.pool.generation === shape.generation)
  }
  const devices: PooledDevice[] = []
  const pool: Pool = { key, name: shape.name, state: 'complete', devices, slices }
  if (slices.length !== shape.resourceSliceCount) return { ...pool, state: 'incomplete' }
  if (isContradictory(reached, slices)) return { ...pool, state: 'invalid' }
  for (const slice of reached.sort((a, b) => (a.metadata.name! < b.metadata.name! ? -1 : 1))) {
    for (const device of slice.spec.devices ?? []) {
      if (slice.spec.perDeviceNodeSelection && !reaches(device, node)) continue
      devices.push({ id: deviceId(driver, shape.name, device.name), driver, pool, device, slice })
    }
  }
  return pool
}

/** A name stands for two devices, or for two sets of counters, or what a device consumes is not there. */
function isContradictory(reached: readonly ResourceSlice[], slices: readonly ResourceSlice[]): boolean {
  const names = reached.flatMap(({ spec }) => (spec.devices ?? []).map(({ name }) => name))
  const sets = slices.flatMap(({ spec }) => spec.sharedCounters ?? [])
  const counters = new Map(sets.map(({ name, counters }) => [name, counters]))
  if (new Set(names).size < names.length || counters.size < sets.length) return true
  return slices.some(({ spec }) =>
    spec.devices?.some(({ consumesCounters = [] }) =>
      consumesCounters.some(({ counterSet, counters: consumed }) => {
        const known = counters.get(counterSet)
        return !known || Object.keys(consumed).some((name) => !(name in known))
      }),
    ),
  )
}

interface Reach {
  nodeName?: string
  allNodes?: boolean
  nodeSelector?: NodeSelector
}

function reachesAny(spec: ResourceSlice['spec'], node: Node): boolean {
  if (!spec.perDeviceNodeSelection) return reaches(spec, node)
  return spec.devices?.some((device) => reaches(device, node)) === true
}

function reaches({ nodeName, allNodes, nodeSelector }: Reach, node: Node): boolean {
  if (nodeName) return node.metadata.name === nodeName
  return allNodes === true || (nodeSelector !== undefined && termsTest(nodeSelector.nodeSelectorTerms)(node))
}

/** Where what is made of these devices can be used; undefined: everywhere. */
export function nodeSelectorOf(devices: readonly PooledDevice[], node: string): NodeSelector | undefined {
  const named = (name: string): NodeSelector => ({
    nodeSelectorTerms: [{ matchFields: [{ key: 'metadata.name', operator: 'In', values: [name] }] }],
  })
  const expressions = new Map<string, NonNullable<NodeSelector['nodeSelectorTerms'][0]['matchExpressions']>[0]>()
  const fields = new Map<string, NonNullable<NodeSelector['nodeSelectorTerms'][0]['matchFields']>[0]>()
  for (const { device, slice } of devices) {
    const reach: Reach = slice.spec.perDeviceNodeSelection ? device : slice.spec
    if (reach.nodeName || device.bindsToNode) return named(node)
    for (const { matchExpressions = [], matchFields = [] } of reach.nodeSelector?.nodeSelectorTerms ?? []) {
      for (const each of matchExpressions) expressions.set(JSON.stringify(each), each)
      for (const each of matchFields) fields.set(JSON.stringify(each), each)
    }
  }
  if (expressions.size + fields.size === 0) return undefined
  return {
    nodeSelectorTerms: [
      {
        ...(expressions.size > 0 ? { matchExpressions: [...expressions.values()] } : {}),
        ...(fields.size > 0 ? { matchFields: [...fields.values()] } : {}),
      },
    ],
  }
}
