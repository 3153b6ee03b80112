/** Which nodes a DaemonSet wants a pod on, and what that pod looks like; pure. Mirrors kubernetes pkg/controller/daemon/util and nodeShouldRunDaemonPod. */
import type { DaemonSet } from '../../types/apps-v1.ts'
import type { Node, NodeSelector, Pod, PodSpec, PodTemplateSpec, Toleration } from '../../types/core-v1.ts'
import { REVISION_HASH } from '../history.ts'
import { podFromTemplate } from '../pods.ts'
import { nodeMatcher } from '../scheduler/node-selector.ts'
import { toleratesAll } from '../tolerations.ts'

const NAME_FIELD = 'metadata.name'
const TEMPLATE_GENERATION = 'deprecated.daemonset.template.generation'
const GENERATION_LABEL = 'pod-template-generation'

/** Nodes in trouble keep their daemons, and those about to be emptied get them. */
const TOLERATED: readonly Toleration[] = [
  ...['not-ready', 'unreachable'].map((name) => toleration(name, 'NoExecute')),
  ...['disk-pressure', 'memory-pressure', 'pid-pressure', 'unschedulable'].map((name) =>
    toleration(name, 'NoSchedule'),
  ),
]
const ON_HOST_NETWORK = toleration('network-unavailable', 'NoSchedule')

function toleration(name: string, effect: string): Toleration {
  return { key: `node.kubernetes.io/${name}`, operator: 'Exists', effect } as Toleration
}

export function tolerationsOf(spec: PodSpec): Toleration[] {
  const own = spec.tolerations ?? []
  const added = spec.hostNetwork ? [...TOLERATED, ON_HOST_NETWORK] : TOLERATED
  const same = (a: Toleration, b: Toleration): boolean =>
    a.key === b.key && a.effect === b.effect && a.operator === b.operator && (a.value ?? '') === (b.value ?? '')
  const kept = own.map((each) => added.find((other) => same(each, other)) ?? each)
  return [...kept, ...added.filter((each) => !own.some((other) => same(each, other)))]
}

export interface Verdict {
  /** The node should have a pod. */
  run: boolean
  /** A pod that is there may stay. */
  stay: boolean
}

export type NodeTest = (node: Node) => Verdict

/** Compiled once a reconcile: it is asked of every node. */
export function nodeTest({ spec }: DaemonSet): NodeTest {
  const podSpec = spec!.template.spec!
  const tolerations = tolerationsOf(podSpec)
  const matches = nodeMatcher(podSpec)
  return (node) => {
    if (podSpec.nodeName && podSpec.nodeName !== node.metadata.name) return { run: false, stay: false }
    if (matches && !matches(node)) return { run: false, stay: false }
    const taints = node.spec?.taints ?? []
    const hard = taints.filter(({ effect }) => effect === 'NoExecute')
    const all = taints.filter(({ effect }) => effect === 'NoExecute' || effect === 'NoSchedule')
    if (toleratesAll(tolerations, all)) return { run: true, stay: true }
    return { run: false, stay: toleratesAll(tolerations, hard) }
  }
}

/** What of a node a DaemonSet looks at. */
export function nodeChanged(node: Node, old: Node): boolean {
  const facts = ({ metadata, spec }: Node): string =>
    JSON.stringify([metadata.labels, spec?.taints, spec?.unschedulable])
  return (node.metadata.labels !== old.metadata.labels || node.spec !== old.spec) && facts(node) !== facts(old)
}

/** The node that a pod runs on, or is meant for; undefined: for none in particular. */
export function targetNode({ spec }: Pod): string | undefined {
  if (spec?.nodeName) return spec.nodeName
  const required = spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution
  for (const { matchFields } of required?.nodeSelectorTerms ?? []) {
    const field = matchFields?.find(({ key, operator }) => key === NAME_FIELD && operator === 'In')
    if (field) return field.values?.length === 1 ? field.values[0] : undefined
  }
  return undefined
}

/** The generation that the API server counts in an annotation. */
function templateGeneration({ metadata }: DaemonSet): string | undefined {
  const text = metadata.annotations?.[TEMPLATE_GENERATION]
  return text !== undefined && /^[+-]?\d+$/.test(text) ? String(Number(text)) : undefined
}

export function isUpdated(set: DaemonSet, { metadata }: Pod, hash: string): boolean {
  const generation = templateGeneration(set)
  const labels = metadata.labels ?? {}
  return labels[REVISION_HASH] === hash || (generation !== undefined && labels[GENERATION_LABEL] === generation)
}

export function podFor(set: DaemonSet, hash: string, node: string): Pod {
  const { template } = set.spec!
  const spec = template.spec!
  const generation = templateGeneration(set)
  const labels = {
    ...template.metadata?.labels,
    ...(generation === undefined ? {} : { [GENERATION_LABEL]: generation }),
    [REVISION_HASH]: hash,
  }
  const pinned: PodTemplateSpec = {
    ...template,
    metadata: { ...template.metadata, labels },
    spec: { ...spec, tolerations: tolerationsOf(spec), affinity: affinityTo(spec, node) },
  }
  return podFromTemplate(pinned, set)
}

/** Required terms are replaced: that they fit the node was found out before. */
function affinityTo({ affinity }: PodSpec, node: string): PodSpec['affinity'] {
  const requiredDuringSchedulingIgnoredDuringExecution: NodeSelector = {
    nodeSelectorTerms: [{ matchFields: [{ key: NAME_FIELD, operator: 'In', values: [node] }] }],
  }
  return { ...affinity, nodeAffinity: { ...affinity?.nodeAffinity, requiredDuringSchedulingIgnoredDuringExecution } }
}
