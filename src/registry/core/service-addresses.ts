/**
 * Cluster IPs: an IPAddress object an address, so that two writers cannot take the same.
 * Mirrors pkg/registry/core/service/ipallocator/{ipallocator,cidrallocator}.go.
 */
import { isAlreadyExists, isNotFound } from '../../apimachinery/errors.ts'
import { type Cidr, cidrContains, formatIp, type Ip, parseCidr, parseIp } from '../../apimachinery/ip.ts'
import type { KubeObject } from '../../apimachinery/meta.ts'
import type { Service } from '../../types/core-v1.ts'
import type { ServiceCIDR } from '../../types/networking-v1.ts'
import type { WriteContext } from '../definition.ts'
import type { Family } from './service-families.ts'

const ADDRESSES = 'ipaddresses.networking.k8s.io'
const RANGES = 'servicecidrs.networking.k8s.io'
const MANAGER = 'ipallocator.k8s.io'

/** What the text of the 422 ends with. */
export class AllocationError extends Error {
  /** The range is full: not the client's fault, so a 500. */
  readonly full: boolean
  constructor(message: string, full = false) {
    super(message)
    this.full = full
  }
}

interface Range {
  text: string
  family: Family
  first: bigint
  last: bigint
  /** Dynamic allocation begins above this: the lower band is left for addresses asked for by hand. */
  offset: bigint
}

/** Families that have a range, those of the settings first. */
export function offeredFamilies(context: WriteContext): Family[] {
  const families = rangesOf(context).map((range) => range.family)
  return [...new Set(families)]
}

/** Ready ranges: those of ServiceCIDR objects, or what the settings say as long as there is none. */
function rangesOf({ reader, settings }: WriteContext): Range[] {
  const ready = reader.list<ServiceCIDR>(RANGES).filter(isReady)
  const texts = ready.flatMap(({ spec }) => spec?.cidrs ?? [])
  const all = texts.length > 0 ? texts : settings.serviceCidr.split(',')
  const ranges = all.flatMap((text) => {
    const cidr = parseCidr(text.trim())
    return cidr ? [rangeOf(text.trim(), cidr)] : []
  })
  const primary = ranges.find((range) => settings.serviceCidr.startsWith(range.text))?.family ?? 'IPv4'
  return ranges.sort((a, b) => Number(b.family === primary) - Number(a.family === primary))
}

function isReady({ metadata, status }: ServiceCIDR): boolean {
  if (metadata.deletionTimestamp) return false
  const condition = status?.conditions?.find((one) => one.type === 'Ready')
  return condition === undefined || condition.status === 'True'
}

function rangeOf(text: string, cidr: Cidr): Range {
  const v6 = cidr.ip.writtenAs === 6
  const size = 1n << BigInt((v6 ? 128 : 32) - cidr.prefixLength)
  const first = cidr.network.bits + 1n
  // The broadcast address is no address of a service.
  const last = cidr.network.bits + size - (v6 ? 1n : 2n)
  return { text, family: v6 ? 'IPv6' : 'IPv4', first, last, offset: bandOf(last - first + 1n) }
}

/** The sixteenth part of the range, at least 16 and at most 256 addresses; nothing where the range is that small. */
function bandOf(size: bigint): bigint {
  if (size <= 16n) return 0n
  const part = size / 16n
  return part < 16n ? 16n : part > 256n ? 256n : part
}

/** Takes the address. Throws AllocationError. A dry run only checks the range. */
export async function takeAddress(text: string, service: Service, context: WriteContext): Promise<string> {
  const ip = parseIp(text)
  const ranges = rangesOf(context)
  const within = ip && ranges.find((range) => ip.bits >= range.first && ip.bits <= range.last && contains(range, ip))
  if (!within) throw new AllocationError(notInRange(text, ip, ranges))
  if (context.dryRun) return text
  if (!(await createAddress(formatIp(ip), within.family, service, context))) {
    throw new AllocationError('provided IP is already allocated')
  }
  return text
}

function contains(range: Range, ip: Ip): boolean {
  const cidr = parseCidr(range.text)
  return cidr !== undefined && cidrContains(cidr, ip)
}

function notInRange(text: string, ip: Ip | undefined, ranges: readonly Range[]): string {
  const family: Family = ip?.writtenAs === 6 ? 'IPv6' : 'IPv4'
  const range = ranges.find((one) => one.family === family)?.text
  return `the provided IP (${text}) is not in the valid range. The range of valid IPs is ${range ?? ''}`
}

/** Takes any free address, from a random place on. A dry run answers the network's own address and takes nothing. */
export async function takeAnyAddress(family: Family, service: Service, context: WriteContext): Promise<string> {
  for (const range of rangesOf(context).filter((one) => one.family === family)) {
    if (context.dryRun) return formatBits(range.first - 1n, family)
    const start = range.first + range.offset
    const taken =
      (await takeBetween(start, range.last, range.family, service, context)) ??
      (range.offset > 0n ? await takeBetween(range.first, start - 1n, range.family, service, context) : undefined)
    if (taken) return taken
  }
  throw new AllocationError('range is full', true)
}

async function takeBetween(
  first: bigint,
  last: bigint,
  family: Family,
  service: Service,
  context: WriteContext,
): Promise<string | undefined> {
  const size = last - first + 1n
  if (size <= 0n) return undefined
  const begin = BigInt(Math.floor(context.random.next() * Number(size)))
  for (let i = 0n; i < size; i++) {
    const text = formatBits(first + ((begin + i) % size), family)
    if (context.reader.get(ADDRESSES, '', text)) continue
    if (await createAddress(text, family, service, context)) return text
  }
  return undefined
}

const formatBits = (bits: bigint, family: Family): string =>
  formatIp({ bits, v4: family === 'IPv4', writtenAs: family === 'IPv4' ? 4 : 6, leadingZeroes: false })

/** False when somebody else has it. */
async function createAddress(
  text: string,
  family: Family,
  service: Service,
  { writer }: WriteContext,
): Promise<boolean> {
  const { name, namespace } = service.metadata
  const address = {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'IPAddress',
    metadata: {
      name: text,
      labels: { 'ipaddress.kubernetes.io/ip-family': family, 'ipaddress.kubernetes.io/managed-by': MANAGER },
    },
    spec: { parentRef: { group: '', resource: 'services', namespace, name } },
  }
  try {
    await writer.create(ADDRESSES, address as KubeObject)
    return true
  } catch (error) {
    if (isAlreadyExists(error)) return false
    throw error
  }
}

/** Gives addresses back; one that is gone already is not missed. */
export async function releaseAddresses(addresses: Iterable<string>, { writer }: WriteContext): Promise<void> {
  for (const text of addresses) {
    const ip = parseIp(text)
    if (!ip) continue
    try {
      await writer.delete(ADDRESSES, '', formatIp(ip))
    } catch (error) {
      if (!isNotFound(error)) throw error
    }
  }
}
