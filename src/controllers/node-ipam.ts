/** Gives every node its part of the pod network, or of both. Mirrors pkg/controller/nodeipam/ipam/range_allocator.go. */
import type { Node, NodeSpec } from '../types/core-v1.ts'
import { allocateParts, type CidrSet, cidrSets } from './cidr-set.ts'
import { type ControllerContext, defineController } from './controller.ts'
import { aboutNode } from './node-events.ts'
import { perRun } from './state.ts'

interface State {
  sets: readonly CidrSet[]
  /** Node -> its part of each network. */
  parts: Map<string, readonly string[]>
  /** Nodes for which there was no part. */
  waiting: Set<string>
}

const stateOf = perRun<State>(({ settings, lister }) => {
  const state: State = { sets: cidrSets(settings.podCidr, settings.serviceCidr), parts: new Map(), waiting: new Set() }
  // Nodes that have a part keep it, whichever node is reconciled first.
  for (const node of lister<Node>('nodes').list()) occupy(state, node)
  return state
})

export const nodeIpam = defineController({
  name: 'node-ipam',
  component: 'cidrAllocator',
  for: 'nodes',
  async reconcile({ name }, context) {
    const state = stateOf(context)
    const node = context.lister<Node>('nodes').get('', name)
    if (!node) return release(state, name, context)
    if (node.spec?.podCIDR) return occupy(state, node)
    const podCIDRs = allocate(state, name)
    if (podCIDRs === undefined) {
      state.waiting.add(name)
      const message = `Node ${name} status is now: CIDRNotAvailable`
      context.recorder.event(aboutNode(node), 'Normal', 'CIDRNotAvailable', message)
      return
    }
    const given: NodeSpec = { podCIDR: podCIDRs[0], podCIDRs: [...podCIDRs] }
    await context.client.modify<Node>('nodes', '', name, (old) =>
      old.spec?.podCIDR ? old : { ...old, spec: { ...old.spec, ...given } },
    )
  },
})

function occupy({ sets, parts }: State, { metadata: { name = '' }, spec }: Node): void {
  if (!spec?.podCIDRs || parts.has(name)) return
  // Parts of other networks are the node's own affair.
  for (const [i, set] of sets.entries()) if (spec.podCIDRs[i]) set.occupy(spec.podCIDRs[i])
  parts.set(name, spec.podCIDRs)
}

function allocate({ sets, parts }: State, name: string): readonly string[] | undefined {
  const own = parts.get(name) ?? allocateParts(sets)
  if (own) parts.set(name, own)
  return own
}

/** Who waits may have them. */
function release({ sets, parts, waiting }: State, name: string, context: ControllerContext): void {
  waiting.delete(name)
  for (const [i, part] of (parts.get(name) ?? []).entries()) sets[i]?.release(part)
  if (!parts.delete(name)) return
  for (const other of waiting) context.enqueue({ namespace: '', name: other })
  waiting.clear()
}
