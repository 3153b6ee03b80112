/** IP addresses and networks. Mirrors apiserver/pkg/cel/library/{ip,cidr}.go and, for messages, Go's net/netip. */
import { quote } from '../../go-text.ts'
import { formatIp, type Ip, parseIp } from '../../ip.ts'
import { type Declaration, namedType } from '../functions.ts'
import { CelError, Opaque, type Value } from '../values.ts'

export class Address extends Opaque {
  readonly type = namedType('ip')
  readonly ip: Ip
  constructor(ip: Ip) {
    super()
    this.ip = ip
  }
  equals(other: Value): boolean {
    return other instanceof Address && this.ip.bits === other.ip.bits && this.ip.v4 === other.ip.v4
  }
  override get size(): number {
    return this.ip.v4 ? 4 : 16
  }
  override toString(): string {
    return formatIp(this.ip)
  }
}

export class Network extends Opaque {
  readonly type = namedType('cidr')
  readonly ip: Ip
  readonly prefixLength: number
  constructor(ip: Ip, prefixLength: number) {
    super()
    this.ip = ip
    this.prefixLength = prefixLength
  }
  equals(other: Value): boolean {
    return (
      other instanceof Network &&
      this.ip.bits === other.ip.bits &&
      this.ip.v4 === other.ip.v4 &&
      this.prefixLength === other.prefixLength
    )
  }
  override get size(): number {
    return Math.ceil(this.prefixLength / 8)
  }
  /** The address with what lies beyond the prefix cleared. */
  get masked(): bigint {
    const rest = BigInt((this.ip.v4 ? 32 : 128) - this.prefixLength)
    return (this.ip.bits >> rest) << rest
  }
  contains({ ip }: Address): boolean {
    return ip.v4 === this.ip.v4 && new Network(ip, this.prefixLength).masked === this.masked
  }
  override toString(): string {
    return `${formatIp(this.ip)}/${this.prefixLength}`
  }
}

/** What netip says is wrong with an address of version 4. */
function problemOfV4(text: string): string | undefined {
  const fields = text.split('.')
  let offset = 0
  for (const [i, field] of fields.entries()) {
    const rest = text.slice(offset)
    const wrong = /[^0-9]/.exec(field)
    if (wrong) return at('unexpected character', text.slice(offset + wrong.index))
    if (field === '') return at('IPv4 field must have at least one digit', i === 0 ? rest : text.slice(offset - 1))
    if (/^0\d/.test(field)) return 'IPv4 field has octet with leading zero'
    if (Number(field) > 255) return 'IPv4 field has value >255'
    if (i === 4) return 'IPv4 address too long'
    offset += field.length + 1
  }
  return fields.length < 4 ? 'IPv4 address too short' : undefined
}

const at = (message: string, rest: string): string => `${message} (at ${quote(rest)})`

function problemOfV6(text: string): string {
  const wrong = /[^0-9a-fA-F:.%]/.exec(text)
  if (wrong) {
    const group = text.slice(0, wrong.index).split(':').at(-1)!
    if (group === '') return at('each colon-separated field must have at least one digit', text.slice(wrong.index))
    return at('unexpected character, want colon', text.slice(wrong.index))
  }
  const long = /[0-9a-fA-F]{5,}.*/.exec(text)
  if (long) return at('each group must have 4 or less digits', long[0])
  if (text.split('::').length > 2) return at('multiple :: in address', `:${text.slice(text.lastIndexOf('::') + 1)}`)
  if (/[^:]:$/.test(text)) return at('colon must be followed by more characters', ':')
  return text.split(':').length > 8 ? at('trailing garbage after address', text) : 'address string too short'
}

/** An address, or what is wrong with the text. */
function parseAddress(text: string): Ip | string {
  const problem = /^[^:.%]*\./.test(text) ? problemOfV4(text) : undefined
  const [plain, zone] = text.split('%')
  const ip = problem === undefined ? parseIp(plain) : undefined
  if (ip && zone === undefined) return ip
  if (ip && zone !== '') return ip
  if (zone === '') return `ParseAddr(${quote(text)}): zone must be a non-empty string`
  const first = /[:.%]/.exec(text)?.[0]
  const why =
    problem ?? (first === ':' ? problemOfV6(plain) : first === '%' ? 'missing IPv6 address' : 'unable to parse IP')
  return `ParseAddr(${quote(text)}): ${why}`
}

export function toAddress(text: string): Address | CelError {
  const ip = parseAddress(text)
  if (typeof ip === 'string') {
    return new CelError(`IP Address ${quote(text)} parse error during conversion from string: ${ip}`)
  }
  if (text.includes('%')) return new CelError(`IP address ${quote(text)} with zone value is not allowed`)
  return isMapped(ip) ? mapped(text) : new Address(ip)
}

const isMapped = ({ v4, writtenAs }: Ip): boolean => v4 && writtenAs === 6
const mapped = (text: string): CelError => new CelError(`IPv4-mapped IPv6 address ${quote(text)} is not allowed`)
const PARSING = 'network address parse error during conversion from string: '

export function toNetwork(text: string): Network | CelError {
  const failed = (why: string): CelError =>
    new CelError(`${PARSING}${PARSING}netip.ParsePrefix(${quote(text)}): ${why}`)
  const slash = text.lastIndexOf('/')
  if (slash < 0) return failed("no '/'")
  const ip = parseAddress(text.slice(0, slash))
  if (typeof ip === 'string') return failed(ip)
  if (text.includes('%')) return failed('IPv6 zones cannot be present in a prefix')
  const bits = text.slice(slash + 1)
  if (!/^(?:0|[1-9]\d*)$/.test(bits)) return failed(`bad bits after slash: ${quote(bits)}`)
  if (Number(bits) > (ip.writtenAs === 4 ? 32 : 128)) return failed('prefix length out of range')
  return isMapped(ip) ? new CelError(`${PARSING}${mapped(text).message}`) : new Network(ip, Number(bits))
}

const network = (value: Value): Network => value as Network
const ipOf = (value: Value): Ip => (value as Address).ip
/** A test of an address by its bytes: IPv4 as its 32 bits. */
const test =
  (v4: (bits: bigint) => boolean, v6: (bits: bigint) => boolean) =>
  (value: Value): Value => {
    const ip = ipOf(value)
    return ip.v4 ? v4(ip.bits & 0xffffffffn) : v6(ip.bits)
  }

const isUnspecified = test(
  (bits) => bits === 0n,
  (bits) => bits === 0n,
)
const isLoopback = test(
  (bits) => bits >> 24n === 127n,
  (bits) => bits === 1n,
)
const isLinkLocalMulticast = test(
  (bits) => bits >> 8n === 0xe00000n,
  (bits) => ((bits >> 112n) & 0xff0fn) === 0xff02n,
)
const isLinkLocalUnicast = test(
  (bits) => bits >> 16n === 0xa9fen,
  (bits) => bits >> 118n === 0xfe80n >> 6n,
)
const isMulticast = test(
  (bits) => bits >> 28n === 0xen,
  (bits) => bits >> 120n === 0xffn,
)
const isBroadcast = test(
  (bits) => bits === 0xffffffffn,
  () => false,
)
const isGlobalUnicast = (value: Value): boolean =>
  ![isUnspecified, isLoopback, isLinkLocalUnicast, isMulticast, isBroadcast].some((is) => is(value) === true)

function containsIp(value: Value, text: Value): Value {
  const address = text instanceof Address ? text : toAddress(text as string)
  return address instanceof CelError ? address : network(value).contains(address)
}

function containsCidr(value: Value, text: Value): Value {
  const other = text instanceof Network ? text : toNetwork(text as string)
  if (other instanceof CelError) return other
  return network(value).contains(new Address(other.ip)) && network(value).prefixLength <= other.prefixLength
}

function isCanonical(text: Value): Value {
  const address = toAddress(text as string)
  return address instanceof CelError ? address : address.toString() === text
}

function masked(value: Value): Value {
  const { ip, prefixLength } = network(value)
  return new Network({ ...ip, bits: network(value).masked }, prefixLength)
}

export const ADDRESS_FUNCTIONS: Declaration[] = [
  ['string_to_ip', 'ip(string) ip', (text) => toAddress(text as string)],
  ['ip_is_canonical', 'ip.isCanonical(string) bool', isCanonical],
  ['is_ip', 'isIP(string) bool', (text) => toAddress(text as string) instanceof Address],
  ['ip_to_string', 'string(ip) string', String],
  ['string_to_cidr', 'cidr(string) cidr', (text) => toNetwork(text as string)],
  ['is_cidr', 'isCIDR(string) bool', (text) => toNetwork(text as string) instanceof Network],
  ['cidr_to_string', 'string(cidr) string', String],
]

export const ADDRESS_MEMBERS: Declaration[] = [
  ['ip_family', 'ip.family() int', (value) => (ipOf(value).v4 ? 4n : 6n)],
  ['ip_is_unspecified', 'ip.isUnspecified() bool', isUnspecified],
  ['ip_is_loopback', 'ip.isLoopback() bool', isLoopback],
  ['ip_is_link_local_multicast', 'ip.isLinkLocalMulticast() bool', isLinkLocalMulticast],
  ['ip_is_link_local_unicast', 'ip.isLinkLocalUnicast() bool', isLinkLocalUnicast],
  ['ip_is_global_unicast', 'ip.isGlobalUnicast() bool', isGlobalUnicast],
  ['cidr_contains_ip_string', 'cidr.containsIP(string) bool', containsIp],
  ['cidr_contains_ip_ip', 'cidr.containsIP(ip) bool', containsIp],
  ['cidr_contains_cidr_string', 'cidr.containsCIDR(string) bool', containsCidr],
  ['cidr_contains_cidr', 'cidr.containsCIDR(cidr) bool', containsCidr],
  ['cidr_ip', 'cidr.ip() ip', (value) => new Address(network(value).ip)],
  ['cidr_prefix_length', 'cidr.prefixLength() int', (value) => BigInt(network(value).prefixLength)],
  ['cidr_masked', 'cidr.masked() cidr', masked],
]
