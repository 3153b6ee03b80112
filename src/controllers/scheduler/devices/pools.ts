/** The devices that a node can reach, by pool. Mirrors dynamic-resource-allocation/structured/internal (GatherPools). */
import { addQuantities, compareQuantities, parseQuantity, type Quantity, ZERO } from '../../../apimachinery/quantity.ts'
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
  /** Not all of its slices are there yet. */
  incomplete: boolean
  /** Of this node. */
  devices: readonly PooledDevice[]
  /** Of all nodes: they share counters. */
  slices: readonly ResourceSlice[]
}

export const deviceId = (driver: string, pool: string, device: string): string => `${driver}/${pool}/${device}`

/** Pools with devices that the node can reach, in the order of their names. */
export function poolsOf(node: Node, slices: readonly ResourceSlice[]): Pool[] {
  const newest = new Map<string, ResourceSlice[]>()
  for (const slice of slices) {
    const { driver, pool } = slice.spec
    const key = `${driver}/${pool.name}`
    const known = newest.get(key)
    const generation = known?.[0].spec.pool.generation ?? -1
    if (pool.generation > generation) newest.set(key, [slice])
    else if (pool.generation === generation) known!.push(slice)
  }
  const pools: Pool[] = []
  for (const key of [...newest.keys()].sort()) {
    const all = newest.get(key)!.sort((a, b) => (a.metadata.name! < b.metadata.name! ? -1 : 1))
    const { pool: shape } = all[0].spec
    const incomplete = all.length !== shape.resourceSliceCount
    const devices: PooledDevice[] = []
    const pool: Pool = { key, name: shape.name, incomplete, devices, slices: all }
    for (const slice of all) {
      const { driver } = slice.spec
      for (const device of devicesFor(slice, node)) {
        devices.push({ id: deviceId(driver, shape.name, device.name), driver, pool, device, slice })
      }
    }
    if (devices.length > 0) pools.push(pool)
  }
  return pools
}

function devicesFor({ spec }: ResourceSlice, node: Node): readonly Device[] {
  const { devices = [], perDeviceNodeSelection } = spec
  if (perDeviceNodeSelection) return devices.filter((device) => reaches(device, node))
  return reaches(spec, node) ? devices : []
}

interface Reach {
  nodeName?: string
  allNodes?: boolean
  nodeSelector?: NodeSelector
}

function reaches({ nodeName, allNodes, nodeSelector }: Reach, node: Node): boolean {
  if (nodeName) return node.metadata.name === nodeName
  return allNodes === true || (nodeSelector !== undefined && termsTest(nodeSelector.nodeSelectorTerms)(node))
}

/** Devices that are parts of another one use up what they share. True: there is enough for one more. */
export function hasCounters(one: PooledDevice, inUse: (id: string) => boolean): boolean {
  const wanted = one.device.consumesCounters ?? []
  if (wanted.length === 0) return true
  const used = new Map<string, Quantity>()
  const use = (device: Device): void => {
    for (const { counterSet, counters } of device.consumesCounters ?? []) {
      for (const [name, { value }] of Object.entries(counters)) {
        const key = `${counterSet}/${name}`
        used.set(key, addQuantities(used.get(key) ?? ZERO, parseQuantity(value)))
      }
    }
  }
  for (const { spec } of one.pool.slices) {
    for (const device of spec.devices ?? []) {
      if (inUse(deviceId(spec.driver, one.pool.name, device.name))) use(device)
    }
  }
  use(one.device)
  const all = new Map<string, Quantity>()
  for (const { spec } of one.pool.slices) {
    for (const { name: set, counters } of spec.sharedCounters ?? []) {
      for (const [name, { value }] of Object.entries(counters)) all.set(`${set}/${name}`, parseQuantity(value))
    }
  }
  return [...used].every(([key, amount]) => compareQuantities(amount, all.get(key) ?? ZERO) <= 0)
}

/** Where what is made of these devices can be used; undefined: everywhere. */
export function nodeSelectorOf(devices: readonly PooledDevice[], node: string): NodeSelector | undefined {
  const named = (name: string): NodeSelector => ({
    nodeSelectorTerms: [{ matchFields: [{ key: 'metadata.name', operator: 'In', values: [name] }] }],
  })
  const expressions = new Map<string, NonNullable<NodeSelector['nodeSelectorTerms'][0]['matchExpressions']>[0]>()
  const fields = new Map<string, NonNullable<NodeSelector['nodeSelectorTerms'][0]['matchFields']>[0]>()
  for (const { device, slice } of devices) {
    if (device.bindsToNode) return named(node)
    const reach: Reach = slice.spec.perDeviceNodeSelection ? device : slice.spec
    if (reach.nodeName) return named(reach.nodeName)
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
