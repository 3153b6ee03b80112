/** How endpoints are laid out over slices with as few changes as can be. Mirrors endpointslice/reconciler.go (reconcileByPortMapping, finalize). */
import { deepEqual } from '../../apimachinery/equality.ts'
import type { Endpoint, EndpointPort, EndpointSlice } from '../../types/discovery-v1.ts'

const MAX_ENDPOINTS = 100

/** What all slices of a Service share. */
export interface SliceFrame {
  addressType: EndpointSlice['addressType']
  /** Of the slice, reserved ones included. */
  labels: Record<string, string>
  /** Endpoints are laid out without hints, and get them when all is planned: those that slices have make no difference. */
  hintsLater?: boolean
}

export interface SlicePlan {
  create: { ports: EndpointPort[]; endpoints: Endpoint[] }[]
  update: EndpointSlice[]
  delete: EndpointSlice[]
}

export interface PortGroup {
  ports: EndpointPort[]
  endpoints: Endpoint[]
}

/** Groups and slices with the same ports belong together, whatever the order of the ports. */
export function portKey(ports: readonly EndpointPort[] | null | undefined): string {
  const texts = (ports ?? []).map(({ name = '', port, protocol = 'TCP', appProtocol = '' }) =>
    [name, port, protocol, appProtocol].join('|'),
  )
  return texts.sort().join(',')
}

export function planSlices(
  groups: ReadonlyMap<string, PortGroup>,
  existing: readonly EndpointSlice[],
  frame: SliceFrame,
): SlicePlan {
  const plan: SlicePlan = { create: [], update: [], delete: [] }
  const byPorts = new Map<string, EndpointSlice[]>()
  for (const slice of existing) {
    const key = portKey(slice.ports)
    byPorts.set(key, [...(byPorts.get(key) ?? []), slice])
  }
  for (const [key, group] of groups) planGroup(group, byPorts.get(key) ?? [], frame, plan)
  for (const [key, slices] of byPorts) if (!groups.has(key)) plan.delete.push(...slices)
  keepPlaceholder(existing, frame, plan)
  recycle(plan, frame)
  return plan
}

function planGroup(group: PortGroup, slices: readonly EndpointSlice[], frame: SliceFrame, plan: SlicePlan): void {
  const missing = new Map(group.endpoints.map((endpoint) => [endpointKey(endpoint), endpoint]))
  const changed: { slice: EndpointSlice; endpoints: Endpoint[] }[] = []
  const unchanged: EndpointSlice[] = []
  for (const slice of slices) {
    const { endpoints, same } = keep(slice, missing, frame)
    if (same && deepEqual(slice.metadata.labels, frame.labels)) unchanged.push(slice)
    else changed.push({ slice, endpoints })
  }
  const left = [...missing.values()]
  changed.sort((a, b) => b.endpoints.length - a.endpoints.length)
  for (const { endpoints } of changed) endpoints.push(...left.splice(0, MAX_ENDPOINTS - endpoints.length))
  const room = left.length > 0 && left.length < MAX_ENDPOINTS ? fullest(unchanged, left.length) : undefined
  if (room) changed.push({ slice: room, endpoints: [...(room.endpoints ?? []), ...left.splice(0)] })
  while (left.length > 0) plan.create.push({ ports: group.ports, endpoints: left.splice(0, MAX_ENDPOINTS) })
  for (const { slice, endpoints } of changed) {
    if (endpoints.length === 0) plan.delete.push(slice)
    else plan.update.push(filled(slice, { ports: slice.ports ?? [], endpoints }, frame))
  }
}

/** The endpoints of a slice that are still wanted, as they are wanted now; takes them off `missing`. */
function keep(
  slice: EndpointSlice,
  missing: Map<string, Endpoint>,
  { hintsLater }: SliceFrame,
): { endpoints: Endpoint[]; same: boolean } {
  const endpoints: Endpoint[] = []
  let same = true
  for (const endpoint of slice.endpoints ?? []) {
    const key = endpointKey(endpoint)
    const wanted = missing.get(key)
    missing.delete(key)
    if (wanted) endpoints.push(wanted)
    if (!wanted || !equalEndpoints(hintsLater ? bare(endpoint) : endpoint, wanted)) same = false
  }
  return { endpoints, same }
}

/** Without its hints. */
export function bare(endpoint: Endpoint): Endpoint {
  if (!endpoint.hints) return endpoint
  const { hints: _, ...rest } = endpoint
  return rest
}

/** Pairs found equal: most endpoints of a large Service are compared again and again, unchanged. */
const equals = new WeakMap<Endpoint, Endpoint>()
const keys = new WeakMap<Endpoint, string>()

function equalEndpoints(endpoint: Endpoint, wanted: Endpoint): boolean {
  if (equals.get(endpoint) === wanted) return true
  if (!deepEqual(endpoint, wanted)) return false
  equals.set(endpoint, wanted)
  return true
}

function endpointKey(endpoint: Endpoint): string {
  let key = keys.get(endpoint)
  if (key === undefined) {
    const { addresses, targetRef, hostname, nodeName } = endpoint
    key = `${addresses.join()}|${targetRef?.uid}|${hostname}|${nodeName}`
    keys.set(endpoint, key)
  }
  return key
}

function fullest(slices: readonly EndpointSlice[], more: number): EndpointSlice | undefined {
  let found: EndpointSlice | undefined
  for (const slice of slices) {
    const count = slice.endpoints?.length ?? 0
    if (count + more <= MAX_ENDPOINTS && count > (found?.endpoints?.length ?? -1)) found = slice
  }
  return found
}

/** A Service without endpoints has one empty slice. */
function keepPlaceholder(existing: readonly EndpointSlice[], { labels }: SliceFrame, plan: SlicePlan): void {
  if (existing.length !== plan.delete.length || plan.create.length > 0) return
  const [only] = plan.delete
  const isPlaceholder = plan.delete.length === 1 && !only.endpoints?.length && !only.ports?.length
  if (isPlaceholder && deepEqual(only.metadata.labels, labels)) plan.delete = []
  else plan.create.push({ ports: [], endpoints: [] })
}

/** A slice that would go becomes one that would come. */
function recycle(plan: SlicePlan, frame: SliceFrame): void {
  while (plan.create.length > 0 && plan.delete.length > 0) {
    plan.update.push(filled(plan.delete.shift()!, plan.create.pop()!, frame))
  }
}

function filled(slice: EndpointSlice, { ports, endpoints }: PortGroup, { labels }: SliceFrame): EndpointSlice {
  return { ...slice, metadata: { ...slice.metadata, labels }, ports, endpoints }
}
