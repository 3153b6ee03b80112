/** IP addresses and CIDRs. Mirrors apimachinery/pkg/util/validation/ip.go and the sloppy parser of k8s.io/utils/net. */
import { type FieldError, invalid } from './field-error.ts'
import { quote } from './go-text.ts'

/** An address as 16 bytes in one number; IPv4 is IPv4-mapped. */
export interface Ip {
  readonly bits: bigint
  /** An IPv4 address, also one written as `::ffff:1.2.3.4`. */
  readonly v4: boolean
  /** How it was written, and whether an octet had a leading zero. */
  readonly writtenAs: 4 | 6
  readonly leadingZeroes: boolean
}

export interface Cidr {
  readonly ip: Ip
  /** The address with the bits beyond the prefix cleared. */
  readonly network: Ip
  readonly prefixLength: number
}

const MAPPED = 0xffffn << 32n

/** Undefined when it is none. Leading zeroes in octets are allowed, as they ever were in Kubernetes. */
export function parseIp(text: string): Ip | undefined {
  const colon = text.indexOf(':')
  const dot = text.indexOf('.')
  if (dot >= 0 && (colon < 0 || dot < colon)) return parseV4(text)
  return colon >= 0 ? parseV6(text) : undefined
}

function parseV4(text: string): Ip | undefined {
  const match = /^(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(text)
  if (!match) return undefined
  const octets = match.slice(1)
  let bits = 0
  for (const octet of octets) {
    if (Number(octet) > 255) return undefined
    bits = bits * 256 + Number(octet)
  }
  return {
    bits: MAPPED | BigInt(bits),
    v4: true,
    writtenAs: 4,
    leadingZeroes: octets.some((octet) => /^0./.test(octet)),
  }
}

function parseV6(text: string): Ip | undefined {
  const halves = text.split('::')
  if (halves.length > 2) return undefined
  const groups = halves.map((half, i) => groupsOf(half, i === halves.length - 1))
  if (groups.some((half) => half === undefined)) return undefined
  const [head, tail] = [groups[0]!, groups[1]]
  const count = head.values.length + (tail?.values.length ?? 0)
  // An ellipsis stands for at least one group.
  if (tail ? count > 7 : count !== 8) return undefined
  const values = tail ? [...head.values, ...Array<bigint>(8 - count).fill(0n), ...tail.values] : head.values
  const bits = values.reduce((sum, value) => (sum << 16n) | value, 0n)
  const leadingZeroes = head.leadingZeroes || (tail?.leadingZeroes ?? false)
  return { bits, v4: bits >> 32n === 0xffffn, writtenAs: 6, leadingZeroes }
}

function groupsOf(half: string, last: boolean): { values: bigint[]; leadingZeroes: boolean } | undefined {
  if (half === '') return { values: [], leadingZeroes: false }
  const parts = half.split(':')
  const values: bigint[] = []
  let leadingZeroes = false
  for (const [i, part] of parts.entries()) {
    if (last && i === parts.length - 1 && part.includes('.')) {
      const v4 = parseV4(part)
      if (!v4) return undefined
      values.push((v4.bits >> 16n) & 0xffffn, v4.bits & 0xffffn)
      leadingZeroes = v4.leadingZeroes
    } else {
      if (!/^[0-9a-fA-F]+$/.test(part) || BigInt(`0x${part}`) > 0xffffn) return undefined
      // Go's strict parser refuses a fifth digit.
      if (part.length > 4) leadingZeroes = true
      values.push(BigInt(`0x${part}`))
    }
  }
  return { values, leadingZeroes }
}

/** Canonical text: dotted, or RFC 5952. */
export function formatIp(ip: Ip): string {
  if (ip.v4) return [24n, 16n, 8n, 0n].map((shift) => (ip.bits >> shift) & 0xffn).join('.')
  const groups = Array.from({ length: 8 }, (_, i) => ((ip.bits >> BigInt(112 - 16 * i)) & 0xffffn).toString(16))
  // The first of the longest runs of two or more zero groups becomes the ellipsis.
  const runs = [...groups.join(':').matchAll(/\b0(?::0)+\b/g)].map((match) => match[0])
  const longest = runs.reduce((best, run) => (run.length > best.length ? run : best), '')
  if (longest === '') return groups.join(':')
  const text = groups.join(':')
  const at = text.search(new RegExp(`\\b${longest}\\b`))
  const [before, after] = [text.slice(0, at), text.slice(at + longest.length)]
  return `${before.replace(/:$/, '')}::${after.replace(/^:/, '')}`
}

/** `10.0.0.1:80`, `[fd00::1]:80`. */
export function joinHostPort(host: string, port: number | string | undefined): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

/** Undefined when it is none. */
export function parseCidr(text: string): Cidr | undefined {
  const slash = text.indexOf('/')
  const ip = slash < 0 ? undefined : parseIp(text.slice(0, slash))
  const length = text.slice(slash + 1)
  if (!ip || !/^\d+$/.test(length)) return undefined
  const width = ip.writtenAs === 4 ? 32 : 128
  const prefixLength = Number(length)
  if (prefixLength > width) return undefined
  const hostBits = BigInt(width - prefixLength)
  const bits = (ip.bits >> hostBits) << hostBits
  return { ip, network: { ...ip, bits, v4: bits >> 32n === 0xffffn }, prefixLength }
}

/** A mapped network written in IPv6 prints in dotted form with its length cut, as Go's IPNet does. */
export function formatCidr({ network, prefixLength }: Cidr): string {
  const length = network.v4 && network.writtenAs === 6 ? prefixLength - 96 : prefixLength
  return `${formatIp(network)}/${length}`
}

export function cidrContains(cidr: Cidr, ip: Ip): boolean {
  const hostBits = BigInt((cidr.ip.writtenAs === 4 ? 32 : 128) - cidr.prefixLength)
  return cidr.network.v4 === ip.v4 && cidr.network.bits >> hostBits === ip.bits >> hostBits
}

/** One of the two holds the other. */
export const overlap = (a: Cidr, b: Cidr): boolean => cidrContains(a, b.network) || cidrContains(b, a.network)

/** What of a network a host can have: not its own address, nor, in IPv4, that which means all. `first` is above `last` where nothing is left. */
export function usableBits({ ip, network, prefixLength }: Cidr): { first: bigint; last: bigint } {
  const v6 = ip.writtenAs === 6
  const size = 1n << BigInt((v6 ? 128 : 32) - prefixLength)
  return { first: network.bits + 1n, last: network.bits + size - (v6 ? 1n : 2n) }
}

export function isUsable(cidr: Cidr, ip: Ip): boolean {
  const { first, last } = usableBits(cidr)
  return cidr.network.v4 === ip.v4 && ip.bits >= first && ip.bits <= last
}

/** For new fields: strict and canonical. */
export function validateIp(field: string, value: string): FieldError[] {
  const errors = validateLegacyIp(field, value)
  if (errors.length > 0) return errors
  const canonical = formatIp(parseIp(value)!)
  return value === canonical ? [] : [invalid(field, value, `must be in canonical form (${quote(canonical)})`)]
}

/** For fields older than strict validation: any valid form; without `strict` leading zeroes and mapped addresses too. */
export function validateLegacyIp(field: string, value: string, strict = true): FieldError[] {
  const ip = parseIp(value)
  if (!ip) return [invalid(field, value, 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)')]
  if (!strict) return []
  if (ip.leadingZeroes) return [invalid(field, value, 'must not have leading 0s')]
  return ip.v4 && ip.writtenAs === 6 ? [invalid(field, value, 'must not be an IPv4-mapped IPv6 address')] : []
}

/** For new fields: strict and canonical. */
export function validateCidr(field: string, value: string): FieldError[] {
  const errors = validateLegacyCidr(field, value)
  if (errors.length > 0) return errors
  const canonical = formatCidr(parseCidr(value)!)
  return value === canonical ? [] : [invalid(field, value, `must be in canonical form (${quote(canonical)})`)]
}

/** For fields older than strict validation; without `strict` leading zeroes, mapped addresses and host bits too. */
export function validateLegacyCidr(field: string, value: string, strict = true): FieldError[] {
  const cidr = parseCidr(value)
  if (!cidr) return [invalid(field, value, 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)')]
  if (!strict) return []
  const wrong = (detail: string): FieldError[] => [invalid(field, value, detail)]
  if (cidr.ip.leadingZeroes || /\/0\d/.test(value)) return wrong('must not have leading 0s in IP or prefix length')
  if (cidr.ip.v4 && cidr.ip.writtenAs === 6) return wrong('must not have an IPv4-mapped IPv6 address')
  return cidr.ip.bits !== cidr.network.bits ? wrong('must not have bits set beyond the prefix length') : []
}
