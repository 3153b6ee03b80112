/** The requests of a claim, each with its alternatives. Mirrors validateDeviceRequest of dynamic-resource-allocation/structured/internal. */
import { deviceMatches } from '../../../apimachinery/cel/device-environment.ts'
import type {
  DeviceClass,
  DeviceSelector,
  DeviceTaint,
  ExactDeviceRequest,
  ResourceClaim,
} from '../../../types/resource-v1.ts'
import { consumedBy } from './capacity.ts'
import type { Pool, PooledDevice } from './pools.ts'
import type { DeviceSupply } from './supply.ts'
import { bearsTaint } from './taints.ts'

export interface Wanted {
  /** `gpu`, or `gpu/large` for an alternative. */
  name: string
  /** `claim default/c, request large`: as errors begin. */
  what: string
  shape: ExactDeviceRequest
  class: DeviceClass
  /** All devices that would do, for requests of all of them. */
  all: readonly PooledDevice[] | undefined
  count: number
  matches(device: PooledDevice): boolean
  /** What `matches` answered so far, by id. */
  known: ReadonlyMap<string, boolean>
}

/** Per request of the claim its alternatives, the best first. Throws an Error when an expression fails, or not all devices that are asked for are known. */
export function requestsOf(claim: ResourceClaim, pools: readonly Pool[], classOf: DeviceSupply['classOf']): Wanted[][] {
  const wanted = (name: string, shape: ExactDeviceRequest): Wanted => wantedOf(name, shape, claim, pools, classOf)
  return (claim.spec?.devices?.requests ?? []).map(({ name, exactly, firstAvailable = [] }) =>
    exactly ? [wanted(name, exactly)] : firstAvailable.map((each) => wanted(`${name}/${each.name}`, each)),
  )
}

function wantedOf(
  name: string,
  shape: ExactDeviceRequest,
  claim: ResourceClaim,
  pools: readonly Pool[],
  classOf: DeviceSupply['classOf'],
): Wanted {
  const whose = `claim ${claim.metadata.namespace}/${claim.metadata.name}`
  const what = `${whose}, request ${name.slice(name.indexOf('/') + 1)}`
  const deviceClass = classOf(shape.deviceClassName)
  if (!deviceClass) {
    const missing = `deviceclass.resource.k8s.io "${shape.deviceClassName}" not found`
    throw new Error(`${what}: could not retrieve device class ${shape.deviceClassName}: ${missing}`)
  }
  const known = new Map<string, boolean>()
  const matches = (device: PooledDevice): boolean => {
    let match = known.get(device.id)
    if (match === undefined) {
      match =
        selected(deviceClass.spec?.selectors, `class ${deviceClass.metadata.name}`, device) &&
        selected(shape.selectors, whose, device)
      known.set(device.id, match)
    }
    return match
  }
  const wanted: Wanted = {
    name,
    what,
    shape,
    class: deviceClass,
    all: undefined,
    count: shape.count ?? 1,
    matches,
    known,
  }
  if (shape.allocationMode !== 'All') return wanted
  const all = pools.flatMap(({ key, state, devices }) => {
    if (state === 'complete') return devices.filter((each) => matches(each) && couldGive(each, wanted))
    const why = state === 'incomplete' ? 'being updated' : 'invalid'
    throw new Error(`${what}: asks for all devices, but resource pool ${key} is currently ${why}`)
  })
  return { ...wanted, all, count: all.length }
}

/** If nobody had anything of it. */
const couldGive = ({ device }: PooledDevice, { shape }: Wanted): boolean =>
  consumedBy(shape.capacity ?? {}, device, []) !== undefined

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
export function bearsTaints({ shape }: Wanted, taints: readonly DeviceTaint[]): boolean {
  return taints.every(
    (taint) => taint.effect === 'None' || shape.tolerations?.some((toleration) => bearsTaint(toleration, taint)),
  )
}
