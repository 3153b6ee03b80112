/** Pod addresses of a node, as the host-local plug-in gives them: one after the other, round and round. */
import { formatIpv4, ipv4Number } from '../node-ipam.ts'

/**
 * What the container network falls back on where nobody gives nodes a part of the pod network. Larger than the plug-in's own /16, which each node has for
 * itself: here all of them share it.
 */
export const DEFAULT_POD_CIDR = '10.88.0.0/13'

export class AddressPool {
  readonly cidr: string
  readonly #first: number
  readonly #size: number
  readonly #taken = new Set<number>()
  /** The first is the network, the second the gateway, the last the broadcast address. */
  #next = 2

  constructor(cidr: string) {
    this.cidr = cidr
    const [address, mask] = cidr.split('/')
    this.#first = ipv4Number(address)
    this.#size = 2 ** (32 - Number(mask))
  }

  /** Undefined when all are taken. */
  take(): string | undefined {
    const free = this.#size - 3
    if (this.#taken.size >= free) return undefined
    while (this.#taken.has(this.#next)) this.#step()
    const offset = this.#next
    this.#taken.add(offset)
    this.#step()
    return formatIpv4(this.#first + offset)
  }

  /** An address that a pod has already; addresses of other networks are not the pool's. */
  occupy(address: string): void {
    const offset = ipv4Number(address) - this.#first
    if (offset >= 0 && offset < this.#size) this.#taken.add(offset)
    if (offset === this.#next) this.#step()
  }

  release(address: string): void {
    this.#taken.delete(ipv4Number(address) - this.#first)
  }

  #step(): void {
    this.#next = this.#next >= this.#size - 2 ? 2 : this.#next + 1
  }
}
