/** Devices of a pod's ResourceClaims: whether they can be prepared, which never fails where the claims are right, and what is known of their health. Mirrors pkg/kubelet/cm/dra/manager.go. */
import { controllerOf } from '../../apimachinery/meta.ts'
import type { Container, ContainerStatus, ResourceHealth, ResourceStatus } from '../../types/core-v1.ts'
import type { ResourceClaim } from '../../types/resource-v1.ts'
import type { PodStep } from './pod-step.ts'

const CLAIMS = 'resourceclaims.resource.k8s.io'
/** How long it is until the pod is looked at again, ms. */
const RESYNC_MS = 60_000

/** Whether the pod's devices are ready for it; what stands in the way is said at once, and again with each look. */
export function prepared(step: PodStep): boolean {
  const { memory, now } = step
  const problem = preparationProblem(step)
  if (problem === undefined) {
    delete memory.preparation
    return true
  }
  if (now >= (memory.preparation ?? now)) {
    const message = `Failed to prepare dynamic resources: prepare dynamic resources: ${problem}`
    step.podEvent('Warning', 'FailedPrepareDynamicResources', message)
    memory.preparation = now + RESYNC_MS
  }
  step.wake(memory.preparation!)
  return false
}

function preparationProblem(step: PodStep): string | undefined {
  const { spec, status } = step.pod
  for (const { name, resourceClaimName } of spec?.resourceClaims ?? []) {
    const made = status?.resourceClaimStatuses?.find((each) => each.name === name)
    if (!resourceClaimName && !made) return `pod "${keyOf(step)}": ResourceClaim not created yet`
    const claimName = resourceClaimName ?? made?.resourceClaimName
    const problem = claimName && claimProblem(step, claimName, !resourceClaimName)
    if (problem) return problem
  }
  const { extendedResourceClaimStatus: extended } = status ?? {}
  return extended && claimProblem(step, extended.resourceClaimName, false)
}

const keyOf = ({ pod: { metadata } }: PodStep): string => `${metadata.namespace}/${metadata.name}`

/** `own`: it must have been made for the pod. */
function claimProblem(step: PodStep, name: string, own: boolean): string | undefined {
  const { name: podName, namespace, uid } = step.pod.metadata
  const claim = step.find<ResourceClaim>(CLAIMS, name)
  if (!claim) return `fetch ResourceClaim ${name}: resourceclaims.resource.k8s.io "${name}" not found`
  if (own && controllerOf(claim)?.uid !== uid) {
    return `ResourceClaim ${namespace}/${name} was not created for Pod ${keyOf(step)} (Pod is not owner)`
  }
  if (claim.status?.reservedFor?.some((user) => user.uid === uid)) return undefined
  step.miss(CLAIMS, name)
  return `pod ${podName} (${uid}) is not allowed to use ResourceClaim ${name} (${claim.metadata.uid})`
}

/** Containers say which devices they have, while the pod has them. Nobody watches over these: their health is not known. */
export function withDevices(step: PodStep, statuses: ContainerStatus[], has: boolean): ContainerStatus[] {
  const { containers, resourceClaims } = step.pod.spec!
  if (!resourceClaims) return statuses
  return statuses.map((each) => {
    const container = containers.find(({ name }) => name === each.name)
    return container?.resources?.claims ? withDevicesOf(step, has ? container.resources.claims : [], each) : each
  })
}

type Claims = NonNullable<NonNullable<Container['resources']>['claims']>

function withDevicesOf(step: PodStep, claims: Claims, status: ContainerStatus): ContainerStatus {
  const { allocatedResourcesStatus: _, ...rest } = status
  const said = new Map<string, ResourceStatus>()
  for (const { name, request } of claims) {
    const health = healthOf(step, name, request)
    const full = request ? `claim:${name}/${request}` : `claim:${name}`
    if (health.length > 0) said.set(full, { name: full, resources: health })
  }
  return said.size > 0 ? { ...rest, allocatedResourcesStatus: [...said.values()] } : rest
}

/** Of the devices of one of the pod's claims, or of one request of it. */
function healthOf(step: PodStep, podClaim: string, request: string | undefined): ResourceHealth[] {
  const { spec, status } = step.pod
  const name =
    status?.resourceClaimStatuses?.find((each) => each.name === podClaim)?.resourceClaimName ??
    spec?.resourceClaims?.find((each) => each.name === podClaim)?.resourceClaimName
  const results = name ? step.find<ResourceClaim>(CLAIMS, name)?.status?.allocation?.devices?.results : undefined
  const meant = (results ?? []).filter((each) => !request || each.request.split('/')[0] === request.split('/')[0])
  const ids = new Set(meant.map(({ driver, pool, device }) => `${driver}/${pool}/${device}`))
  return [...ids].map((resourceID) => ({ resourceID, health: 'Unknown' }))
}
