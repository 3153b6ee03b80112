/** Which devices a rule taints, and which taints a claim bears. Mirrors dynamic-resource-allocation/resourceclaim/devicetoleration.go. */
import type { DeviceTaint, DeviceTaintSelector, DeviceToleration } from '../../../types/resource-v1.ts'

/** The name of a device: unique in its pool, as that is in its driver. */
export interface NamedDevice {
  driver: string
  pool: string
  device: string
}

/** What is left out selects all. */
export function selects(selector: DeviceTaintSelector, { driver, pool, device }: NamedDevice): boolean {
  return (
    (selector.driver ?? driver) === driver && (selector.pool ?? pool) === pool && (selector.device ?? device) === device
  )
}

export function bearsTaint({ effect, key, operator, value }: DeviceToleration, taint: DeviceTaint): boolean {
  if (effect && effect !== taint.effect) return false
  if (key && key !== taint.key) return false
  return operator === 'Exists' || (value ?? '') === (taint.value ?? '')
}
