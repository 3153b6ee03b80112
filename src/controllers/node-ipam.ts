/** Gives every node its part of the pod network. Mirrors pkg/controller/nodeipam/ipam/range_allocator.go. */
import type { Node } from '../types/core-v1.ts'
import { defineController } from './controller.ts'
import { perRun } from './state.ts'

/** `--node-cidr-mask-size-ipv4` by default. */
const NODE_MASK = 24

interface State {
  first: number
  parts: number
  /** Part -> node. */
  taken: Map<number, string>
  /** Node -> part. */
  parted: Map<string, number>
  /** Below it every part is taken. */
  lowest: number
}

const stateOf = perRun<State>((context) => {
  const [address, mask] = context.settings.podCidr.split('/')
  const state: State = {
    first: ipv4Number(address),
    parts: 2 ** Math.max(0, NODE_MASK - Number(mask)),
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
    const part = allocate(state, name)
    if (part === undefined) {
      context.recorder.event(node, 'Normal', 'CIDRNotAvailable', `Node ${name} status is now: CIDRNotAvailable`)
      return
    }
    const podCIDR = `${formatIpv4(state.first + part * 2 ** (32 - NODE_MASK))}/${NODE_MASK}`
    await context.client.modify<Node>('nodes', '', name, (old) =>
      old.spec?.podCIDR ? old : { ...old, spec: { ...old.spec, podCIDR, podCIDRs: [podCIDR] } },
    )
  },
})

function occupy(state: State, { metadata: { name = '' }, spec }: Node): void {
  if (!spec?.podCIDR || state.parted.has(name)) return
  const offset = ipv4Number(spec.podCIDR.split('/')[0]) - state.first
  const part = Math.floor(offset / 2 ** (32 - NODE_MASK))
  // A part of some other network is the node's own affair.
  if (!(part >= 0 && part < state.parts) || state.taken.has(part)) return
  state.taken.set(part, name)
  state.parted.set(name, part)
}

function allocate(state: State, name: string): number | undefined {
  let part = state.parted.get(name) ?? state.lowest
  while (state.taken.has(part) && state.taken.get(part) !== name) part++
  if (part >= state.parts) return undefined
  state.taken.set(part, name)
  state.parted.set(name, part)
  state.lowest = part
  return part
}

function release(state: State, name: string): void {
  const part = state.parted.get(name)
  if (part === undefined) return
  state.parted.delete(name)
  state.taken.delete(part)
  state.lowest = Math.min(state.lowest, part)
}

/** NaN when it is no IPv4 address. */
export function ipv4Number(address: string): number {
  const parts = address.split('.')
  return parts.length === 4 ? parts.reduce((sum, part) => sum * 256 + Number(part), 0) : Number.NaN
}

export function formatIpv4(number: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(number / 2 ** shift) % 256).join('.')
}
