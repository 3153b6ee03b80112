/** What a pod holds of its node while its spec asks for something else. Mirrors pkg/kubelet/allocation/allocation_manager.go and state. */
import { deepEqual } from '../../apimachinery/equality.ts'
import type {
  Container,
  ContainerStatus,
  Pod,
  PodCondition,
  PodSpec,
  PodStatus,
  ResourceRequirements,
} from '../../types/core-v1.ts'
import { find, RESIZE_PENDING } from './conditions.ts'

/** Where the resize of a pod stands in a step. */
export interface Resizing {
  pending?: PodCondition
  inProgress?: PodCondition
  /** False: what runs keeps what it has. */
  acts: boolean
}

/** Both ask for the same, in all and in each container. */
export function asksTheSame(a: PodSpec, b: PodSpec): boolean {
  return (
    deepEqual(a.resources, b.resources) &&
    sameContainers(a.containers, b.containers) &&
    sameContainers(a.initContainers, b.initContainers)
  )
}

/** The containers of a pod are the same as long as it is. */
const sameContainers = (a: readonly Container[] = [], b: readonly Container[] = []): boolean =>
  a === b || a.every(({ resources }, i) => deepEqual(resources ?? {}, b[i]?.resources ?? {}))

/** The pod as it would be if it asked for what it holds. */
export function withAllocation(pod: Pod, { resources, containers, initContainers }: PodSpec): Pod {
  const held = (own: readonly Container[], allocated: readonly Container[]): Container[] =>
    own.map((container, i) => ({ ...container, resources: allocated[i]?.resources }))
  const spec: PodSpec = { ...pod.spec!, resources, containers: held(pod.spec!.containers, containers) }
  if (initContainers) spec.initContainers = held(pod.spec!.initContainers ?? [], initContainers)
  return { ...pod, spec }
}

/** What a pod held that another run of the emulator took: its status says it, as long as that is not what the spec asks for. A status of no generation is not of an older one. */
export function allocationOf({ metadata, spec, status }: Pod): PodSpec {
  const isPending = status?.conditions?.some(({ type }) => type === RESIZE_PENDING)
  const { generation } = metadata
  if (!isPending && (status?.observedGeneration ?? generation) === generation) return spec!
  const said = (statuses: readonly ContainerStatus[] | undefined) => (container: Container) => {
    const before = find(statuses, container)
    if (!before?.resources) return container
    const { limits, claims, requests: present } = before.resources
    const requests = before.allocatedResources ?? present
    return { ...container, resources: requirements({ limits, requests, claims }) }
  }
  const known: PodSpec = { ...spec!, containers: spec!.containers.map(said(status?.containerStatuses)) }
  if (spec!.initContainers) known.initContainers = spec!.initContainers.map(said(status?.initContainerStatuses))
  const whole = spec!.resources
  const allocated = status?.allocatedResources ?? status?.resources?.requests
  if (whole?.requests && allocated) {
    const held = Object.keys(whole.requests).map((name) => [name, allocated[name]])
    known.resources = { ...whole, requests: Object.fromEntries(held.filter(([, text]) => text !== undefined)) }
  }
  return known
}

function requirements(parts: ResourceRequirements): ResourceRequirements {
  return Object.fromEntries(Object.entries(parts).filter(([, part]) => part !== undefined))
}

/** The status once the pod holds what its spec asks for: what does not run has it already, what runs gets it. */
export function allocatedStatus({ spec, status }: Pod): PodStatus {
  const shown = (statuses: ContainerStatus[] | undefined, containers: readonly Container[] = []) =>
    statuses?.map((each) => {
      const container = find(containers as never, each) as Container | undefined
      if (!each.containerID || !container) return each
      const next = withRequests(each, container)
      return each.state?.running ? next : { ...next, resources: container.resources ?? {} }
    })
  const { containerStatuses, initContainerStatuses } = status!
  return {
    ...status,
    ...(containerStatuses ? { containerStatuses: shown(containerStatuses, spec!.containers) } : {}),
    ...(initContainerStatuses ? { initContainerStatuses: shown(initContainerStatuses, spec!.initContainers) } : {}),
  }
}

export function withRequests(status: ContainerStatus, { resources }: Container): ContainerStatus {
  const next = { ...status }
  if (resources?.requests) next.allocatedResources = resources.requests
  else delete next.allocatedResources
  return next
}
