/** Gives every node its part of the pod network. Mirrors pkg/controller/nodeipam/ipam/range_allocator.go. */
import type { Node } from '../types/core-v1.ts'
import { defineController } from './controller.ts'
import { aboutNode } from './node-events.ts'
import { perRun } from './state.ts'

/** `--node-cidr-mask-size-ipv4` by default. */
const NODE_MASK = 24
const PART_SIZE = 2 ** (32 - NODE_MASK)

interface State {
  podCidr: string
  /** Part -> node. */
  taken: Map<number, string>
  /** Node -> part. */
  parted: Map<string, number>
  /** Below it every part is taken. */
  lowest: number
}

const stateOf = perRun<State>((context) => {
  const state: State = {
    podCidr: context.settings.podCidr,
    taken: new Map(),
    parted: new Map(),
    lowest: 0,
  }
  // Nodes that have a part keep it, whichever node is reconciled first.
  for (const node of context.lister<Node>('nodes').list()) occupy(state, node)
  return state
})

export const nodeIpam = defineController({
  name: 'node-ipam',
  component: 'cidrAllocator',
  for: 'nodes',
  async reconcile({ name }, context) {
    const state = stateOf(context)
    const node = context.lister<Node>('nodes').get('', name)
    if (!node) return release(state, name)
    if (node.spec?.podCIDR) return occupy(state, node)
    const podCIDR = allocate(state, name)
    if (podCIDR === undefined) {
      const message = `Node ${name} status is now: CIDRNotAvailable`
      context.recorder.event(aboutNode(node), 'Normal', 'CIDRNotAvailable', message)
      return
    }
    await context.client.modify<Node>('nodes', '', name, (old) =>
      old.spec?.podCIDR ? old : { ...old, spec: { ...old.spec, podCIDR, podCIDRs: [podCIDR] } },
    )
  },
})

function occupy(state: State, { metadata: { name = '' }, spec }: Node): void {
  if (!spec?.podCIDR || state.parted.has(name)) return
  const offset = ipv4Number(spec.podCIDR.split('/')[0]) - ipv4Number(state.podCidr.split('/')[0])
  const part = Math.floor(offset / PART_SIZE)
  // A part of some other network is the node's own affair.
  if (!isPart(state.podCidr, part) || state.taken.has(part)) return
  state.taken.set(part, name)
  state.parted.set(name, part)
}

function allocate(state: State, name: string): string | undefined {
  const own = state.parted.get(name)
  if (own !== undefined) return nodePart(state.podCidr, own)
  while (state.taken.has(state.lowest)) state.lowest++
  const podCIDR = nodePart(state.podCidr, state.lowest)
  if (podCIDR === undefined) return undefined
  state.taken.set(state.lowest, name)
  state.parted.set(name, state.lowest)
  return podCIDR
}

function release(state: State, name: string): void {
  const part = state.parted.get(name)
  if (part === undefined) return
  state.parted.delete(name)
  state.taken.delete(part)
  state.lowest = Math.min(state.lowest, part)
}

/** The part of a pod network with this number, from 0; undefined when the network is not that large. */
export function nodePart(podCidr: string, number: number): string | undefined {
  if (!isPart(podCidr, number)) return undefined
  return `${formatIpv4(ipv4Number(podCidr.split('/')[0]) + number * PART_SIZE)}/${NODE_MASK}`
}

function isPart(podCidr: string, number: number): boolean {
  return number >= 0 && number < 2 ** Math.max(0, NODE_MASK - Number(podCidr.split('/')[1]))
}

/** NaN when it is no IPv4 address. */
export function ipv4Number(address: string): number {
  const parts = address.split('.')
  return parts.length === 4 ? parts.reduce((sum, part) => sum * 256 + Number(part), 0) : Number.NaN
}

export function formatIpv4(number: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(number / 2 ** shift) % 256).join('.')
}
