/**
 * Node ports: taken are those of every stored Service, and those that writes under way have reserved.
 * Mirrors pkg/registry/core/service/portallocator and storage/alloc.go (initNodePorts, updateNodePorts).
 */
import { newInternalError, newInvalid } from '../../apimachinery/errors.ts'
import { invalid } from '../../apimachinery/field-error.ts'
import type { Service, ServicePort, ServiceSpec } from '../../types/core-v1.ts'
import type { ClusterSettings, WriteContext } from '../definition.ts'

const KIND = { group: '', resource: 'Service' }
const ALLOCATED = 'provided port is already allocated'
/** Reserved by writes that have not yet ended, a set a cluster. */
const reservations = new WeakMap<ClusterSettings, Set<number>>()

/** The ports of one write. */
export interface PortReservation {
  /** Undefined, or why the port cannot be had. */
  take(port: number): string | undefined
  /** A random free port; undefined when the range is full. */
  takeAny(): number | undefined
  /** Takes them of all processes that share the storage, too. The first that another one has; undefined: all are this write's. */
  claim(): Promise<number | undefined>
  /** The write ended: what it took is either stored by now, or free again. `known` false: nobody knows which, so claims run out by themselves. */
  end(known?: boolean): Promise<void>
}

/** `lost`: ports that another process was found to have. */
export function reservePorts(
  context: WriteContext,
  own: Service | undefined,
  lost: ReadonlySet<number> = new Set(),
): PortReservation {
  const pending = reservations.get(context.settings) ?? new Set()
  reservations.set(context.settings, pending)
  const mine = new Set<number>()
  const claimed = new Set<number>()
  const { from, to } = context.settings.nodePortRange
  let stored: Set<number> | undefined
  const isTaken = (port: number): boolean => {
    stored ??= storedPorts(context, own)
    return stored.has(port) || pending.has(port) || lost.has(port)
  }
  const reserve = (port: number) => {
    pending.add(port)
    mine.add(port)
  }
  return {
    take(port) {
      // As upstream: a dry run only minds what this very write asks for.
      if (context.dryRun) {
        if (mine.has(port)) return ALLOCATED
        mine.add(port)
        return undefined
      }
      if (port < from || port > to) {
        return `provided port is not in the valid range. The range of valid ports is ${from}-${to}`
      }
      if (isTaken(port)) return ALLOCATED
      reserve(port)
      return undefined
    },
    takeAny() {
      const port = findFree(from, to, context, (candidate) => isTaken(candidate) || mine.has(candidate))
      if (port !== undefined) {
        if (context.dryRun) mine.add(port)
        else reserve(port)
      }
      return port
    },
    async claim() {
      for (const port of context.portClaims && !context.dryRun ? mine : []) {
        if (!(await context.portClaims?.take(port))) return port
        claimed.add(port)
        // A Service that another process stored just before.
        if (storedPorts(context, own).has(port)) return port
      }
    },
    async end(known = true) {
      if (!context.dryRun) for (const port of mine) pending.delete(port)
      if (known) for (const port of claimed) await context.portClaims?.giveBack(port)
    },
  }
}

function storedPorts({ reader }: WriteContext, own: Service | undefined): Set<number> {
  const ports = new Set<number>()
  for (const service of reader.list<Service>('services')) {
    if (service.metadata.uid !== undefined && service.metadata.uid === own?.metadata.uid) continue
    for (const port of portsOf(service.spec)) ports.add(port)
  }
  return ports
}

function portsOf(spec: ServiceSpec | undefined): number[] {
  const ports = (spec?.ports ?? []).flatMap((port) => (port.nodePort ? [port.nodePort] : []))
  return spec?.healthCheckNodePort ? [...ports, spec.healthCheckNodePort] : ports
}

/** The lower band is left for ports asked for by hand, as long as there are others. */
function findFree(
  from: number,
  to: number,
  context: WriteContext,
  isTaken: (port: number) => boolean,
): number | undefined {
  const size = to - from + 1
  const band = Math.min(Math.max(16, Math.floor(size / 32)), 128)
  const offset = size <= 16 ? 0 : band
  const pick = (first: number, last: number) => {
    const count = last - first + 1
    const begin = Math.floor(context.random.next() * count)
    for (let i = 0; i < count; i++) {
      const port = first + ((begin + i) % count)
      if (!isTaken(port)) return port
    }
    return undefined
  }
  return pick(from + offset, to) ?? (offset > 0 ? pick(from, from + offset - 1) : undefined)
}

export const hasNodePorts = (spec: ServiceSpec | undefined): boolean =>
  spec?.type === 'NodePort' || spec?.type === 'LoadBalancer'

export const needsHealthPort = (spec: ServiceSpec | undefined): boolean =>
  spec?.type === 'LoadBalancer' && spec.externalTrafficPolicy === 'Local'

/** Gives every port its node port, where the service has them. Mutates the draft; throws 422, or 500 when the range is full. */
export function assignNodePorts(service: Service, old: Service | undefined, ports: PortReservation): void {
  const spec = service.spec!
  const kept = new Set((old?.spec?.ports ?? []).flatMap((port) => (port.nodePort ? [port.nodePort] : [])))
  const allocates = spec.type === 'NodePort' || spec.allocateLoadBalancerNodePorts !== false
  if (hasNodePorts(spec)) {
    // One number serves a port of several protocols.
    const byPort = new Map<number, number>()
    spec.ports?.forEach((port, i) => {
      if (port.nodePort || allocates) assignOne(service, port, i, { ports, kept, byPort })
    })
  }
  if (!needsHealthPort(spec) || needsHealthPort(old?.spec)) return
  const given = spec.healthCheckNodePort
  const lead = 'failed to allocate'
  if (given) {
    const problem = ports.take(given)
    if (problem) throw newInternalError(`${lead} requested HealthCheck NodePort ${given}: ${problem}`)
    return
  }
  spec.healthCheckNodePort = ports.takeAny()
  if (!spec.healthCheckNodePort) throw newInternalError(`${lead} a HealthCheck NodePort 0: range is full`)
}

interface Assignment {
  ports: PortReservation
  kept: ReadonlySet<number>
  byPort: Map<number, number>
}

function assignOne(service: Service, port: ServicePort, i: number, { ports, kept, byPort }: Assignment): void {
  const shared = byPort.get(port.port)
  const asked = port.nodePort || shared || requestedFor(port.port, service.spec?.ports)
  if (!asked) {
    port.nodePort = ports.takeAny()
    if (!port.nodePort) throw newInternalError('failed to allocate a nodePort: range is full')
  } else {
    port.nodePort = asked
    const problem = asked === shared || kept.has(asked) ? undefined : ports.take(asked)
    if (problem) {
      const error = invalid(`spec.ports[${i}].nodePort`, asked, problem)
      throw newInvalid(KIND, service.metadata.name ?? '', [error])
    }
  }
  if (shared === undefined) byPort.set(port.port, port.nodePort)
}

const requestedFor = (port: number, all: readonly ServicePort[] | undefined): number | undefined =>
  all?.find((one) => one.port === port && one.nodePort)?.nodePort
