/** A network in parts of one size, each for one node. Mirrors pkg/controller/nodeipam/ipam/cidrset/cidr_set.go. */
import { type Cidr, formatCidr, overlap, parseCidr } from '../apimachinery/ip.ts'

/** `--node-cidr-mask-size-ipv4` and `-ipv6` by default. */
const NODE_MASKS = { 4: 24, 6: 64 } as const
/** An IPv6 network has no more parts than 2 to the power of this. */
const MOST_PART_BITS = 16

export class CidrSet {
  readonly #network: Cidr
  readonly #mask: number
  /** How far the number of a part is shifted in an address. */
  readonly #shift: bigint
  readonly #size: number
  readonly #taken = new Set<number>()
  #next = 0

  /** Of a network for which `partsProblem` has nothing to say. */
  constructor(network: Cidr) {
    this.#network = network
    this.#mask = NODE_MASKS[network.ip.writtenAs]
    this.#shift = BigInt(widthOf(network) - this.#mask)
    this.#size = 2 ** (this.#mask - network.prefixLength)
  }

  /** The next part that is free, after the one given last; undefined: there is none. */
  allocate(): string | undefined {
    if (this.#taken.size === this.#size) return undefined
    while (this.#taken.has(this.#next)) this.#next = (this.#next + 1) % this.#size
    const part = this.#next
    this.#taken.add(part)
    this.#next = (part + 1) % this.#size
    const bits = this.#network.network.bits + (BigInt(part) << this.#shift)
    const ip = { ...this.#network.network, bits }
    return formatCidr({ ip, network: ip, prefixLength: this.#mask })
  }

  /** What `cidr` has in common with this network goes to nobody. */
  occupy(cidr: string): void {
    const [first, last] = this.#partsOf(cidr)
    for (let part = first; part <= last; part++) this.#taken.add(part)
  }

  release(cidr: string): void {
    const [first, last] = this.#partsOf(cidr)
    for (let part = first; part <= last; part++) this.#taken.delete(part)
  }

  /** The numbers of the first and the last; the last is below the first when there is none. */
  #partsOf(text: string): [first: number, last: number] {
    const cidr = parseCidr(text)
    if (!cidr || !overlap(cidr, this.#network)) return [0, -1]
    if (cidr.prefixLength <= this.#network.prefixLength) return [0, this.#size - 1]
    const first = Number((cidr.network.bits - this.#network.network.bits) >> this.#shift)
    return [first, first + 2 ** Math.max(0, this.#mask - cidr.prefixLength) - 1]
  }
}

/** What is wrong with a network of pods, in the words of the node-ipam controller; undefined: nothing. */
export function partsProblem(network: Cidr): string | undefined {
  const mask = NODE_MASKS[network.ip.writtenAs]
  if (network.prefixLength > mask) {
    return 'mask size of cluster CIDR must be less than or equal to --node-cidr-mask-size configured for CIDR family'
  }
  const isTooLarge = network.ip.writtenAs === 6 && mask - network.prefixLength > MOST_PART_BITS
  return isTooLarge ? 'New CIDR set failed; the node CIDR size is too big' : undefined
}

/** The networks of pods (`10.244.0.0/16,fd00:10:244::/48`), in their order; parts that are addresses of Services are no node's. */
export function cidrSets(podCidr: string, serviceCidr: string): CidrSet[] {
  const sets = podCidr.split(',').map((text) => new CidrSet(parseCidr(text) as Cidr))
  for (const set of sets) for (const text of serviceCidr.split(',')) set.occupy(text)
  return sets
}

/** A part of each network; undefined when one of them has none left. */
export function allocateParts(sets: readonly CidrSet[]): string[] | undefined {
  const parts: string[] = []
  for (const set of sets) {
    const part = set.allocate()
    if (part === undefined) {
      for (const [i, taken] of parts.entries()) sets[i].release(taken)
      return undefined
    }
    parts.push(part)
  }
  return parts
}

const widthOf = ({ ip }: Cidr): number => (ip.writtenAs === 4 ? 32 : 128)
