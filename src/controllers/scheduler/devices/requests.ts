/** The requests of a claim, each with its alternatives. Mirrors validateDeviceRequest of dynamic-resource-allocation/structured/internal. */
import { deviceMatches } from '../../../apimachinery/cel/device-environment.ts'
import type {
  DeviceClass,
  DeviceSelector,
  DeviceTaint,
  DeviceToleration,
  ExactDeviceRequest,
  ResourceClaim,
} from '../../../types/resource-v1.ts'
import type { Pool, PooledDevice } from './pools.ts'

export interface Wanted {
  /** `gpu`, or `gpu/large` for an alternative. */
  name: string
  shape: ExactDeviceRequest
  class: DeviceClass
  /** All devices that would do, for requests of all of them. */
  all: readonly PooledDevice[] | undefined
  count: number
  matches(device: PooledDevice): boolean
}

/** Per request of the claim its alternatives, the best first. Throws an Error when an expression fails. */
export function requestsOf(
  claim: ResourceClaim,
  pools: readonly Pool[],
  classOf: (name: string) => DeviceClass | undefined,
): Wanted[][] {
  return (claim.spec?.devices?.requests ?? []).map(({ name, exactly, firstAvailable = [] }) => {
    if (exactly) return [wantedOf(name, exactly, claim, pools, classOf)]
    return firstAvailable.map((each) => wantedOf(`${name}/${each.name}`, each, claim, pools, classOf))
  })
}

/** A pool of which not everything is known cannot give all that it has. */
export class IncompletePool extends Error {}

function wantedOf(
  name: string,
  shape: ExactDeviceRequest,
  claim: ResourceClaim,
  pools: readonly Pool[],
  classOf: (name: string) => DeviceClass | undefined,
): Wanted {
  const deviceClass = classOf(shape.deviceClassName)
  if (!deviceClass) throw new Error(`could not retrieve device class ${shape.deviceClassName}`)
  const known = new Map<string, boolean>()
  const matches = (device: PooledDevice): boolean => {
    let match = known.get(device.id)
    if (match === undefined) {
      match =
        selected(deviceClass.spec?.selectors, `class ${deviceClass.metadata.name}`, device) &&
        selected(shape.selectors, `claim ${claim.metadata.namespace}/${claim.metadata.name}`, device)
      known.set(device.id, match)
    }
    return match
  }
  if (shape.allocationMode !== 'All') {
    return { name, shape, class: deviceClass, all: undefined, count: shape.count ?? 1, matches }
  }
  const incomplete = pools.find((pool) => pool.incomplete)
  if (incomplete) {
    const of = `claim ${claim.metadata.namespace}/${claim.metadata.name}, request ${name}`
    throw new IncompletePool(
      `${of}: asks for all devices, but resource pool ${incomplete.key} is currently being updated`,
    )
  }
  const all = pools.flatMap(({ devices }) => devices).filter(matches)
  return { name, shape, class: deviceClass, all, count: all.length, matches }
}

function selected(selectors: readonly DeviceSelector[] = [], whose: string, device: PooledDevice): boolean {
  return selectors.every(({ cel }, i) => {
    try {
      return deviceMatches(cel?.expression ?? '', device.driver, device.device)
    } catch (error) {
      throw new Error(`${whose}: selector #${i} on device ${device.id}: ${(error as Error).message}`)
    }
  })
}

/** The device may be given out, in spite of its taints. */
export function bearsTaints({ shape }: Wanted, { device }: PooledDevice): boolean {
  const hard = (device.taints ?? []).filter(({ effect }) => effect !== 'None')
  return hard.every((taint) => shape.tolerations?.some((toleration) => tolerates(toleration, taint)))
}

function tolerates({ effect, key, operator, value }: DeviceToleration, taint: DeviceTaint): boolean {
  if (effect && effect !== taint.effect) return false
  if (key && key !== taint.key) return false
  return operator === 'Exists' || (value ?? '') === (taint.value ?? '')
}
