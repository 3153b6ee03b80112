/** What devices of a claim must have in common, or must not. Mirrors the constraints of dynamic-resource-allocation/structured/internal. */
import type { DeviceAttribute, DeviceConstraint } from '../../../types/resource-v1.ts'
import type { PooledDevice } from './pools.ts'

export class AttributeConstraint {
  readonly #requests: ReadonlySet<string>
  readonly #attribute: string
  readonly #distinct: boolean
  readonly #values: string[] = []

  constructor({ requests = [], matchAttribute, distinctAttribute }: DeviceConstraint) {
    this.#requests = new Set(requests)
    this.#attribute = matchAttribute ?? distinctAttribute ?? ''
    this.#distinct = matchAttribute === undefined
  }

  /** `request` may be that of an alternative: `gpu/large`. False: the device does not go with the others; nothing is kept of it. */
  add(request: string, device: PooledDevice): boolean {
    if (!this.allows(request, device)) return false
    if (this.#concerns(request)) this.#values.push(attributeOf(device, this.#attribute)!)
    return true
  }

  /** Whether it goes with the others. */
  allows(request: string, device: PooledDevice): boolean {
    if (!this.#concerns(request)) return true
    const value = attributeOf(device, this.#attribute)
    return value !== undefined && (this.#values.length === 0 || this.#values.includes(value) !== this.#distinct)
  }

  /** Takes back the last one that was added. */
  remove(request: string): void {
    if (this.#concerns(request)) this.#values.pop()
  }

  #concerns(request: string): boolean {
    return this.#requests.size === 0 || this.#requests.has(request) || this.#requests.has(request.split('/')[0])
  }
}

/** A name may leave out the domain that is the driver's. */
function attributeOf({ device, driver }: PooledDevice, name: string): string | undefined {
  const attributes = device.attributes ?? {}
  const prefix = `${driver}/`
  const found: DeviceAttribute | undefined =
    attributes[name] ?? (name.startsWith(prefix) ? attributes[name.slice(prefix.length)] : undefined)
  return found && JSON.stringify(found)
}
