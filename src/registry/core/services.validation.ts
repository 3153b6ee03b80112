/** Services, new and changed. Mirrors pkg/apis/core/validation/validation.go (validateService, ValidateServiceUpdate). */
import {
  child,
  duplicate,
  type FieldError,
  forbidden,
  index,
  invalid,
  notSupported,
  required,
} from '../../apimachinery/field-error.ts'
import { parseIp, validateLegacyCidr, validateLegacyIp } from '../../apimachinery/ip.ts'
import { isDns1123Subdomain, isPortNumber } from '../../apimachinery/names.ts'
import type { Service, ServicePort, ServiceSpec } from '../../types/core-v1.ts'
import {
  invalids,
  validateDns1123Label,
  validateDns1123Subdomain,
  validateEnum,
  validateLabels,
  validatePortNumberOrName,
  validateQualifiedName,
} from '../validation.ts'
import { PROTOCOLS } from './containers.validation.ts'
import { validateEndpointIp } from './endpoints.ts'
import { needsHealthPort } from './service-ports.ts'

const TYPES = ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort']
const AFFINITIES = ['ClientIP', 'None']
const POLICIES = ['Cluster', 'Local']
const FAMILIES = ['IPv4', 'IPv6']
const FAMILY_POLICIES = ['PreferDualStack', 'RequireDualStack', 'SingleStack']
const DISTRIBUTIONS = ['PreferClose', 'PreferSameZone', 'PreferSameNode']
const MAX_AFFINITY_SECONDS = 86400
const SOURCE_RANGES = 'service.beta.kubernetes.io/load-balancer-source-ranges'
const ONLY_BALANCER = "may only be used when `type` is 'LoadBalancer'"

export const isHeadless = (spec: ServiceSpec): boolean => spec.clusterIPs?.length === 1 && spec.clusterIPs[0] === 'None'

export const isExternallyAccessible = (spec: ServiceSpec): boolean =>
  spec.type === 'LoadBalancer' ||
  spec.type === 'NodePort' ||
  (spec.type === 'ClusterIP' && (spec.externalIPs?.length ?? 0) > 0)

export function validateService(service: Service, old?: Service): FieldError[] {
  const spec = service.spec ?? {}
  const errors: FieldError[] = []
  if (!spec.ports?.length && !isHeadless(spec) && spec.type !== 'ExternalName') errors.push(required('spec.ports'))
  errors.push(...validateTypeNeeds(spec))
  const names = new Set<string>()
  spec.ports?.forEach((port, i) => {
    errors.push(...validatePort(port, spec.ports!.length > 1, names, index('spec.ports', i)))
  })
  errors.push(...validateLabels(spec.selector, 'spec.selector'), ...validateAffinity(spec))
  errors.push(...validateClusterIps(service, old))
  const kept = old?.spec?.externalIPs ?? []
  spec.externalIPs?.forEach((ip, i) => {
    const at = index('spec.externalIPs', i)
    const wrong = kept.includes(ip) ? [] : validateLegacyIp(at, ip)
    errors.push(...(wrong.length > 0 ? wrong : validateEndpointIp(ip, at)))
  })
  errors.push(...validateEnum(spec.type, TYPES, 'spec.type'), ...validateNodePorts(spec), ...validatePortPairs(spec))
  errors.push(...validateSourceRanges(service, old), ...validateBalancerFields(spec))
  return [...errors, ...validateTraffic(spec)]
}

function validateTypeNeeds(spec: ServiceSpec): FieldError[] {
  if ((spec.type === 'LoadBalancer' || spec.type === 'NodePort') && isHeadless(spec)) {
    return [invalid('spec.clusterIPs[0]', 'None', `may not be set to 'None' for ${spec.type} services`)]
  }
  if (spec.type !== 'ExternalName') return []
  const refuse = (name: string) => forbidden(child('spec', name), 'may not be set for ExternalName services')
  const errors: FieldError[] = []
  if (spec.clusterIPs?.length) errors.push(refuse('clusterIPs'))
  if (spec.ipFamilies?.length) errors.push(refuse('ipFamilies'))
  if (spec.ipFamilyPolicy !== undefined) errors.push(refuse('ipFamilyPolicy'))
  const name = (spec.externalName ?? '').replace(/\.$/, '')
  if (!name) return [...errors, required('spec.externalName')]
  return [...errors, ...validateDns1123Subdomain(name, 'spec.externalName')]
}

function validatePort(port: ServicePort, named: boolean, names: Set<string>, path: string): FieldError[] {
  const errors: FieldError[] = []
  const field = child(path, 'name')
  if (port.name) {
    errors.push(...validateDns1123Label(port.name, field))
    if (names.has(port.name)) errors.push(duplicate(field, port.name))
    names.add(port.name)
  } else if (named) {
    errors.push(required(field))
  }
  errors.push(...invalids(child(path, 'port'), port.port ?? 0, isPortNumber(port.port ?? 0)))
  errors.push(...validateEnum(port.protocol, PROTOCOLS, child(path, 'protocol')))
  errors.push(...validatePortNumberOrName(port.targetPort, child(path, 'targetPort')))
  if (port.appProtocol !== undefined) {
    errors.push(...validateQualifiedName(port.appProtocol, child(path, 'appProtocol')))
  }
  return errors
}

function validateAffinity(spec: ServiceSpec): FieldError[] {
  const errors = validateEnum(spec.sessionAffinity, AFFINITIES, 'spec.sessionAffinity')
  const path = 'spec.sessionAffinityConfig'
  const config = spec.sessionAffinityConfig
  if (spec.sessionAffinity === 'None' && config) {
    return [...errors, forbidden(path, 'must not be set when session affinity is None')]
  }
  if (spec.sessionAffinity !== 'ClientIP') return errors
  const needed = 'when session affinity type is ClientIP'
  if (!config) return [...errors, required(path, needed)]
  if (!config.clientIP) return [...errors, required(child(path, 'clientIP'), needed)]
  const seconds = config.clientIP.timeoutSeconds
  const field = child(path, 'clientIP.timeoutSeconds')
  if (seconds === undefined) return [...errors, required(field, needed)]
  if (seconds > 0 && seconds <= MAX_AFFINITY_SECONDS) return errors
  return [...errors, invalid(field, seconds, `must be greater than 0 and less than ${MAX_AFFINITY_SECONDS}`)]
}

/** clusterIP, clusterIPs, ipFamilies and ipFamilyPolicy must fit each other. */
export function validateClusterIps(service: Service, old?: Service): FieldError[] {
  const spec = service.spec ?? {}
  if (spec.type === 'ExternalName') return []
  const errors = validatePrimary(spec)
  spec.ipFamilies?.forEach((family, i) => {
    const at = index('spec.ipFamilies', i)
    if (!FAMILIES.includes(family)) errors.push(notSupported(at, family, FAMILIES))
    if (spec.ipFamilies!.indexOf(family) < i) errors.push(duplicate(at, family))
  })
  const policy = spec.ipFamilyPolicy
  if (policy !== undefined && !FAMILY_POLICIES.includes(policy)) {
    errors.push(notSupported('spec.ipFamilyPolicy', policy, FAMILY_POLICIES))
  }
  const ips = spec.clusterIPs ?? []
  const path = 'spec.clusterIPs'
  const wrong: FieldError[] = []
  ips.forEach((ip, i) => {
    if (i === 0 && ip === 'None') {
      if (ips.length > 1) wrong.push(invalid(path, ips, "'None' must be the first and only value"))
    } else if (!old?.spec?.clusterIPs?.includes(ip)) wrong.push(...validateLegacyIp(index(path, i), ip))
  })
  errors.push(...wrong)
  if (ips.length > 2) errors.push(invalid(path, ips, 'may only hold up to 2 values'))
  if (wrong.length > 0) return errors
  if (ips.length > 1 && new Set(ips.map((ip) => parseIp(ip)?.writtenAs)).size < 2) {
    errors.push(invalid(path, ips, 'may specify no more than one IP for each IP family'))
  }
  return isHeadless(spec) ? errors : [...errors, ...validateFamiliesOf(ips, spec.ipFamilies ?? [])]
}

function validatePrimary({ clusterIP, clusterIPs = [] }: ServiceSpec): FieldError[] {
  const path = 'spec.clusterIPs'
  if (!clusterIP) {
    const detail = 'must be empty when `clusterIP` is not specified'
    return clusterIPs.length > 0 ? [invalid(path, clusterIPs, detail)] : []
  }
  if (clusterIPs.length === 0) return [required(path)]
  return clusterIPs[0] === clusterIP ? [] : [invalid(path, clusterIPs, 'first value must match `clusterIP`')]
}

function validateFamiliesOf(ips: readonly string[], families: readonly string[]): FieldError[] {
  return ips.slice(0, families.length).flatMap((ip, i) => {
    const is = parseIp(ip)?.writtenAs === 6 ? 'IPv6' : 'IPv4'
    if (!FAMILIES.includes(families[i]) || families[i] === is) return []
    const detail = `expected an ${families[i]} value as indicated by \`ipFamilies[${i}]\``
    return [invalid(index('spec.clusterIPs', i), ip, detail)]
  })
}

function validateNodePorts(spec: ServiceSpec): FieldError[] {
  const errors: FieldError[] = []
  const seen = new Set<string>()
  const at = (i: number) => `spec.ports[${i}].nodePort`
  spec.ports?.forEach((port, i) => {
    if (spec.type !== 'ClusterIP' || !port.nodePort) return
    errors.push(forbidden(at(i), "may not be used when `type` is 'ClusterIP'"))
  })
  spec.ports?.forEach(({ protocol, nodePort }, i) => {
    if (!nodePort) return
    const pair = `${protocol}/${nodePort}`
    if (seen.has(pair)) errors.push(duplicate(at(i), nodePort))
    seen.add(pair)
  })
  return errors
}

function validatePortPairs(spec: ServiceSpec): FieldError[] {
  const seen = new Set<string>()
  return (spec.ports ?? []).flatMap(({ protocol, port }, i) => {
    const pair = `${protocol}/${port}`
    const found = seen.has(pair)
    seen.add(pair)
    // Upstream prints the key it compares by: its internal port with only these two set.
    const key = { Name: '', Protocol: protocol, AppProtocol: null, Port: port, TargetPort: 0, NodePort: 0 }
    return found ? [duplicate(index('spec.ports', i), key)] : []
  })
}

function validateSourceRanges({ metadata, spec = {} }: Service, old: Service | undefined): FieldError[] {
  const errors: FieldError[] = []
  const balancer = spec.type === 'LoadBalancer'
  if (spec.loadBalancerSourceRanges?.length) {
    const path = 'spec.LoadBalancerSourceRanges'
    if (!balancer) errors.push(forbidden(path, ONLY_BALANCER))
    const kept = old?.spec?.loadBalancerSourceRanges?.map((range) => range.trim()) ?? []
    spec.loadBalancerSourceRanges.forEach((range, i) => {
      if (!kept.includes(range.trim())) errors.push(...validateLegacyCidr(index(path, i), range.trim()))
    })
    return errors
  }
  const value = metadata.annotations?.[SOURCE_RANGES]
  if (value === undefined) return errors
  const path = `metadata.annotations[${SOURCE_RANGES}]`
  if (!balancer) errors.push(forbidden(path, ONLY_BALANCER))
  if (value.trim() === '' || old?.metadata.annotations?.[SOURCE_RANGES] === value) return errors
  return [...errors, ...value.split(',').flatMap((range) => validateLegacyCidr(path, range.trim()))]
}

function validateBalancerFields(spec: ServiceSpec): FieldError[] {
  const errors: FieldError[] = []
  const balancer = spec.type === 'LoadBalancer'
  if (!balancer && spec.allocateLoadBalancerNodePorts !== undefined) {
    errors.push(forbidden('spec.allocateLoadBalancerNodePorts', ONLY_BALANCER))
  }
  if (balancer && spec.allocateLoadBalancerNodePorts === undefined) {
    errors.push(required('allocateLoadBalancerNodePorts'))
  }
  return [...errors, ...validateClass(spec)]
}

export function validateClass({ type, loadBalancerClass }: ServiceSpec): FieldError[] {
  if (loadBalancerClass === undefined) return []
  if (type !== 'LoadBalancer') return [forbidden('spec.loadBalancerClass', ONLY_BALANCER)]
  return validateQualifiedName(loadBalancerClass, 'spec.loadBalancerClass')
}

function validateTraffic(spec: ServiceSpec): FieldError[] {
  const errors: FieldError[] = []
  const external = spec.externalTrafficPolicy
  const field = 'spec.externalTrafficPolicy'
  if (isExternallyAccessible(spec)) errors.push(...validateEnum(external, POLICIES, field))
  else if (external) errors.push(invalid(field, external, 'may only be set for externally-accessible services'))
  const health = spec.healthCheckNodePort
  const healthField = 'spec.healthCheckNodePort'
  if (!needsHealthPort(spec)) {
    const detail = "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'"
    if (health) errors.push(invalid(healthField, health, detail))
  } else if (!health) errors.push(required(healthField))
  else errors.push(...invalids(healthField, health, isPortNumber(health)))
  const internal = spec.internalTrafficPolicy
  const internalField = 'spec.internalTrafficPolicy'
  if (internal === undefined) {
    if (['NodePort', 'LoadBalancer', 'ClusterIP'].includes(spec.type ?? '')) errors.push(required(internalField))
  } else if (!POLICIES.includes(internal)) errors.push(notSupported(internalField, internal, POLICIES))
  const distribution = spec.trafficDistribution
  if (distribution !== undefined && !DISTRIBUTIONS.includes(distribution)) {
    errors.push(notSupported('spec.trafficDistribution', distribution, DISTRIBUTIONS))
  }
  return errors
}

export function validateStatus(service: Service, old: Service): FieldError[] {
  const ingress = service.status?.loadBalancer?.ingress ?? []
  const path = 'status.loadBalancer.ingress'
  if (service.spec?.type !== 'LoadBalancer' && ingress.length > 0) {
    return [forbidden(path, "may only be used when `spec.type` is 'LoadBalancer'")]
  }
  const kept = old.status?.loadBalancer?.ingress?.map((one) => one.ip) ?? []
  return ingress.flatMap(({ ip, ipMode, hostname }, i) => {
    const at = index(path, i)
    const errors = ip && !kept.includes(ip) ? validateLegacyIp(child(at, 'ip'), ip) : []
    const field = child(at, 'ipMode')
    if (ipMode === undefined) {
      if (ip) errors.push(required(field, 'must be specified when `ip` is set'))
    } else if (!ip) errors.push(forbidden(field, 'may not be specified when `ip` is not set'))
    else if (ipMode !== 'VIP' && ipMode !== 'Proxy') errors.push(notSupported(field, ipMode, ['Proxy', 'VIP']))
    if (hostname) {
      errors.push(...invalids(child(at, 'hostname'), hostname, isDns1123Subdomain(hostname)))
      if (parseIp(hostname)) {
        errors.push(invalid(child(at, 'hostname'), hostname, 'must be a DNS name, not an IP address'))
      }
    }
    return errors
  })
}
