/** How much of a device a request gets, and whether there is so much left. Mirrors dynamic-resource-allocation/structured/internal (consumable_capacity.go). */
import {
  addQuantities,
  compareQuantities,
  formatQuantity,
  milliQuantity,
  newQuantity,
  parseQuantity,
  type Quantity,
  quantitySign,
  scaledValue,
} from '../../../apimachinery/quantity.ts'
import type {
  CapacityRequestPolicy,
  CapacityRequestPolicyRange,
  CapacityRequirements,
  Device,
  DeviceCapacity,
} from '../../../types/resource-v1.ts'

/** By name of the capacity. */
export type Amounts = ReadonlyMap<string, Quantity>

const MILLI = -3
const MAX_INT64 = 2n ** 63n - 1n
const NONE: Amounts = new Map()

/**
 * What the request would get of each capacity; undefined: the device has not so much left, or does not give such amounts. `used` by others. Throws an
 * Error when the amounts are beyond all reckoning.
 */
export function consumedBy(
  { requests = {} }: CapacityRequirements,
  { capacity = {} }: Device,
  used: readonly (Amounts | undefined)[],
): Amounts | undefined {
  if (Object.keys(requests).some((name) => !(name in capacity))) return undefined
  const names = Object.keys(capacity)
  if (names.length === 0) return NONE
  const consumed = new Map(names.map((name) => [name, amountOf(name, requests[name], capacity[name])]))
  for (const [name, amount] of consumed) {
    const { value, requestPolicy } = capacity[name]
    if (requestPolicy && violates(amount, requestPolicy)) return undefined
    const all = used.reduce((sum, amounts) => addQuantities(sum, amounts?.get(name) ?? newQuantity(0)), amount)
    if (compareQuantities(all, parseQuantity(value)) > 0) return undefined
  }
  return consumed
}

export const amountTexts = (amounts: Amounts): Record<string, string> =>
  Object.fromEntries([...amounts].map(([name, amount]) => [name, formatQuantity(amount)]))

export function addAmounts(to: Map<string, Quantity>, more: Amounts): void {
  for (const [name, amount] of more) to.set(name, addQuantities(to.get(name) ?? newQuantity(0), amount))
}

function amountOf(name: string, requested: string | undefined, capacity: DeviceCapacity): Quantity {
  try {
    const amount = roundedUp(requested, capacity)
    if (quantitySign(amount) < 0) throw new Error('capacity value is negative')
    return amount
  } catch (error) {
    throw new Error(`capacity ${JSON.stringify(name)}: ${(error as Error).message}`)
  }
}

function roundedUp(requested: string | undefined, { value, requestPolicy: policy }: DeviceCapacity): Quantity {
  if (requested === undefined) return parseQuantity(policy?.default ?? value)
  const amount = parseQuantity(requested)
  if (policy?.validRange) return roundedInRange(amount, requested, policy.validRange)
  return policy?.validValues?.map(parseQuantity).find((valid) => compareQuantities(amount, valid) <= 0) ?? amount
}

function roundedInRange(amount: Quantity, text: string, range: CapacityRequestPolicyRange): Quantity {
  const min = parseQuantity(range.min)
  if (compareQuantities(amount, min) < 0) return min
  if (range.step === undefined) return amount
  const scale = scaleOf(range)
  const [least, step] = [min, parseQuantity(range.step)].map((each) => scaledValue(each, scale))
  const what = "capacity request cannot be represented in the device's range arithmetic"
  if (scale === MILLI && !isMilli(amount))
    throw new Error(`${what}: request ${text} is not a representable milli value`)
  if (compareQuantities(amount, newQuantity(MAX_INT64)) > 0)
    throw new Error(`${what}: request ${text} exceeds MaxInt64`)
  const steps = (scaledValue(amount, scale) - least + step - 1n) / step
  const rounded = least + steps * step
  if (rounded > MAX_INT64) {
    const beyond = scale === MILLI ? 'the milli-value range' : 'MaxInt64'
    throw new Error(`${what}: rounding request ${text} up to the next step passes ${beyond}`)
  }
  const { format } = parseQuantity(range.step)
  if (scale !== MILLI) return newQuantity(rounded, format)
  return rounded % 1000n === 0n ? newQuantity(rounded / 1000n, format) : milliQuantity(rounded, format)
}

/** A range is reckoned in thousandths if all its parts can be. */
function scaleOf({ min, max, step }: CapacityRequestPolicyRange): number {
  const parts = [min, max, step].filter((text) => text !== undefined).map(parseQuantity)
  return parts.every(isMilli) ? MILLI : 0
}

function isMilli(amount: Quantity): boolean {
  return compareQuantities(milliQuantity(scaledValue(amount, MILLI)), amount) === 0
}

function violates(amount: Quantity, { default: usual, validRange, validValues = [] }: CapacityRequestPolicy): boolean {
  if (usual !== undefined && compareQuantities(amount, parseQuantity(usual)) === 0) return false
  if (!validRange) {
    return validValues.length > 0 && validValues.every((valid) => compareQuantities(amount, parseQuantity(valid)) !== 0)
  }
  const { min, max, step } = validRange
  if (max !== undefined && compareQuantities(amount, parseQuantity(max)) > 0) return true
  if (step === undefined) return false
  const scale = scaleOf(validRange)
  if (scale === MILLI && !isMilli(amount)) return true
  const [value, least, each] = [amount, parseQuantity(min), parseQuantity(step)].map((part) => scaledValue(part, scale))
  return (value - least) % each !== 0n
}
