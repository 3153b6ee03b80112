/** Services. Mirrors pkg/registry/core/service/strategy.go and storage/storage.go. */
import { deepEqual } from '../../apimachinery/equality.ts'
import type { LoadBalancerStatus, Service, ServiceSpec } from '../../types/core-v1.ts'
import { type Cell, defineResource, type RowContext } from '../definition.ts'
import { nameIsDnsLabel } from '../validation.ts'
import { ageCell, labelsCell, NONE, UNKNOWN } from './cells.ts'
import { allocate, releaseAll } from './service-allocation.ts'
import { hasNodePorts, needsHealthPort } from './service-ports.ts'
import { isExternallyAccessible, validateService, validateStatus } from './services.validation.ts'
import { validateServiceUpdate } from './services-update.validation.ts'

const HINTS = 'service.kubernetes.io/topology-aware-hints'
const MODE = 'service.kubernetes.io/topology-mode'

export const services = defineResource<Service>('v1', 'services', {
  validateName: nameIsDnsLabel,
  prepareForUpdate(service, old) {
    if (service.spec && old.spec) dropTypeDependent(service.spec, old.spec)
    if (service.spec?.type !== 'LoadBalancer' && service.status?.loadBalancer) {
      service.status = { ...service.status, loadBalancer: {} }
    }
  },
  begin: allocate,
  validate: (service) => validateService(service),
  validateUpdate: (service, old) => validateServiceUpdate(service, old),
  warnings: (service) => serviceWarnings(service),
  afterDelete: releaseAll,
  selectableFields: {
    'spec.clusterIP': (service) => service.spec?.clusterIP ?? '',
    'spec.type': (service) => service.spec?.type ?? '',
  },
  row: serviceRow,
  subresources: { status: { validateUpdate: (service, old) => validateStatus(service, old) } },
})

/** A change of type means fields that only the old type had are not wanted, when they were left as they were. */
function dropTypeDependent(spec: ServiceSpec, old: ServiceSpec): void {
  const same = (field: keyof ServiceSpec) => deepEqual(spec[field], old[field])
  const dropIfSame = (...fields: (keyof ServiceSpec)[]) => {
    for (const field of fields) if (same(field)) delete spec[field]
  }
  if (old.type !== 'ExternalName' && spec.type === 'ExternalName') {
    if (same('clusterIP') && same('clusterIPs')) dropIfSame('clusterIP', 'clusterIPs')
    dropIfSame('ipFamilies', 'ipFamilyPolicy')
  }
  if (hasNodePorts(old) && !hasNodePorts(spec)) {
    const known = new Set(old.ports?.map((port) => port.nodePort))
    if (spec.ports?.every((port) => !port.nodePort || known.has(port.nodePort))) {
      spec.ports = spec.ports.map(({ nodePort: _, ...port }) => port)
    }
  }
  if (needsHealthPort(old) && !needsHealthPort(spec)) dropIfSame('healthCheckNodePort')
  if (old.type === 'LoadBalancer' && spec.type !== 'LoadBalancer') {
    dropIfSame('allocateLoadBalancerNodePorts', 'loadBalancerClass')
  }
  if (isExternallyAccessible(old) && !isExternallyAccessible(spec)) dropIfSame('externalTrafficPolicy')
}

function serviceWarnings({ metadata, spec = {} }: Service): string[] {
  const warnings: string[] = []
  if (metadata.annotations?.[HINTS] !== undefined) {
    warnings.push(`annotation ${HINTS} is deprecated, please use ${MODE} instead`)
  }
  const external = (spec.externalIPs?.length ?? 0) > 0
  const headless = spec.type === 'ClusterIP' && spec.clusterIP === 'None'
  if (headless) {
    if (spec.loadBalancerIP) warnings.push('spec.loadBalancerIP is ignored for headless services')
    if (external) warnings.push('spec.externalIPs is ignored for headless services')
    if (spec.sessionAffinity !== 'None') warnings.push('spec.SessionAffinity is ignored for headless services')
  }
  const byName = spec.type === 'ExternalName'
  if (external && !headless && !byName) {
    warnings.push('spec.externalIPs is deprecated and may no longer be implemented in some clusters')
  }
  if (external && byName) warnings.push('spec.externalIPs is ignored when spec.type is "ExternalName"')
  if (!byName && spec.externalName) warnings.push('spec.externalName is ignored when spec.type is not "ExternalName"')
  if (spec.trafficDistribution === 'PreferClose') {
    warnings.push('spec.trafficDistribution: "PreferClose" is deprecated; use "PreferSameZone"')
  }
  return warnings
}

function serviceRow({ metadata, spec = {}, status }: Service, { now }: RowContext): Cell[] {
  const ports = spec.ports?.map(({ port, nodePort, protocol }) =>
    nodePort ? `${port}:${nodePort}/${protocol ?? ''}` : `${port}/${protocol ?? ''}`,
  )
  return [
    metadata.name ?? '',
    spec.type ?? '',
    spec.clusterIPs?.[0] ?? NONE,
    externalCell(spec, status?.loadBalancer),
    ports?.join(',') || NONE,
    ageCell(metadata.creationTimestamp, now),
    labelsCell(spec.selector),
  ]
}

function externalCell(spec: ServiceSpec, balancer: LoadBalancerStatus | undefined): string {
  const external = spec.externalIPs ?? []
  switch (spec.type) {
    case 'ClusterIP':
    case 'NodePort':
      return external.join(',') || NONE
    case 'LoadBalancer': {
      const given = balancer?.ingress?.flatMap(({ ip, hostname }) => ip || hostname || [])
      return [...new Set(given)].sort().concat(external).join(',') || '<pending>'
    }
    case 'ExternalName':
      return spec.externalName ?? ''
    default:
      return UNKNOWN
  }
}
