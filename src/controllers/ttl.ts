/** Tells nodes how long they may keep Secrets and ConfigMaps in mind: the longer, the more nodes there are. Mirrors kubernetes pkg/controller/ttl. */
import type { Node } from '../types/core-v1.ts'
import { ignoreNotFound } from './claim.ts'
import { defineController } from './controller.ts'
import { perRun } from './state.ts'

export const TTL_ANNOTATION = 'node.alpha.kubernetes.io/ttl'
/** The steps overlap, so that a node more or less does not change all of them each time. */
const STEPS = [
  { min: 0, max: 100, seconds: 0 },
  { min: 90, max: 500, seconds: 15 },
  { min: 450, max: 1000, seconds: 30 },
  { min: 900, max: 2000, seconds: 60 },
  { min: 1800, max: Number.POSITIVE_INFINITY, seconds: 300 },
]

/** What the nodes of a cluster are told that grew to this many. */
export function ttlSeconds(nodes: number): number {
  return STEPS.find(({ max }) => nodes <= max)!.seconds
}

const stateOf = perRun(() => ({ nodes: 0, step: 0 }))

export const ttl = defineController({
  name: 'ttl',
  component: 'ttl-controller',
  watches: [
    {
      resource: 'nodes',
      when: ({ metadata }, old) =>
        !old || old.metadata.annotations?.[TTL_ANNOTATION] !== metadata.annotations?.[TTL_ANNOTATION],
      keys(node, context, old, { type }) {
        const state = stateOf(context)
        if (type === 'deleted') state.nodes--
        else if (!old) state.nodes++
        if (state.nodes > STEPS[state.step].max) state.step++
        if (state.nodes < STEPS[state.step].min) state.step--
        return type === 'deleted' ? [] : [{ namespace: '', name: node.metadata.name ?? '' }]
      },
    },
  ],
  async reconcile({ name }, context) {
    const node = context.lister<Node>('nodes').get('', name)
    const value = String(STEPS[stateOf(context).step].seconds)
    if (!node || node.metadata.annotations?.[TTL_ANNOTATION] === value) return
    await ignoreNotFound(
      context.client.modify<Node>('nodes', '', name, (old) => ({
        ...old,
        metadata: { ...old.metadata, annotations: { ...old.metadata.annotations, [TTL_ANNOTATION]: value } },
      })),
    )
  },
})
