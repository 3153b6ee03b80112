/** Which nodes a pod's node selector and node affinity mean. Mirrors component-helpers/scheduling/corev1/nodeaffinity. */
import type { Node, NodeSelectorRequirement, NodeSelectorTerm, PodSpec } from '../../types/core-v1.ts'

export type NodeTest = (node: Node) => boolean

/** Node selector and required affinity. Undefined: every node fits. */
export function nodeMatcher(spec: Pick<PodSpec, 'nodeSelector' | 'affinity'>): NodeTest | undefined {
  const tests: NodeTest[] = []
  const selector = Object.entries(spec.nodeSelector ?? {})
  if (selector.length > 0) {
    tests.push(({ metadata: { labels = {} } }) => selector.every(([key, value]) => labels[key] === value))
  }
  const required = spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution
  if (required) tests.push(termsTest(required.nodeSelectorTerms))
  if (tests.length === 0) return undefined
  return (node) => tests.every((test) => test(node))
}

/** One of the terms is met. */
export function termsTest(terms: readonly NodeSelectorTerm[]): NodeTest {
  const tests = terms.map(termTest)
  return (node) => tests.some((test) => test(node))
}

/** An empty term matches nothing. */
export function termTest({ matchExpressions = [], matchFields = [] }: NodeSelectorTerm): NodeTest {
  if (matchExpressions.length + matchFields.length === 0) return () => false
  return (node) =>
    matchExpressions.every((requirement) => meets(requirement, node.metadata.labels?.[requirement.key])) &&
    matchFields.every((requirement) => meets(requirement, node.metadata.name))
}

function meets({ operator, values = [] }: NodeSelectorRequirement, value: string | undefined): boolean {
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value)
    case 'NotIn':
      return value === undefined || !values.includes(value)
    case 'Exists':
      return value !== undefined
    case 'DoesNotExist':
      return value === undefined
    case 'Gt':
      return value !== undefined && /^-?\d+$/.test(value) && BigInt(value) > BigInt(values[0])
    case 'Lt':
      return value !== undefined && /^-?\d+$/.test(value) && BigInt(value) < BigInt(values[0])
    default:
      return false
  }
}
