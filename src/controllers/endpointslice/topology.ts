/** Hints that spread a Service's endpoints over zones as the CPUs of the nodes are spread. Mirrors endpointslice/topologycache. */
import type { KubeObject } from '../../apimachinery/meta.ts'
import type { Node, Service } from '../../types/core-v1.ts'
import type { Endpoint, EndpointSlice } from '../../types/discovery-v1.ts'
import type { ControllerContext } from '../controller.ts'
import { keyOf } from '../key.ts'
import { amountOf } from '../resources.ts'
import { perRun } from '../state.ts'
import { bare, type SliceFrame, type SlicePlan } from './plan.ts'

const MODE = 'service.kubernetes.io/topology-mode'
/** The same, of old; it counts first. */
const AWARE_HINTS = 'service.kubernetes.io/topology-aware-hints'
export const ZONE = 'topology.kubernetes.io/zone'
const CONTROL_PLANE = ['node-role.kubernetes.io/control-plane', 'node-role.kubernetes.io/master']
/** How much more than its share an endpoint may have to bear. */
const OVERLOAD = 0.2

/** Numbers by zone. */
type Zones = Map<string, number>

export function isTopologyAware({ metadata }: Service): boolean {
  const mode = metadata.annotations?.[AWARE_HINTS] ?? metadata.annotations?.[MODE]
  return mode === 'Auto' || mode === 'auto'
}

/** What decides about zones has changed. */
export function changesZones(node: KubeObject, old: KubeObject | undefined): boolean {
  return !old || isReady(node) !== isReady(old) || zoneOf(node) !== zoneOf(old)
}

const zoneOf = ({ metadata }: KubeObject): string | undefined => metadata.labels?.[ZONE]
const isReady = (node: KubeObject): boolean =>
  (node as Node).status?.conditions?.find(({ type }) => type === 'Ready')?.status === 'True'

/** The part of all CPUs that each zone has; undefined when a node does not say, or there are not two zones. In the order of names. */
export function zoneShares(nodes: readonly Node[]): Zones | undefined {
  const cpus: Zones = new Map()
  let total = 0
  for (const node of nodes) {
    if (CONTROL_PLANE.some((label) => node.metadata.labels?.[label] !== undefined) || !isReady(node)) continue
    const cpu = amountOf('cpu', node.status?.allocatable?.['cpu'] ?? '0')
    const zone = zoneOf(node)
    if (!zone || cpu === 0) return undefined
    total += cpu
    raise(cpus, zone, cpu)
  }
  if (cpus.size < 2) return undefined
  return new Map([...cpus].sort(([a], [b]) => (a < b ? -1 : 1)).map(([zone, cpu]) => [zone, cpu / total]))
}

const raise = (zones: Zones, zone: string, by: number): Zones => zones.set(zone, (zones.get(zone) ?? 0) + by)

/** `allocated`: endpoints by the zone that they serve; or the `problem` for which there are no hints. */
export type Hinted =
  | { plan: SlicePlan; allocated: Zones; problem?: undefined }
  | { plan: SlicePlan; allocated?: undefined; problem: string }

/** The plan with hints for all endpoints that are ready, or with none. Slices that were to stay are updated where theirs do not do any more. */
export function hint(plan: SlicePlan, existing: readonly EndpointSlice[], shares: Zones | undefined): Hinted {
  const changed = new Set([...plan.update, ...plan.delete].map(({ metadata }) => metadata.name))
  const unchanged = existing.filter(({ metadata }) => !changed.has(metadata.name))
  const allocations = allocate([...plan.create, ...plan.update, ...unchanged].flatMap(readyEndpoints).length, shares)
  if (typeof allocations === 'string') return withoutHints(plan, unchanged, allocations)
  const allocated: Zones = new Map()
  const stale: EndpointSlice[] = []
  for (const slice of unchanged) {
    const zones = fittingHints(slice, allocated, allocations)
    if (zones) for (const [zone, count] of zones) raise(allocated, zone, count)
    else stale.push(slice)
  }
  const open = { ...plan, update: [...plan.update, ...stale] }
  const endpoints = [...open.create, ...open.update].flatMap(readyEndpoints)
  if (endpoints.some(({ zone }) => !zone)) {
    return withoutHints(plan, unchanged, 'One or more endpoints do not have a zone specified')
  }
  for (const { zone = '' } of endpoints) raise(allocated, zone, 1)
  const moves = movesBetween(allocations, allocated)
  return { plan: mapEndpoints(open, (endpoint) => hinted(endpoint, moves, allocated)), allocated }
}

interface Allocation {
  desired: number
  minimum: number
  maximum: number
}

/** By zone, or why there can be none. */
function allocate(endpoints: number, shares: Zones | undefined): Map<string, Allocation> | string {
  if (!shares) return 'Insufficient Node information: allocatable CPU or zone not specified on one or more nodes'
  const counts = `(${endpoints} endpoints, ${shares.size} zones)`
  if (shares.size > endpoints) return `Insufficient number of endpoints ${counts}`
  const allocations = new Map<string, Allocation>()
  let left = endpoints
  for (const [zone, share] of shares) {
    const desired = share * endpoints
    const minimum = Math.ceil(desired * (1 / (1 + OVERLOAD)))
    allocations.set(zone, { desired: Math.max(desired, minimum), minimum, maximum: 0 })
    left -= minimum
  }
  if (left < 0) {
    return `Unable to allocate minimum required endpoints to each zone without exceeding overload threshold ${counts}`
  }
  for (const allocation of allocations.values()) allocation.maximum = allocation.minimum + left
  return allocations
}

type Endpoints = Pick<EndpointSlice, 'endpoints'>

const isEndpointReady = ({ conditions }: Endpoint): boolean => conditions?.ready === true
const readyEndpoints = ({ endpoints }: Endpoints): Endpoint[] => (endpoints ?? []).filter(isEndpointReady)

/** The hints of a slice, when every endpoint has one and no zone gets more than it may. */
function fittingHints(slice: Endpoints, allocated: Zones, allocations: Map<string, Allocation>): Zones | undefined {
  const zones: Zones = new Map()
  for (const { hints } of readyEndpoints(slice)) {
    if (!hints?.forZones?.length || hints.forZones.some(({ name }) => !allocations.has(name))) return undefined
    for (const { name } of hints.forZones) raise(zones, name, 1)
  }
  const fits = ([zone, count]: [string, number]): boolean =>
    count + (allocated.get(zone) ?? 0) <= allocations.get(zone)!.maximum
  return [...zones].every(fits) ? zones : undefined
}

interface Moves {
  giving: Zones
  receiving: Zones
}

/** How many endpoints zones that have too many give to those that have too few. */
function movesBetween(allocations: Map<string, Allocation>, allocated: Zones): Moves {
  const excess: Zones = new Map()
  const lack: Zones = new Map()
  for (const [zone, { desired }] of allocations) {
    const over = (allocated.get(zone) ?? 0) - desired
    if (over > 0) excess.set(zone, over)
    else if (over < 0) lack.set(zone, -over)
  }
  const moves: Moves = { giving: new Map(), receiving: new Map() }
  for (;;) {
    const [from, give] = most(excess)
    const [to, take] = most(lack)
    if (give < 0.5 || take < 0.5 || (give < 1 && take < 1)) return moves
    raise(moves.giving, from, 1)
    raise(excess, from, -1)
    raise(moves.receiving, to, 1)
    raise(lack, to, -1)
  }
}

function most(zones: Zones): [string, number] {
  let found: [string, number] = ['', 0]
  for (const entry of zones) if (entry[1] > found[1]) found = entry
  return found
}

/** For its own zone, or for one that is to receive some. Takes the move, and keeps `allocated`. */
function hinted(endpoint: Endpoint, { giving, receiving }: Moves, allocated: Zones): Endpoint {
  if (!isEndpointReady(endpoint)) return bare(endpoint)
  const { zone = '' } = endpoint
  const to = (giving.get(zone) ?? 0) > 0 ? [...receiving].find(([, count]) => count > 0)?.[0] : undefined
  if (to !== undefined) {
    raise(giving, zone, -1)
    raise(receiving, to, -1)
    raise(allocated, zone, -1)
    raise(allocated, to, 1)
  }
  return { ...endpoint, hints: { forZones: [{ name: to ?? zone }] } }
}

function withoutHints(plan: SlicePlan, unchanged: readonly EndpointSlice[], problem: string): Hinted {
  const hintful = unchanged.filter(({ endpoints }) => endpoints?.some(({ hints }) => hints))
  return { plan: mapEndpoints({ ...plan, update: [...plan.update, ...hintful] }, bare), problem }
}

function mapEndpoints(plan: SlicePlan, change: (endpoint: Endpoint) => Endpoint): SlicePlan {
  return {
    ...plan,
    create: plan.create.map((group) => ({ ...group, endpoints: group.endpoints.map(change) })),
    update: plan.update.map((slice) => ({ ...slice, endpoints: (slice.endpoints ?? []).map(change) })),
  }
}

/** A zone has too few endpoints for its share by now. */
export function isOverloaded(allocated: Zones, shares: Zones | undefined): boolean {
  if (allocated.size === 0) return false
  if (!shares) return true
  const total = [...allocated.values()].reduce((sum, count) => sum + count, 0)
  return [...shares].some(
    ([zone, share]) => (allocated.get(zone) ?? 0) < Math.ceil(total * share * (1 / (1 + OVERLOAD))),
  )
}

/** Which Services have hints: by `namespace/name` and address type, the endpoints of zones. */
export class HintedServices {
  readonly #services = new Map<string, Map<string, Zones>>()
  /** Those whose hints were not taken away since, of any address type. */
  readonly #populated = new Set<string>()

  has(service: string): boolean {
    return this.#populated.has(service)
  }

  set(service: string, addressType: string, allocated: Zones): void {
    const zones = this.#services.get(service) ?? new Map<string, Zones>()
    this.#services.set(service, zones.set(addressType, allocated))
    this.#populated.add(service)
  }

  remove(service: string, addressType: string): void {
    this.#services.get(service)?.delete(addressType)
    if (this.#services.get(service)?.size === 0) this.#services.delete(service)
    this.#populated.delete(service)
  }

  forget(service: string): void {
    this.#services.delete(service)
    this.#populated.delete(service)
  }

  /** `nodes` are asked for only when there are such Services. */
  overloaded(nodes: () => readonly Node[]): string[] {
    if (this.#services.size === 0) return []
    const shares = zoneShares(nodes())
    return [...this.#services].flatMap(([service, zones]) =>
      [...zones.values()].some((allocated) => isOverloaded(allocated, shares)) ? [service] : [],
    )
  }
}

export const hintedServices = perRun(() => new HintedServices())

/** The plan with the hints that the Service's topology mode asks for. Says when there are such from now on, and why there are none. */
export function withTopology(
  service: Service,
  plan: SlicePlan,
  existing: readonly EndpointSlice[],
  { addressType, hintsLater }: SliceFrame,
  context: ControllerContext,
): SlicePlan {
  const services = hintedServices(context)
  const key = keyOf(service)
  const tell = (type: 'Normal' | 'Warning', what: 'Enabled' | 'Disabled', message: string): void =>
    context.recorder.event(service, type, `TopologyAwareHints${what}`, `${message}, addressType: ${addressType}`)
  if (!hintsLater) {
    if (services.has(key)) tell('Warning', 'Disabled', 'Topology Aware Hints has been disabled')
    services.remove(key, addressType)
    return plan
  }
  const hinted = hint(plan, existing, zoneShares(context.lister<Node>('nodes').list()))
  if (hinted.allocated) {
    if (!services.has(key)) tell('Normal', 'Enabled', 'Topology Aware Hints has been enabled')
    services.set(key, addressType, hinted.allocated)
  } else {
    services.remove(key, addressType)
    tell('Warning', 'Disabled', hinted.problem)
  }
  return hinted.plan
}
