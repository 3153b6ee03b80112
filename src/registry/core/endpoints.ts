/** Endpoints. Mirrors pkg/registry/core/endpoint/strategy.go and ValidateEndpoints. */
import { deepEqual } from '../../apimachinery/equality.ts'
import { child, type FieldError, index, invalid, required } from '../../apimachinery/field-error.ts'
import { parseIp, validateLegacyIp } from '../../apimachinery/ip.ts'
import { isDns1123Subdomain, isPortNumber } from '../../apimachinery/names.ts'
import type { EndpointAddress, EndpointPort, EndpointSubset, Endpoints } from '../../types/core-v1.ts'
import { defineResource } from '../definition.ts'
import { invalids, validateDns1123Label, validateEnum, validateQualifiedName } from '../validation.ts'
import { ageCell, NONE } from './cells.ts'
import { PROTOCOLS } from './containers.validation.ts'

const SHOWN = 3

export const endpoints = defineResource<Endpoints>('v1', 'endpoints', {
  deprecation: 'v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice',
  validate: (object) => validateSubsets(object.subsets ?? []),
  /** What was let in once stays legal while it stays as it is. */
  validateUpdate: (object, old) =>
    deepEqual(object.subsets, old.subsets) ? [] : validateSubsets(object.subsets ?? []),
  row: (object, { now }) => [
    object.metadata.name ?? '',
    subsetsCell(object.subsets ?? []),
    ageCell(object.metadata.creationTimestamp, now),
  ],
})

function validateSubsets(subsets: readonly EndpointSubset[]): FieldError[] {
  return subsets.flatMap((subset, s) => {
    const at = index('subsets', s)
    const { addresses = [], notReadyAddresses = [], ports = [] } = subset
    const errors: FieldError[] = []
    if (addresses.length + notReadyAddresses.length === 0) {
      errors.push(required(at, 'must specify `addresses` or `notReadyAddresses`'))
    }
    addresses.forEach((address, i) => {
      errors.push(...validateAddress(address, index(child(at, 'addresses'), i)))
    })
    notReadyAddresses.forEach((address, i) => {
      errors.push(...validateAddress(address, index(child(at, 'notReadyAddresses'), i)))
    })
    ports.forEach((port, i) => {
      errors.push(...validatePort(port, ports.length > 1, index(child(at, 'ports'), i)))
    })
    return errors
  })
}

function validateAddress({ ip = '', hostname, nodeName }: EndpointAddress, path: string): FieldError[] {
  const errors = validateLegacyIp(child(path, 'ip'), ip)
  if (hostname) errors.push(...validateDns1123Label(hostname, child(path, 'hostname')))
  if (nodeName !== undefined) errors.push(...invalids(child(path, 'nodeName'), nodeName, isDns1123Subdomain(nodeName)))
  return [...errors, ...validateEndpointIp(ip, child(path, 'ip'))]
}

/** An address that traffic can be sent to. Shared with external IPs of services. */
export function validateEndpointIp(text: string, path: string): FieldError[] {
  const ip = parseIp(text)
  if (!ip) return [invalid(path, text, 'must be a valid IP address')]
  const v4 = ip.v4 ? Number(ip.bits & 0xffffffffn) : undefined
  const starts = (prefix: number, length: number) =>
    v4 !== undefined && v4 >>> (32 - length) === prefix >>> (32 - length)
  const top = ip.bits >> 112n
  const errors: FieldError[] = []
  if (v4 === 0 || ip.bits === 0n) errors.push(invalid(path, text, `may not be unspecified (${text})`))
  if (starts(0x7f000000, 8) || ip.bits === 1n) {
    errors.push(invalid(path, text, 'may not be in the loopback range (127.0.0.0/8, ::1/128)'))
  }
  if (starts(0xa9fe0000, 16) || (!ip.v4 && top >> 6n === 0xfe80n >> 6n)) {
    errors.push(invalid(path, text, 'may not be in the link-local range (169.254.0.0/16, fe80::/10)'))
  }
  if (starts(0xe0000000, 24) || (!ip.v4 && (top & 0xff0fn) === 0xff02n)) {
    errors.push(invalid(path, text, 'may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)'))
  }
  return errors
}

function validatePort(
  { name, port = 0, protocol, appProtocol }: EndpointPort,
  named: boolean,
  path: string,
): FieldError[] {
  const errors: FieldError[] = []
  if (name) errors.push(...validateDns1123Label(name, child(path, 'name')))
  else if (named) errors.push(required(child(path, 'name')))
  errors.push(...invalids(child(path, 'port'), port, isPortNumber(port)))
  errors.push(...validateEnum(protocol, PROTOCOLS, child(path, 'protocol')))
  if (appProtocol !== undefined) errors.push(...validateQualifiedName(appProtocol, child(path, 'appProtocol')))
  return errors
}

/** The first three, and how many there are beyond them. */
function subsetsCell(subsets: readonly EndpointSubset[]): string {
  if (subsets.length === 0) return NONE
  const all = subsets.flatMap(({ addresses = [], ports = [] }) =>
    ports.length === 0
      ? addresses.map(({ ip }) => ip)
      : ports.flatMap(({ port }) =>
          addresses.map(({ ip }) => (ip.includes(':') ? `[${ip}]:${port}` : `${ip}:${port}`)),
        ),
  )
  const shown = all.slice(0, SHOWN).join(',')
  return all.length > SHOWN ? `${shown} + ${all.length - SHOWN} more...` : shown
}
