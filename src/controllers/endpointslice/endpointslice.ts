/** EndpointSlices of Services with a selector. Mirrors pkg/controller/endpointslice and endpointslice/reconciler.go. */
import { isNotFound, isStatusError } from '../../apimachinery/errors.ts'
import type { KubeObject } from '../../apimachinery/meta.ts'
import { isDns1123Subdomain } from '../../apimachinery/names.ts'
import type { Node, Pod, Service } from '../../types/core-v1.ts'
import type { Endpoint, EndpointPort, EndpointSlice } from '../../types/discovery-v1.ts'
import { type ControllerContext, defineController, type Key } from '../controller.ts'
import { formatKey, parseKey } from '../key.ts'
import { nodeNameOf, podsByNode } from '../pod-index.ts'
import { controllerRef, isPodReady } from '../pods.ts'
import { inSliceOrder } from '../port-order.ts'
import {
  addressesOf,
  familiesOf,
  hostnameFor,
  isHeadless,
  leadsSomewhere,
  PodMemo,
  podsByLabel,
  portOf,
  selectedPods,
  servicesOfPod,
  TriggerTimes,
  withTriggerTime,
} from '../service-pods.ts'
import { perRun } from '../state.ts'
import { type PortGroup, planSlices, portKey, type SliceFrame } from './plan.ts'
import { changesZones, hintedServices, isTopologyAware, withTopology, ZONE } from './topology.ts'

export const SLICES = 'endpointslices.discovery.k8s.io'
export const SERVICE_NAME = 'kubernetes.io/service-name'
export const SLICE_MANAGED_BY = 'endpointslice.kubernetes.io/managed-by'
const MANAGER = 'endpointslice-controller.k8s.io'
const HEADLESS = 'service.kubernetes.io/headless'
/** Kinds of `trafficDistribution` that give hints. */
const CLOSE = new Set(['PreferClose', 'PreferSameZone', 'PreferSameNode'])
const RESERVED = [SERVICE_NAME, SLICE_MANAGED_BY, HEADLESS]

const triggerTimes = perRun(() => new TriggerTimes())

/** `byIndex('service', 'manager/namespace/service')` */
export const slicesByService = {
  service({ metadata: { labels = {}, namespace } }: KubeObject): string[] {
    const service = labels[SERVICE_NAME]
    return service ? [`${labels[SLICE_MANAGED_BY]}/${namespace}/${service}`] : []
  },
}

export const endpointslice = defineController({
  name: 'endpointslice',
  component: 'endpoint-slice-controller',
  for: 'services',
  watches: [
    servicesOfPod,
    {
      // A node that comes late: its pods were left out.
      resource: 'nodes',
      when: (_node, old) => old === undefined,
      keys: (node, context, old, change) =>
        context
          .lister('pods')
          .byIndex('node', node.metadata.name ?? '')
          .flatMap((pod) => servicesOfPod.keys(pod, context, old, change)),
    },
    {
      resource: 'nodes',
      when: changesZones,
      keys: (_node, context) =>
        hintedServices(context)
          .overloaded(() => context.lister<Node>('nodes').list())
          .map(parseKey),
    },
    {
      resource: SLICES,
      when: ({ metadata }) => metadata.labels?.[SLICE_MANAGED_BY] === MANAGER,
      keys: ({ metadata }): Key[] => [
        { namespace: metadata.namespace ?? '', name: metadata.labels?.[SERVICE_NAME] ?? '' },
      ],
    },
  ],
  indexes: { pods: { ...podsByLabel, ...podsByNode }, [SLICES]: slicesByService },
  async reconcile(key, context) {
    const service = context.lister<Service>('services').get(key.namespace, key.name)
    if (!service) {
      triggerTimes(context).forget(key)
      hintedServices(context).forget(formatKey(key))
      return
    }
    if (service.spec?.type === 'ExternalName' || !service.spec?.selector) return
    await reconcileService(service, context)
  },
})

async function reconcileService(service: Service, context: ControllerContext): Promise<void> {
  const { namespace, name, uid } = service.metadata
  const pods = selectedPods(service, context)
  const time = triggerTimes(context).of(service, pods)
  const slices = context.lister<EndpointSlice>(SLICES).byIndex('service', `${MANAGER}/${namespace}/${name}`)
  const families = familiesOf(service)
  const mine = ({ addressType, metadata }: EndpointSlice): boolean =>
    families.includes(addressType) && (metadata.ownerReferences ?? []).some((owner) => owner.uid === uid)
  for (const slice of slices) if (!mine(slice)) await remove(slice, context)
  for (const family of families as EndpointSlice['addressType'][]) {
    const existing = slices.filter((slice) => mine(slice) && slice.addressType === family)
    const frame = { addressType: family, labels: labelsOf(service), hintsLater: isTopologyAware(service) }
    const laidOut = planSlices(groupsOf(service, pods, family, context), existing, frame)
    const plan = withTopology(service, laidOut, existing, frame, context)
    for (const group of plan.create) await create(service, group, frame, time, context)
    for (const slice of plan.update) {
      const annotations = withTriggerTime(slice.metadata.annotations, time)
      await context.client.update(SLICES, shown({ ...slice, metadata: { ...slice.metadata, annotations } }))
    }
    for (const slice of plan.delete) await remove(slice, context)
  }
  tellOfMissingNodes(service, pods, context)
}

/** Upstream fails here and tries again; here the node that comes calls. */
function tellOfMissingNodes(service: Service, pods: readonly Pod[], { lister, recorder }: ControllerContext): void {
  if (service.spec?.publishNotReadyAddresses) return
  const { namespace, name } = service.metadata
  for (const pod of pods) {
    const node = nodeNameOf(pod)
    if (!node || !leadsSomewhere(pod, true) || lister('nodes').get('', node)) continue
    const what = `skipping Pod ${pod.metadata.name} for Service ${namespace}/${name}: Node ${node} Not Found`
    const message = `Error updating Endpoint Slices for Service ${namespace}/${name}: ${what}`
    recorder.event(service, 'Warning', 'FailedToUpdateEndpointSlices', message)
  }
}

function labelsOf(service: Service): Record<string, string> {
  const labels: Record<string, string> = { ...service.metadata.labels }
  for (const key of RESERVED) delete labels[key]
  if (isHeadless(service)) labels[HEADLESS] = ''
  return { ...labels, [SERVICE_NAME]: service.metadata.name ?? '', [SLICE_MANAGED_BY]: MANAGER }
}

/** What one pod adds. */
interface Part {
  key: string
  ports: EndpointPort[]
  /** By address family; absent: none. */
  endpoints: Map<string, Endpoint>
  node: Node | undefined
}

const parts = perRun(() => new PodMemo<Part>())

function groupsOf(
  service: Service,
  pods: readonly Pod[],
  family: string,
  context: ControllerContext,
): Map<string, PortGroup> {
  const memo = parts(context)
  const nodes = context.lister<Node>('nodes')
  const groups = new Map<string, PortGroup>()
  for (const pod of pods) {
    if (!leadsSomewhere(pod, true)) continue
    const part = memo.of(service, pod, () => newPart(service, pod))
    let group = groups.get(part.key)
    if (!group) {
      group = { ports: part.ports, endpoints: [] }
      groups.set(part.key, group)
    }
    const node = nodes.get('', pod.spec?.nodeName ?? '')
    if (part.node !== node) {
      part.node = node
      part.endpoints = endpointsOf(service, pod, node)
    }
    const endpoint = part.endpoints.get(family)
    if (endpoint) group.endpoints.push(endpoint)
  }
  return groups
}

function newPart(service: Service, pod: Pod): Part {
  const ports = portsOf(service, pod)
  return { key: portKey(ports), ports, endpoints: endpointsOf(service, pod, undefined), node: undefined }
}

function endpointsOf(service: Service, pod: Pod, node: Node | undefined): Map<string, Endpoint> {
  const endpoints = new Map<string, Endpoint>()
  // The pod of a node that is gone is about to go itself.
  if (!node && !service.spec?.publishNotReadyAddresses) return endpoints
  for (const family of familiesOf(service)) {
    const addresses = addressesOf(pod, family)
    if (addresses.length > 0) endpoints.set(family, endpointOf(pod, addresses, service, node))
  }
  return endpoints
}

function portsOf(service: Service, pod: Pod): EndpointPort[] {
  const ports = (service.spec?.ports ?? []).flatMap((port): EndpointPort[] => {
    const number = portOf(pod, port)
    if (number === undefined) return []
    const { name = '', protocol = 'TCP', appProtocol } = port
    return [{ name, protocol, port: number, ...(appProtocol ? { appProtocol } : {}) }]
  })
  return inSliceOrder(ports)
}

function endpointOf(pod: Pod, addresses: string[], service: Service, node: Node | undefined): Endpoint {
  const serving = isPodReady(pod)
  const terminating = pod.metadata.deletionTimestamp !== undefined
  const ready = service.spec?.publishNotReadyAddresses === true || (serving && !terminating)
  const hostname = hostnameFor(pod, service)
  const zone = node?.metadata.labels?.[ZONE]
  const { namespace, name, uid } = pod.metadata
  const hints = ready ? hintsOf(service, pod, zone) : undefined
  return {
    addresses,
    conditions: { ready, serving, terminating },
    ...(hostname ? { hostname } : {}),
    targetRef: { kind: 'Pod', namespace, name, uid },
    ...(pod.spec?.nodeName ? { nodeName: pod.spec.nodeName } : {}),
    ...(zone ? { zone } : {}),
    ...(hints ? { hints } : {}),
  }
}

/** Who should be led to this endpoint, where the Service wants its traffic to stay close. Mirrors endpointslice/trafficdist. */
function hintsOf(service: Service, pod: Pod, zone: string | undefined): Endpoint['hints'] {
  const distribution = service.spec?.trafficDistribution ?? ''
  if (!CLOSE.has(distribution) || isTopologyAware(service)) return undefined
  const node = distribution === 'PreferSameNode' ? pod.spec?.nodeName : undefined
  if (!zone && !node) return undefined
  return { ...(zone ? { forZones: [{ name: zone }] } : {}), ...(node ? { forNodes: [{ name: node }] } : {}) }
}

async function create(
  service: Service,
  { ports, endpoints }: PortGroup,
  { addressType, labels }: SliceFrame,
  time: string | undefined,
  { client }: ControllerContext,
): Promise<void> {
  const { namespace, name = '' } = service.metadata
  const slice: EndpointSlice = {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      generateName: slicePrefix(name),
      namespace,
      labels,
      annotations: withTriggerTime(undefined, time),
      ownerReferences: [controllerRef({ ...service, apiVersion: 'v1', kind: 'Service' })],
    },
    addressType,
    endpoints,
    ports,
  }
  try {
    await client.create(SLICES, shown(slice))
  } catch (error) {
    // The namespace is going away.
    if (!isStatusError(error, 'Forbidden')) throw error
  }
}

export const slicePrefix = (name: string): string => (isDns1123Subdomain(`${name}-a`).length === 0 ? `${name}-` : name)

/** An empty list leaves storage as null, as one that went through protobuf does. */
export function shown(slice: EndpointSlice): EndpointSlice {
  const { endpoints, ports } = slice
  if (endpoints?.length && ports?.length) return slice
  return { ...slice, endpoints: endpoints?.length ? endpoints : null, ports: ports?.length ? ports : null } as never
}

export async function remove({ metadata }: EndpointSlice, { client }: ControllerContext): Promise<void> {
  try {
    await client.delete(SLICES, metadata.namespace ?? '', metadata.name ?? '')
  } catch (error) {
    if (!isNotFound(error)) throw error
  }
}
