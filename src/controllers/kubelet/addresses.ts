/** Addresses of pods and nodes. Those of pods are given as the host-local plug-in does: one after the other, round and round. */
import { type Cidr, formatIp, type Ip, parseCidr, parseIp } from '../../apimachinery/ip.ts'
import type { NodeAddress } from '../../types/core-v1.ts'

type Family = 4 | 6

/**
 * What the container network falls back on where nobody gives nodes a part of the pod network, as containerd's. In IPv4 larger than its own /16, which
 * each node has for itself: here all of them share it.
 */
const FALLBACK_CIDRS: Readonly<Record<Family, string>> = { 4: '10.88.0.0/13', 6: '2001:db8:4860::/64' }

/** Node addresses begin behind the gateway, in networks such as kind's. */
const FIRST_NODE_ADDRESSES: Readonly<Record<Family, Ip>> = {
  4: parseIp('172.18.0.2') as Ip,
  6: parseIp('fc00:f853:ccd:e793::2') as Ip,
}

/** Nobody has more pods than that. */
const MOST_ADDRESSES = 2 ** 32

export class AddressPool {
  readonly family: Family
  readonly #network: Ip
  /** The last offset that a pod can have: in IPv4 the one behind it is the broadcast address. */
  readonly #last: number
  readonly #taken = new Set<number>()
  /** The first is the network, the second the gateway. */
  #next = 2

  constructor(cidr: string) {
    const { ip, network, prefixLength } = parseCidr(cidr) as Cidr
    this.family = ip.writtenAs
    this.#network = network
    this.#last =
      ip.writtenAs === 4 ? 2 ** (32 - prefixLength) - 2 : Math.min(2 ** (128 - prefixLength), MOST_ADDRESSES) - 1
  }

  get isFull(): boolean {
    return this.#taken.size >= this.#last - 1
  }

  /** Undefined when all are taken. */
  take(): string | undefined {
    if (this.isFull) return undefined
    while (this.#taken.has(this.#next)) this.#step()
    const offset = this.#next
    this.#taken.add(offset)
    this.#step()
    return formatIp(plus(this.#network, offset))
  }

  /** An address that a pod has already. False: the pool would never give it. */
  occupy(address: string): boolean {
    const offset = this.#offsetOf(address)
    if (!(offset >= 2 && offset <= this.#last)) return false
    this.#taken.add(offset)
    if (offset === this.#next) this.#step()
    return true
  }

  release(address: string): void {
    this.#taken.delete(this.#offsetOf(address))
  }

  /** What its addresses are of, the gateway's among them: `10.244.0.1-10.244.0.254`. */
  get range(): string {
    return [1, this.#last].map((offset) => formatIp(plus(this.#network, offset))).join('-')
  }

  #offsetOf(address: string): number {
    const ip = parseIp(address)
    return ip && ip.v4 === this.#network.v4 ? Number(ip.bits - this.#network.bits) : Number.NaN
  }

  #step(): void {
    this.#next = this.#next >= this.#last ? 2 : this.#next + 1
  }
}

/** The families of networks (`10.244.0.0/16,fd00:10:244::/48`), in their order. */
export const familiesOf = (cidrs: string): Family[] => cidrs.split(',').map(familyOf)

/** Of an address or a network. */
export const familyOf = (text: string): Family => (text.includes(':') ? 6 : 4)

export const fallbackPools = (families: readonly Family[]): AddressPool[] =>
  families.map((family) => new AddressPool(FALLBACK_CIDRS[family]))

/** The addresses of the node that comes after so many others: one of each family. */
export function nodeAddresses(families: readonly Family[], others: number): string[] {
  return families.map((family) => formatIp(plus(FIRST_NODE_ADDRESSES[family], others)))
}

/** The addresses that pods know their node by: the first, and the first of the other family. Mirrors pkg/util/node/node.go (GetNodeHostIPs). */
export function hostAddresses(addresses: readonly NodeAddress[] = []): string[] {
  const all = ['InternalIP', 'ExternalIP'].flatMap((wanted) =>
    addresses.filter(({ type, address }) => type === wanted && parseIp(address)).map(({ address }) => address),
  )
  const second = all.find((address) => familyOf(address) !== familyOf(all[0]))
  return second === undefined ? all.slice(0, 1) : [all[0], second]
}

const plus = (ip: Ip, offset: number): Ip => ({ ...ip, bits: ip.bits + BigInt(offset) })
