/** The node's side of the kubelet: registration, leases, heartbeats. Mirrors pkg/kubelet/kubelet_node_status.go and component-helpers/apimachinery/lease. */
import { formatMicroTime, formatTime } from '../../apimachinery/clock.ts'
import { deepEqual } from '../../apimachinery/equality.ts'
import { isNotFound } from '../../apimachinery/errors.ts'
import type { Lease } from '../../types/coordination-v1.ts'
import type { Node, Pod } from '../../types/core-v1.ts'
import type { ControllerContext } from '../controller.ts'
import { aboutNode } from '../node-events.ts'
import { isStaged } from '../stages/ownership.ts'
import { isSettled } from '../state.ts'
import { AddressPool, familiesOf, familyOf, hostAddresses, nodeAddresses } from './addresses.ts'
import { keepAddresses } from './known-pods.ts'
import { presentImages, withImages } from './node-images.ts'
import { heartbeat, missingMetadata, type NodeFacts, registeredStatus, START_EVENTS } from './node-status.ts'
import { type KnownNode, type KubeletState, stateOf } from './state.ts'

export const LEASE_NAMESPACE = 'kube-node-lease'
const LEASE_SECONDS = 40
export const LEASE_RENEWAL_MS = 10_000
/** Leases that are renewed before others have the event loop. */
const BEATS = 16
const STATUS_REPORT_MS = 5 * 60_000

/** Starts the kubelet of a node that is new here, ends that of one that is gone, and notes what pods need to know. */
export async function reconcileNode(name: string, context: ControllerContext): Promise<void> {
  const state = stateOf(context)
  const node = context.lister<Node>('nodes').get('', name)
  const known = state.nodes.get(name)
  if (known && known.uid !== node?.metadata.uid) unregister(known, state)
  if (!node) return
  if (!known || known.uid !== node.metadata.uid) return register(node, context)
  if (known.podCidrs !== podCidrsOf(node)) setPodCidrs(known, node, context)
  const wasReady = known.ready
  if (known.stopped && !isStopped(node)) await restart(known, node, context)
  known.stopped = isStopped(node)
  known.ready = !known.stopped && isReady(node)
  if (known.ready && !wasReady) enqueuePods(name, context)
}

/** `stopped`: the node's kubelet is gone, as if its machine had lost its power. What ran there is not touched, and nobody hears of it. */
export const KUBELET_ANNOTATION = 'kubemu.dev/kubelet'

export const isStopped = ({ metadata }: Node): boolean => metadata.annotations?.[KUBELET_ANNOTATION] === 'stopped'

/** The kubelet is back: it renews its lease and says that all is well. */
async function restart(known: KnownNode, node: Node, context: ControllerContext): Promise<void> {
  await ensureLease(node, context)
  if (isStaged('nodes', node, context)) return
  await report(known, context)
  sayStarted(node, context)
}

/** Only what somebody said counts: a node without the condition is about to get it. */
function isReady({ status }: Node): boolean {
  return (status?.conditions?.find(({ type }) => type === 'Ready')?.status ?? 'True') === 'True'
}

function enqueuePods(node: string, context: ControllerContext): void {
  for (const { metadata } of context.lister('pods').byIndex('node', node)) {
    context.enqueue({ namespace: metadata.namespace ?? '', name: metadata.name ?? '' })
  }
}

const podCidrsOf = ({ spec }: Node): string => spec?.podCIDRs?.join() ?? ''

function unregister({ name, addresses }: KnownNode, state: KubeletState): void {
  for (const address of addresses) state.addresses.delete(address)
  state.nodes.delete(name)
}

async function register(node: Node, context: ControllerContext): Promise<void> {
  const { clock, settings } = context
  const state = stateOf(context)
  const { name = '', uid = '' } = node.metadata
  const own = hostAddresses(node.status?.addresses)
  const addresses = own.length > 0 ? own : freeAddresses(state, context)
  for (const address of addresses) state.addresses.add(address)
  const stopped = isStopped(node)
  const facts = { addresses, kubeletVersion: settings.kubernetesVersion, now: formatTime(clock.now()) }
  const isNew = !node.status?.conditions?.some(({ type }) => type === 'Ready')
  const isDone = stopped || isSettled(node, context) || isStaged('nodes', node, context)
  const registered = isDone ? node : await writeRegistration(node, facts, context)
  if (!registered) return
  const ready = !stopped && isReady(registered)
  const images = presentImages(node)
  const count = { pods: 0, used: new Map() }
  const known = {
    name,
    uid,
    addresses,
    podCidrs: '',
    reportedAt: clock.now(),
    images,
    imagesSaid: images.size,
    deferred: new Map(),
    pools: state.fallback,
    ready,
    stopped,
    ...count,
  }
  state.nodes.set(name, known)
  setPodCidrs(known, node, context)
  enqueuePods(name, context)
  if (!stopped) await ensureLease(node, context)
  if (isNew && registered !== node) sayStarted(node, context)
}

function sayStarted(node: Node, { recorder }: ControllerContext): void {
  const { name = '' } = node.metadata
  for (const [reason, message] of START_EVENTS) {
    recorder.event(aboutNode(node, name), 'Normal', reason, message(name), { host: name })
  }
}

/** Undefined: the node is gone. */
async function writeRegistration(
  node: Node,
  facts: NodeFacts,
  { client }: ControllerContext,
): Promise<Node | undefined> {
  const { name = '' } = node.metadata
  const missing = missingMetadata(node)
  try {
    if (missing) {
      await client.modify<Node>('nodes', '', name, (old) => ({
        ...old,
        metadata: {
          ...old.metadata,
          labels: { ...old.metadata.labels, ...missing.labels },
          annotations: { ...old.metadata.annotations, ...missing.annotations },
        },
      }))
    }
    return await client.modify<Node>('nodes', '', name, (old) => withStatus(old, registeredStatus(old, facts)), {
      subresource: 'status',
    })
  } catch (error) {
    if (isNotFound(error)) return undefined
    throw error
  }
}

function withStatus(node: Node, status: Node['status']): Node {
  return deepEqual(node.status, status) ? node : { ...node, status }
}

function setPodCidrs(known: KnownNode, node: Node, context: ControllerContext): void {
  const state = stateOf(context)
  known.podCidrs = podCidrsOf(node)
  const pools = node.spec?.podCIDRs?.map((cidr) => new AddressPool(cidr)) ?? state.fallback
  // A pod's first address is of the family of its node's.
  const first = familyOf(known.addresses[0])
  known.pools = [...pools.filter(({ family }) => family === first), ...pools.filter(({ family }) => family !== first)]
  keepAddresses(state, context.lister<Pod>('pods').byIndex('node', known.name), known)
}

function freeAddresses({ addresses }: KubeletState, { settings }: ControllerContext): string[] {
  const families = familiesOf(settings.podCidr)
  for (let others = Math.floor(addresses.size / families.length); ; others++) {
    const found = nodeAddresses(families, others)
    if (!found.some((address) => addresses.has(address))) return found
  }
}

async function ensureLease(node: Node, { client, clock }: ControllerContext): Promise<void> {
  const { name = '', uid = '' } = node.metadata
  const lease = {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: {
      name,
      namespace: LEASE_NAMESPACE,
      ownerReferences: [{ apiVersion: 'v1', kind: 'Node', name, uid }],
    },
    spec: { holderIdentity: name, leaseDurationSeconds: LEASE_SECONDS, renewTime: formatMicroTime(clock.now()) },
  } as Lease
  const renewed = (old: Lease): Lease => ({
    ...old,
    metadata: { ...old.metadata, ownerReferences: lease.metadata.ownerReferences },
    spec: { ...old.spec, ...lease.spec },
  })
  try {
    await client.modify<Lease>('leases.coordination.k8s.io', LEASE_NAMESPACE, name, (old) =>
      isFresh(old, lease, clock.now()) ? old : renewed(old),
    )
  } catch (error) {
    if (!isNotFound(error)) throw error
    await client.create('leases.coordination.k8s.io', lease)
  }
}

/** This node's kubelet renewed it less than an interval ago. */
function isFresh(old: Lease, { metadata, spec }: Lease, now: number): boolean {
  const age = now - Date.parse(old.spec?.renewTime ?? '')
  const isOwn = old.spec?.holderIdentity === spec?.holderIdentity
  return (
    isOwn && deepEqual(old.metadata.ownerReferences, metadata.ownerReferences) && age >= 0 && age < LEASE_RENEWAL_MS
  )
}

/**
 * The next few nodes, and with none left over all of them anew: leases now, statuses when they are due. Rejects when one is refused, after the
 * others have had their turn.
 */
export async function beat(context: ControllerContext): Promise<void> {
  const state = stateOf(context)
  if (state.toBeat.length === 0) state.toBeat = [...state.nodes.keys()].reverse()
  const errors: unknown[] = []
  for (const name of state.toBeat.splice(-BEATS).reverse()) {
    const known = state.nodes.get(name)
    const node = context.lister<Node>('nodes').get('', name)
    if (!known || !node || known.stopped) continue
    try {
      await beatOf(known, node, context)
    } catch (error) {
      errors.push(error)
    }
  }
  if (errors.length > 0) throw errors[0]
}

async function beatOf(known: KnownNode, node: Node, context: ControllerContext): Promise<void> {
  const { client, clock } = context
  const now = clock.now()
  try {
    await client.modify<Lease>('leases.coordination.k8s.io', LEASE_NAMESPACE, known.name, (old) => ({
      ...old,
      spec: { ...old.spec, holderIdentity: known.name, renewTime: formatMicroTime(now) },
    }))
  } catch (error) {
    if (!isNotFound(error)) throw error
    await ensureLease(node, context)
  }
  const silent = node.status?.conditions?.some(({ status }) => status === 'Unknown')
  const isNews = silent || known.images.size > known.imagesSaid
  if ((!isNews && now - known.reportedAt < STATUS_REPORT_MS) || isStaged('nodes', node, context)) return
  await report(known, context)
}

/** A node that was deleted meanwhile has nothing to say. */
async function report(known: KnownNode, { client, clock }: ControllerContext): Promise<void> {
  known.reportedAt = clock.now()
  const now = formatTime(known.reportedAt)
  const { size } = known.images
  try {
    await client.modify<Node>('nodes', '', known.name, (old) => withImages(heartbeat(old, now), known.images), {
      subresource: 'status',
    })
    known.imagesSaid = size
  } catch (error) {
    if (!isNotFound(error)) throw error
  }
}
