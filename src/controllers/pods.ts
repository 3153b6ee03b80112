/** Questions asked of pods by those who keep a number of them. Mirrors kubernetes pkg/api/v1/pod/util.go and pkg/controller/controller_utils.go. */
import type { KubeObject, OwnerReference } from '../apimachinery/meta.ts'
import type { Pod, PodCondition, PodTemplateSpec } from '../types/core-v1.ts'

/** Milliseconds since the epoch of a time field, or undefined. */
export function timeOf(text: string | null | undefined): number | undefined {
  return text ? Date.parse(text) : undefined
}

export function readyCondition(pod: Pod): { status: string; lastTransitionTime?: string } | undefined {
  return pod.status?.conditions?.find(({ type }) => type === 'Ready')
}

/** The pod with a condition that says why it is about to be deleted. */
export function withDisruption(pod: Pod, now: string, reason: string, message: string): Pod {
  const condition = {
    type: 'DisruptionTarget',
    observedGeneration: pod.metadata.generation,
    status: 'True',
    lastProbeTime: null,
    lastTransitionTime: now,
    reason,
    message,
  } as unknown as PodCondition
  const others = (pod.status?.conditions ?? []).filter(({ type }) => type !== condition.type)
  return { ...pod, status: { ...pod.status, conditions: [...others, condition] } }
}

export function isPodReady(pod: Pod): boolean {
  return readyCondition(pod)?.status === 'True'
}

/** Ready for at least `minReadySeconds`. */
export function isPodAvailable(pod: Pod, minReadySeconds: number, now: number): boolean {
  const ready = readyCondition(pod)
  if (ready?.status !== 'True') return false
  const since = timeOf(ready.lastTransitionTime)
  return minReadySeconds === 0 || (since !== undefined && since + minReadySeconds * 1000 <= now)
}

export function isPodTerminal({ status }: Pick<Pod, 'status'>): boolean {
  return status?.phase === 'Succeeded' || status?.phase === 'Failed'
}

export function isPodActive(pod: Pod): boolean {
  return !isPodTerminal(pod) && !pod.metadata.deletionTimestamp
}

export function isPodTerminating(pod: Pod): boolean {
  return !isPodTerminal(pod) && pod.metadata.deletionTimestamp !== undefined
}

/** When the next ready pod becomes available, in ms from now; undefined when none will. */
export function nextAvailabilityMs(pods: readonly Pod[], minReadySeconds: number, now: number): number | undefined {
  let next: number | undefined
  for (const pod of pods) {
    const ready = readyCondition(pod)
    const since = ready?.status === 'True' ? timeOf(ready.lastTransitionTime) : undefined
    if (since === undefined) continue
    const wait = since + minReadySeconds * 1000 - now
    if (wait > 0 && (next === undefined || wait < next)) next = wait
  }
  return next
}

export function controllerRef(owner: KubeObject): OwnerReference {
  const { name = '', uid = '' } = owner.metadata
  return { apiVersion: owner.apiVersion, kind: owner.kind, name, uid, controller: true, blockOwnerDeletion: true }
}

/** The pod that `owner` makes from its template. */
export function podFromTemplate(template: PodTemplateSpec, owner: KubeObject): Pod {
  const { labels, annotations, finalizers } = template.metadata ?? {}
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      generateName: `${owner.metadata.name}-`,
      namespace: owner.metadata.namespace,
      ...(labels ? { labels } : {}),
      ...(annotations ? { annotations } : {}),
      ...(finalizers ? { finalizers } : {}),
      ownerReferences: [controllerRef(owner)],
    },
    spec: template.spec,
  }
}
