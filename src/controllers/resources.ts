/** What a pod asks of a node, in plain numbers. Mirrors component-helpers/resource/helpers.go and pkg/scheduler/framework/types.go. */
import {
  formatQuantity,
  milliQuantity,
  newQuantity,
  parseQuantity,
  quantityMilliValue,
  quantityValue,
} from '../apimachinery/quantity.ts'
import type { Container, PodSpec } from '../types/core-v1.ts'

export type ResourceList = Readonly<Record<string, string>>

/** cpu in thousandths, everything else in whole units. */
export type Amounts = Map<string, number>

/** What the scheduler assumes of a container that asks for nothing, so that such pods spread too. */
const ASSUMED_CPU_MILLI = 100
const ASSUMED_MEMORY = 200 * 1024 * 1024

/** Texts repeat: a cluster has few different amounts. */
const REMEMBERED = 4096
const parsed = new Map<string, number>()

/** `cpu` in thousandths. Throws 400 on a text that is no quantity; stored objects hold none. */
export function amountOf(resource: string, text: string): number {
  const key = resource === 'cpu' ? `m${text}` : text
  let value = parsed.get(key)
  if (value === undefined) {
    const quantity = parseQuantity(String(text))
    value = resource === 'cpu' ? quantityMilliValue(quantity) : quantityValue(quantity)
    if (parsed.size >= REMEMBERED) parsed.clear()
    parsed.set(key, value)
  }
  return value
}

export function amountsOf(list: ResourceList | undefined): Amounts {
  const amounts: Amounts = new Map()
  for (const resource in list) amounts.set(resource, amountOf(resource, list[resource]))
  return amounts
}

export const isSidecar = (container: Container): boolean => container.restartPolicy === 'Always'

/** Requests of a whole pod: containers and sidecars together, or the largest moment of initialization, plus overhead. */
export function podRequests(spec: PodSpec): Amounts {
  return podAmounts(spec, requestsOf)
}

/** As podRequests, with what the scheduler assumes where nothing is asked: for scores, not for fit. */
export function assumedRequests(spec: PodSpec): { cpu: number; memory: number } {
  const amounts = podAmounts(spec, (container) => {
    const own = requestsOf(container)
    if (!own.has('cpu')) own.set('cpu', ASSUMED_CPU_MILLI)
    if (!own.has('memory')) own.set('memory', ASSUMED_MEMORY)
    return own
  })
  return { cpu: amounts.get('cpu') ?? 0, memory: amounts.get('memory') ?? 0 }
}

const requestsOf = (container: Container): Amounts => amountsOf(container.resources?.requests)

function podAmounts(spec: PodSpec, amounts: (container: Container) => Amounts): Amounts {
  const total: Amounts = new Map()
  for (const container of spec.containers) add(total, amounts(container))
  if (spec.initContainers) addInitialization(total, spec.initContainers, amounts)
  const whole = amountsOf(spec.resources?.requests)
  for (const resource of ['cpu', 'memory']) {
    const value = whole.get(resource)
    if (value !== undefined) total.set(resource, value)
  }
  add(total, amountsOf(spec.overhead))
  return total
}

function addInitialization(
  total: Amounts,
  initContainers: readonly Container[],
  amounts: (container: Container) => Amounts,
): void {
  const sidecars: Amounts = new Map()
  const peak: Amounts = new Map()
  for (const container of initContainers) {
    const own = amounts(container)
    if (isSidecar(container)) {
      add(total, own)
      add(sidecars, own)
      raise(peak, sidecars)
    } else {
      add(own, sidecars)
      raise(peak, own)
    }
  }
  raise(total, peak)
}

function add(total: Amounts, more: Amounts): void {
  for (const [resource, value] of more) total.set(resource, (total.get(resource) ?? 0) + value)
}

function raise(total: Amounts, other: Amounts): void {
  for (const [resource, value] of other) if (value > (total.get(resource) ?? 0)) total.set(resource, value)
}

/** Requests of a whole pod as a status prints them; undefined when it asks for nothing. */
export function podRequestTexts(spec: PodSpec): Record<string, string> | undefined {
  const amounts = podRequests(spec)
  if (amounts.size === 0) return undefined
  return Object.fromEntries([...amounts].map(([resource, value]) => [resource, amountText(resource, value)]))
}

const printed = new Map<string, string>()

function amountText(resource: string, value: number): string {
  const key = `${value} ${resource}`
  let text = printed.get(key)
  if (text === undefined) {
    const isBinary = value % 1024 === 0 && /memory|storage|hugepages/.test(resource)
    const quantity = newQuantity(value, isBinary ? 'BinarySI' : 'DecimalSI')
    text = formatQuantity(resource === 'cpu' ? milliQuantity(value) : quantity)
    if (printed.size >= REMEMBERED) printed.clear()
    printed.set(key, text)
  }
  return text
}
