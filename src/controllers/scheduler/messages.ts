/** How the scheduler says why. Mirrors FitError of pkg/scheduler/framework/types.go. */
import type { Refusal } from './plugin.ts'

/** `0/3 nodes are available: 1 Insufficient cpu, 2 node(s) had untolerated taint(s).` Nodes that nobody refused are counted under `absent`. */
export function histogram(nodes: number, refusals: Iterable<Refusal>, absent: Refusal): string {
  const counts = new Map<string, number>()
  let told = 0
  const add = ({ reasons }: Refusal, number: number): void => {
    for (const reason of reasons) counts.set(reason, (counts.get(reason) ?? 0) + number)
  }
  for (const refusal of refusals) {
    add(refusal, 1)
    told++
  }
  if (told < nodes) add(absent, nodes - told)
  const lines = [...counts].map(([reason, count]) => `${count} ${reason}`).sort()
  return lines.length === 0 ? allNodes(nodes) : `${allNodes(nodes)} ${lines.join(', ')}.`
}

const allNodes = (nodes: number): string => `0/${nodes} nodes are available:`

/** Why no node was even looked at. */
export function refusedBefore(nodes: number, { reasons }: Refusal): string {
  return `${allNodes(nodes)} ${reasons.join(', ')}.`
}
