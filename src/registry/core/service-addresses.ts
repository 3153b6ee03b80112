/**
 * Cluster IPs: an IPAddress object an address, so that two writers cannot take the same.
 * Mirrors pkg/registry/core/service/ipallocator/{ipallocator,cidrallocator}.go.
 */
import { isAlreadyExists, isNotFound } from '../../apimachinery/errors.ts'
import { type Cidr, formatIp, isUsable, parseCidr, parseIp, usableBits } from '../../apimachinery/ip.ts'
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
  cidr: Cidr
  family: Family
}

/** Families that the settings have a range of, in their order. Further ServiceCIDRs add addresses, never a family. */
export function offeredFamilies({ settings }: WriteContext): Family[] {
  return rangesIn(settings.serviceCidr.split(',')).map(({ family }) => family)
}

/** Ready ranges: those of ServiceCIDR objects, or what the settings say as long as there is none. */
function rangesOf({ reader, settings }: WriteContext): Range[] {
  const objects = reader.list<ServiceCIDR>(RANGES)
  if (objects.length === 0) return rangesIn(settings.serviceCidr.split(','))
  return rangesIn(objects.filter(isReady).flatMap(({ spec }) => spec?.cidrs ?? []))
}

function rangesIn(texts: readonly string[]): Range[] {
  return texts.flatMap((text) => {
    const cidr = parseCidr(text)
    return cidr ? [{ cidr, family: cidr.ip.writtenAs === 6 ? 'IPv6' : 'IPv4' } satisfies Range] : []
  })
}

function isReady({ metadata, status }: ServiceCIDR): boolean {
  if (metadata.deletionTimestamp) return false
  const condition = status?.conditions?.find((one) => one.type === 'Ready')
  return condition === undefined || condition.status === 'True'
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
  const within = ip && ranges.find(({ cidr }) => isUsable(cidr, ip))
  if (!within) throw new AllocationError('the provided network does not match the current range')
  if (context.dryRun) return text
  if (!(await createAddress(formatIp(ip), within.family, service, context))) {
    throw new AllocationError('provided IP is already allocated')
  }
  return text
}

/** Takes any free address, from a random place on. A dry run answers the network's own address and takes nothing. */
export async function takeAnyAddress(family: Family, service: Service, context: WriteContext): Promise<string> {
  for (const { cidr } of rangesOf(context).filter((one) => one.family === family)) {
    if (context.dryRun) return formatIp(cidr.network)
    const { first, last } = usableBits(cidr)
    // Dynamic allocation begins above the lower band, which is left for addresses asked for by hand.
    const start = first + bandOf(last - first + 1n)
    const taken =
      (await takeBetween(start, last, family, service, context)) ??
      (await takeBetween(first, start - 1n, family, service, context))
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
