/** Addresses that endpoints may have. Mirrors ValidateEndpointIP of pkg/apis/core/validation. */
import { type FieldError, invalid } from '../apimachinery/field-error.ts'
import { type Cidr, cidrContains, formatIp, parseCidr, parseIp, validateIp } from '../apimachinery/ip.ts'

const LOOPBACK = 'may not be in the loopback range (127.0.0.0/8, ::1/128)'
const LINK_LOCAL = 'may not be in the link-local range (169.254.0.0/16, fe80::/10)'
const LINK_LOCAL_MULTICAST = 'may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)'
const SPECIAL = (
  [
    ['127.0.0.0/8', LOOPBACK],
    ['::1/128', LOOPBACK],
    ['169.254.0.0/16', LINK_LOCAL],
    ['fe80::/10', LINK_LOCAL],
    ['224.0.0.0/24', LINK_LOCAL_MULTICAST],
    ['ff02::/16', LINK_LOCAL_MULTICAST],
  ] as const
).map(([range, why]) => ({ range: parseCidr(range) as Cidr, why }))

/** Of a well-formed address. */
export function validateEndpointIp(value: string, path: string): FieldError[] {
  const ip = parseIp(value)
  if (!ip) return []
  if (ip.bits === 0n) return [invalid(path, value, `may not be unspecified (${value})`)]
  return SPECIAL.filter(({ range }) => cidrContains(range, ip)).map(({ why }) => invalid(path, value, why))
}

/** Of an address that an old field accepts: newer ones would not, or it is not written as it should be. Mirrors GetWarningsForIP. */
export function ipWarnings(value: string, path: string): string[] {
  const ip = parseIp(value)
  if (!ip) return []
  const shown = formatIp(ip)
  if (value === shown) return []
  const standard = value.includes(':') && validateIp('', value).every(({ detail }) => detail.includes('canonical'))
  return standard
    ? [`${path}: IPv6 address "${value}" should be in RFC 5952 canonical format ("${shown}")`]
    : [`${path}: non-standard IP address "${value}" is invalid: use "${shown}"`]
}
