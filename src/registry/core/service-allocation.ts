/** What a write of a Service reserves and gives back: addresses and node ports. Mirrors pkg/registry/core/service/storage/{alloc,storage,transaction}.go. */
import { newInternalError, newInvalid } from '../../apimachinery/errors.ts'
import { invalid } from '../../apimachinery/field-error.ts'
import type { Service, ServiceSpec } from '../../types/core-v1.ts'
import type { Finish, WriteContext } from '../definition.ts'
import { AllocationError, offeredFamilies, releaseAddresses, takeAddress, takeAnyAddress } from './service-addresses.ts'
import { type Family, initFamilies } from './service-families.ts'
import { assignNodePorts, hasNodePorts, needsHealthPort, type PortReservation, reservePorts } from './service-ports.ts'

const KIND = { group: '', resource: 'Service' }

/** Fills in what the server assigns. Mutates the draft. The answer keeps or undoes it. */
export async function allocate(service: Service, old: Service | undefined, context: WriteContext): Promise<Finish> {
  const spec = service.spec!
  if (old) keepAssigned(spec, old.spec ?? {})
  normalizeClusterIps(spec, old?.spec)
  initFamilies(service, old, offeredFamilies(context))
  const taken: string[] = []
  let ports: PortReservation
  try {
    await assignAddresses(service, old, taken, context)
    ports = await assignPorts(service, old, context)
  } catch (error) {
    if (!context.dryRun) await releaseAddresses(taken, context)
    throw error
  }
  return async (committed) => {
    await ports.end(committed !== undefined)
    // Better an address too many that is taken than one that two Services have.
    if (context.dryRun || committed === undefined) return
    await releaseAddresses(committed ? droppedAddresses(spec, old?.spec) : taken, context)
  }
}

/** Of ports that another process has, those that were asked for are refused, and others take the place of the rest. */
async function assignPorts(
  service: Service,
  old: Service | undefined,
  context: WriteContext,
): Promise<PortReservation> {
  const spec = service.spec!
  const { healthCheckNodePort } = spec
  const given = structuredClone(spec.ports)
  const lost = new Set<number>()
  for (;;) {
    const reservation = reservePorts(context, old, lost)
    try {
      assignNodePorts(service, old, reservation)
      const taken = await reservation.claim()
      if (taken === undefined) return reservation
      lost.add(taken)
    } catch (error) {
      await reservation.end()
      throw error
    }
    await reservation.end()
    Object.assign(spec, { ports: structuredClone(given), healthCheckNodePort })
  }
}

/** After the object is gone. */
export async function releaseAll(service: Service, context: WriteContext): Promise<void> {
  await releaseAddresses(addressesOf(service.spec), context)
}

function addressesOf(spec: ServiceSpec | undefined): string[] {
  if (!spec || spec.type === 'ExternalName') return []
  return (spec.clusterIPs ?? []).filter((ip) => ip !== 'None' && ip !== '')
}

function droppedAddresses(spec: ServiceSpec, old: ServiceSpec | undefined): string[] {
  const kept = addressesOf(spec)
  return addressesOf(old).filter((ip) => !kept.includes(ip))
}

async function assignAddresses(
  service: Service,
  old: Service | undefined,
  taken: string[],
  context: WriteContext,
): Promise<void> {
  const spec = service.spec!
  if (spec.type === 'ExternalName' || spec.clusterIPs?.[0] === 'None') return
  const before = addressesOf(old?.spec)
  if (old && old.spec?.type !== 'ExternalName' && old.spec?.clusterIPs?.[0] === 'None') return
  const families = (spec.ipFamilies ?? []) as Family[]
  // A refusal shows the addresses that were asked for, and those that were not as empty.
  const asked = families.map((_, i) => spec.clusterIPs?.[i] ?? '')
  spec.clusterIPs = asked
  const ips = [...asked]
  for (const [i, family] of families.entries()) {
    if (ips[i] && before.includes(ips[i])) continue
    ips[i] = await assignAddress(ips[i], family, service, context)
    if (!context.dryRun) taken.push(ips[i])
  }
  spec.clusterIPs = ips
  spec.clusterIP = ips[0]
}

async function assignAddress(asked: string, family: Family, service: Service, context: WriteContext): Promise<string> {
  try {
    return asked ? await takeAddress(asked, service, context) : await takeAnyAddress(family, service, context)
  } catch (error) {
    if (!(error instanceof AllocationError)) throw error
    const name = service.metadata.name ?? ''
    if (error.full) {
      throw newInternalError(`failed to allocate a serviceIP for Service ${JSON.stringify(name)}: ${error.message}`)
    }
    const detail = `failed to allocate IP ${asked}: ${error.message}`
    throw newInvalid(KIND, name, [invalid('spec.clusterIPs', service.spec?.clusterIPs ?? [], detail)])
  }
}

/** The plural is what counts; old clients only know the singular. */
function normalizeClusterIps(spec: ServiceSpec, old: ServiceSpec | undefined): void {
  const same = (spec.clusterIPs ?? []).join() === (old?.clusterIPs ?? []).join()
  if (!old) {
    if (spec.clusterIP && !spec.clusterIPs?.length) spec.clusterIPs = [spec.clusterIP]
    return
  }
  if (old.clusterIPs?.length && !spec.clusterIPs?.length && old.clusterIP === spec.clusterIP) {
    spec.clusterIPs = old.clusterIPs
  }
  if (old.clusterIP === spec.clusterIP || !same) return
  if (old.clusterIP && !spec.clusterIP) delete spec.clusterIPs
  else if (spec.clusterIP) spec.clusterIPs = [spec.clusterIP]
}

/** A client that leaves out what the server assigned means to keep it. */
function keepAssigned(spec: ServiceSpec, old: ServiceSpec): void {
  if (spec.type !== 'ExternalName' && old.type !== 'ExternalName') {
    if (!spec.clusterIP && old.clusterIP) spec.clusterIP = old.clusterIP
    if (!spec.clusterIPs?.length && old.clusterIPs?.length) spec.clusterIPs = old.clusterIPs
  }
  const allocates = (one: ServiceSpec) => hasNodePorts(one) && one.allocateLoadBalancerNodePorts !== false
  if (allocates(spec) && allocates(old)) {
    const used = new Set(spec.ports?.map((port) => port.nodePort))
    for (const port of spec.ports ?? []) {
      const before = old.ports?.find((one) => (one.name ?? '') === (port.name ?? ''))?.nodePort
      if (!port.nodePort && before && !used.has(before)) port.nodePort = before
    }
  }
  if (needsHealthPort(spec) && needsHealthPort(old)) spec.healthCheckNodePort ||= old.healthCheckNodePort
}
