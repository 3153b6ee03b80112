/** Extended resources that devices stand behind: of which class, and what a pod asks of it. Mirrors plugins/dynamicresources/extendeddynamicresources.go and dynamic-resource-allocation/deviceclass/extendedresourcecache. */
import type { Container, ContainerExtendedResourceRequest, Pod } from '../../../types/core-v1.ts'
import type { DeviceClass, DeviceRequest } from '../../../types/resource-v1.ts'
import type { ResourceName } from '../../client.ts'
import type { Lister } from '../../controller.ts'
import { amountOf, isSidecar } from '../../resources.ts'

export const DEVICE_CLASSES: ResourceName = 'deviceclasses.resource.k8s.io'
/** An index of classes: by the resource that they stand behind. */
export const STANDS_BEHIND = 'extendedResource'

/** Every class stands behind the resource of its name, too. */
export const IMPLICIT = 'deviceclass.resource.kubernetes.io/'

/** Undefined: none stands behind it. Of several the youngest; of those the first by name. */
export function classBehind(resource: string, classes: Lister<DeviceClass>): DeviceClass | undefined {
  if (resource.startsWith(IMPLICIT)) return classes.get('', resource.slice(IMPLICIT.length))
  let best: DeviceClass | undefined
  for (const each of classes.byIndex(STANDS_BEHIND, resource)) if (!best || goesBefore(each, best)) best = each
  return best
}

function goesBefore({ metadata: a }: DeviceClass, { metadata: b }: DeviceClass): boolean {
  const age = Date.parse(a.creationTimestamp ?? '') - Date.parse(b.creationTimestamp ?? '')
  return age > 0 || (age === 0 && (a.name ?? '') < (b.name ?? ''))
}

export interface DeviceRequests {
  requests: DeviceRequest[]
  /** Which container uses which request, for the pod's status. */
  mappings: ContainerExtendedResourceRequest[]
}

/** What a pod asks of each of these resources, by the names of their classes. Containers that come and go before the others share devices with those. */
export function deviceRequestsOf(pod: Pod, classes: ReadonlyMap<string, string>): DeviceRequests {
  const all: DeviceRequests = { requests: [], mappings: [] }
  for (const resource of [...classes.keys()].sort()) {
    const { requests, mappings } = requestsOfResource(pod, resource, classes.get(resource)!)
    all.requests.push(...requests)
    all.mappings.push(...mappings)
  }
  all.requests.sort((a, b) => (a.name < b.name ? -1 : 1))
  return all
}

interface Asking {
  container: Container
  /** Among all containers, initializing ones first. */
  place: number
}

function requestsOfResource({ spec }: Pod, resource: string, className: string): DeviceRequests {
  const initContainers = spec?.initContainers ?? []
  const all = [...initContainers, ...(spec?.containers ?? [])].map((container, place) => ({ container, place }))
  const isShort = ({ container, place }: Asking): boolean => place < initContainers.length && !isSidecar(container)
  const mappings: ContainerExtendedResourceRequest[] = []
  const lasting: { place: number; request: DeviceRequest }[] = []
  for (const asking of all.filter((each) => !isShort(each))) {
    const made = requestOf(asking, resource, className, [])
    mappings.push(...made.mappings)
    if (made.request) lasting.push({ place: asking.place, request: made.request })
  }
  const passing: ContainerExtendedResourceRequest[] = []
  const names = new Set<string>()
  let largest: DeviceRequest | undefined
  for (const asking of all.filter(isShort)) {
    const later = lasting.filter(({ place }) => place >= asking.place).map(({ request }) => request)
    const { request, mappings } = requestOf(asking, resource, className, later)
    passing.push(...mappings)
    if (!request) continue
    names.add(request.name)
    if (countOf(request) > (largest ? countOf(largest) : 0)) largest = request
  }
  // One after the other they can use the same ones: those of the largest request.
  for (const mapping of passing) if (largest && names.has(mapping.requestName)) mapping.requestName = largest.name
  return {
    requests: [...(largest ? [largest] : []), ...lasting.map(({ request }) => request)],
    mappings: [...mappings, ...passing],
  }
}

const countOf = ({ exactly }: DeviceRequest): number => exactly?.count ?? 0

/** `usable`: requests whose devices the container can use before it needs any of its own. */
function requestOf(
  { container, place }: Asking,
  resourceName: string,
  deviceClassName: string,
  usable: readonly DeviceRequest[],
): { request?: DeviceRequest; mappings: ContainerExtendedResourceRequest[] } {
  const asked = container.resources?.requests ?? {}
  const wanted = resourceName in asked ? amountOf(resourceName, asked[resourceName]) : 0
  const mappings: ContainerExtendedResourceRequest[] = []
  if (wanted === 0) return { mappings }
  const use = (requestName: string) => mappings.push({ containerName: container.name, resourceName, requestName })
  let had = 0
  for (const request of usable) {
    had += countOf(request)
    use(request.name)
    if (had >= wanted) return { mappings }
  }
  const name = `container-${place}-request-${Object.keys(asked).sort().indexOf(resourceName)}`
  use(name)
  const exactly = { deviceClassName, allocationMode: 'ExactCount' as const, count: wanted - had }
  return { request: { name, exactly }, mappings }
}
