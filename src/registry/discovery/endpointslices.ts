/** endpointslices. Mirrors pkg/registry/discovery/endpointslice/strategy.go and pkg/apis/discovery/validation. */
import { deepEqual } from '../../apimachinery/equality.ts'
import {
  child,
  duplicate,
  type FieldError,
  index,
  invalid,
  notSupported,
  required,
  tooMany,
} from '../../apimachinery/field-error.ts'
import { parseIp, validateIp, validateLegacyIp } from '../../apimachinery/ip.ts'
import type { DynamicObject } from '../../apimachinery/meta.ts'
import { isDns1123Subdomain, isLabelValue } from '../../apimachinery/names.ts'
import { age, listWithMore } from '../cells.ts'
import { declaredImmutable } from '../declarative.ts'
import { defineResource } from '../definition.ts'
import { validateEndpointIp } from '../ip.validation.ts'
import { invalids, validateDns1123Label, validateLabels, validateQualifiedName } from '../validation.ts'

type Fields = DynamicObject['spec']

const ADDRESS_TYPES = ['FQDN', 'IPv4', 'IPv6']
const PROTOCOLS = ['SCTP', 'TCP', 'UDP']
const MAX_ENDPOINTS = 1000
const MAX_PORTS = 20000
const MAX_ADDRESSES = 100
const MAX_HINTS = 8
const MAX_TOPOLOGY_LABELS = 16

export const endpointslices = defineResource('discovery.k8s.io/v1', 'endpointslices', {
  prepareForCreate: dropTopology,
  prepareForUpdate(slice, old) {
    // What is dropped counts as a change all the same.
    if (contentChanges(slice, old)) slice.metadata.generation = (old.metadata.generation ?? 0) + 1
    if (!deepEqual(slice['endpoints'], old['endpoints'])) dropTopology(slice)
  },
  generationChanges: contentChanges,
  validate: (slice) => validateSlice(slice),
  validateUpdate: (slice, old) => [
    ...validateSlice(slice, old),
    ...declaredImmutable(slice['addressType'], old['addressType'], 'addressType'),
  ],
  row: (slice, context) => [
    slice.metadata.name ?? '',
    slice['addressType'],
    listWithMore((slice['ports'] ?? []).map(({ port, name }: Fields) => String(port ?? name ?? '*'))),
    listWithMore((slice['endpoints'] ?? []).flatMap(({ addresses }: Fields) => addresses ?? [])),
    age(slice, context),
  ],
})

/** In v1 the field only carries what older versions stored. */
function dropTopology(slice: DynamicObject): void {
  if (!Array.isArray(slice['endpoints'])) return
  slice['endpoints'] = slice['endpoints'].map(({ deprecatedTopology: _, ...endpoint }: Fields) => endpoint)
}

/** Metadata that is about the endpoints counts as well. */
function contentChanges(slice: DynamicObject, old: DynamicObject): boolean {
  if (!deepEqual(contentOf(slice), contentOf(old))) return true
  return !deepEqual(slice.metadata.labels ?? {}, old.metadata.labels ?? {})
}

const contentOf = ({ addressType, endpoints, ports }: DynamicObject): unknown => [addressType, endpoints, ports]

function validateSlice(slice: DynamicObject, old?: DynamicObject): FieldError[] {
  const addressType: string = slice['addressType'] ?? ''
  const endpoints: Fields[] = slice['endpoints'] ?? []
  const errors = validatePorts(slice['ports'] ?? [])
  // Endpoints that are already stored are tolerated.
  if (!old || !deepEqual(endpoints, old['endpoints'] ?? [])) errors.push(...validateEndpoints(endpoints, addressType))
  if (addressType === '') errors.push(required('addressType'))
  else if (!ADDRESS_TYPES.includes(addressType)) {
    errors.push(notSupported('addressType', addressType, ADDRESS_TYPES))
  }
  endpoints.forEach((endpoint, i) => {
    const addresses: string[] = endpoint.addresses ?? []
    const path = child(index('endpoints', i), 'addresses')
    if (addresses.length === 0) errors.push(required(path))
    else if (addresses.length > MAX_ADDRESSES) errors.push(tooMany(path, addresses.length, MAX_ADDRESSES))
  })
  return errors
}

function validatePorts(ports: Fields[]): FieldError[] {
  if (ports.length > MAX_PORTS) return [tooMany('ports', ports.length, MAX_PORTS)]
  const seen = new Set<string>()
  return ports.flatMap(({ name = '', protocol, appProtocol }, i) => {
    const path = index('ports', i)
    const errors = name === '' ? [] : validateDns1123Label(name, child(path, 'name'))
    if (seen.has(name)) errors.push(duplicate(child(path, 'name'), name))
    seen.add(name)
    if (protocol === undefined) errors.push(required(child(path, 'protocol')))
    else if (!PROTOCOLS.includes(protocol)) errors.push(notSupported(child(path, 'protocol'), protocol, PROTOCOLS))
    if (appProtocol !== undefined) errors.push(...validateQualifiedName(appProtocol, child(path, 'appProtocol')))
    return errors
  })
}

function validateEndpoints(endpoints: Fields[], addressType: string): FieldError[] {
  if (endpoints.length > MAX_ENDPOINTS) return [tooMany('endpoints', endpoints.length, MAX_ENDPOINTS)]
  return endpoints.flatMap((endpoint, i) => validateEndpoint(endpoint, addressType, index('endpoints', i)))
}

function validateEndpoint(endpoint: Fields, addressType: string, path: string): FieldError[] {
  const { addresses, nodeName, deprecatedTopology, hostname, hints } = endpoint
  // A list that is always printed is null when it is empty.
  const errors = (addresses ?? []).flatMap((address: string, i: number) =>
    validateAddress(address, addressType, child(path, 'addresses'), i),
  )
  if (nodeName !== undefined) errors.push(...invalids(child(path, 'nodeName'), nodeName, isDns1123Subdomain(nodeName)))
  const topology = child(path, 'deprecatedTopology')
  const count = Object.keys(deprecatedTopology ?? {}).length
  if (count > MAX_TOPOLOGY_LABELS) errors.push(tooMany(topology, count, MAX_TOPOLOGY_LABELS))
  errors.push(...validateLabels(deprecatedTopology, topology))
  if (hostname !== undefined) errors.push(...validateDns1123Label(hostname, child(path, 'hostname')))
  if (hints) {
    errors.push(
      ...validateHints(hints.forZones, child(path, 'hints.forZones'), isLabelValue),
      ...validateHints(hints.forNodes, child(path, 'hints.forNodes'), isDns1123Subdomain),
    )
  }
  return errors
}

function validateAddress(address: string, addressType: string, path: string, i: number): FieldError[] {
  const at = index(path, i)
  if (addressType === 'FQDN') return validateDomainName(address, at)
  if (addressType !== 'IPv4' && addressType !== 'IPv6') return []
  const errors = addressType === 'IPv4' ? validateLegacyIp(at, address) : validateIp(at, address)
  if (errors.length > 0) return errors
  const right = (parseIp(address)?.writtenAs === 4) === (addressType === 'IPv4')
  // Upstream names the list here and not its element.
  const family = right ? [] : [invalid(path, address, `must be an ${addressType} address`)]
  return [...family, ...validateEndpointIp(address, at)]
}

function validateDomainName(name: string, path: string): FieldError[] {
  if (name === '') return [required(path)]
  const bare = name.endsWith('.') ? name.slice(0, -1) : name
  const errors = invalids(path, bare, isDns1123Subdomain(bare))
  if (errors.length > 0) return errors
  return bare.includes('.')
    ? []
    : [invalid(path, bare, 'should be a domain with at least two segments separated by dots')]
}

function validateHints(hints: Fields[] | undefined, path: string, rule: (name: string) => string[]): FieldError[] {
  if (!hints) return []
  if (hints.length > MAX_HINTS) return [tooMany(path, hints.length, MAX_HINTS)]
  const seen = new Set<string>()
  return hints.flatMap(({ name = '' }, i) => {
    const at = child(index(path, i), 'name')
    const errors = seen.has(name) ? [duplicate(at, name)] : []
    seen.add(name)
    return [...errors, ...invalids(at, name, rule(name))]
  })
}
