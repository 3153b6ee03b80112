/** Endpoints of Services with a selector. Mirrors pkg/controller/endpoint/endpoints_controller.go. */
import { deepEqual } from '../apimachinery/equality.ts'
import { isNotFound, isStatusError } from '../apimachinery/errors.ts'
import type { EndpointAddress, EndpointPort, EndpointSubset, Endpoints, Pod, Service } from '../types/core-v1.ts'
import { type ControllerContext, defineController } from './controller.ts'
import { isPodReady } from './pods.ts'
import { inEndpointsOrder } from './port-order.ts'
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
} from './service-pods.ts'
import { perRun } from './state.ts'

const MANAGED_BY = 'endpoints.kubernetes.io/managed-by'
const HEADLESS = 'service.kubernetes.io/headless'
const OVER_CAPACITY = 'endpoints.kubernetes.io/over-capacity'
const MAX_ADDRESSES = 1000

const triggerTimes = perRun(() => new TriggerTimes())

export const endpoints = defineController({
  name: 'endpoints',
  component: 'endpoint-controller',
  for: 'services',
  watches: [
    servicesOfPod,
    {
      resource: 'endpoints',
      // One that somebody deleted or changed is made anew.
      keys: ({ metadata }) => [{ namespace: metadata.namespace ?? '', name: metadata.name ?? '' }],
    },
  ],
  indexes: { pods: podsByLabel },
  async reconcile(key, context) {
    const service = context.lister<Service>('services').get(key.namespace, key.name)
    const current = context.lister<Endpoints>('endpoints').get(key.namespace, key.name)
    if (!service) {
      triggerTimes(context).forget(key)
      // Endpoints that never belonged to a Service of ours are left alone: locks of old leader elections.
      if (current?.metadata.labels?.[MANAGED_BY]) await remove(current, context)
      return
    }
    if (service.spec?.type === 'ExternalName' || !service.spec?.selector) return
    await write(service, current, context)
  },
})

async function remove({ metadata }: Endpoints, { client }: ControllerContext): Promise<void> {
  try {
    await client.delete('endpoints', metadata.namespace ?? '', metadata.name ?? '')
  } catch (error) {
    if (!isNotFound(error)) throw error
  }
}

async function write(service: Service, current: Endpoints | undefined, context: ControllerContext): Promise<void> {
  const pods = selectedPods(service, context)
  const time = triggerTimes(context).of(service, pods)
  const { subsets, truncated } = capped(subsetsOf(service, pods, context))
  const labels: Record<string, string> = { ...service.metadata.labels, [MANAGED_BY]: 'endpoint-controller' }
  delete labels[HEADLESS]
  if (isHeadless(service)) labels[HEADLESS] = ''
  if (current && deepEqual(current.subsets ?? [], subsets) && deepEqual(current.metadata.labels ?? {}, labels)) return
  const { [OVER_CAPACITY]: _, ...kept } = current?.metadata.annotations ?? {}
  const annotations = withTriggerTime(truncated ? { ...kept, [OVER_CAPACITY]: 'truncated' } : kept, time)
  const { namespace, name } = service.metadata
  const next = {
    apiVersion: 'v1',
    kind: 'Endpoints',
    metadata: { ...(current?.metadata ?? { namespace, name }), labels, annotations },
    ...(subsets.length > 0 ? { subsets } : {}),
  } as Endpoints
  try {
    if (current) await context.client.update('endpoints', next)
    else await context.client.create('endpoints', next)
  } catch (error) {
    // The namespace is going away.
    if (!current && isStatusError(error, 'Forbidden')) return
    throw error
  }
}

/** What one pod adds; null: nothing. */
interface Part {
  key: string
  ports: EndpointPort[]
  address: EndpointAddress
  ready: boolean
}

const parts = perRun(() => new PodMemo<Part | null>())

function subsetsOf(service: Service, pods: readonly Pod[], context: ControllerContext): EndpointSubset[] {
  const memo = parts(context)
  const groups = new Map<string, Required<EndpointSubset>>()
  for (const pod of pods) {
    const part = memo.of(service, pod, () => partOf(service, pod))
    if (!part) continue
    let group = groups.get(part.key)
    if (!group) {
      group = { addresses: [], notReadyAddresses: [], ports: part.ports }
      groups.set(part.key, group)
    }
    const list = part.ready ? group.addresses : group.notReadyAddresses
    list.push(part.address)
  }
  return [...groups.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, group]) => withoutEmpty(group))
}

function partOf(service: Service, pod: Pod): Part | null {
  const { publishNotReadyAddresses = false, ports = [] } = service.spec!
  const ip = leadsSomewhere(pod, publishNotReadyAddresses) ? addressesOf(pod, familiesOf(service)[0])[0] : undefined
  if (!ip) return null
  const found = ports.flatMap((port): EndpointPort[] => {
    const number = portOf(pod, port)
    if (number === undefined) return []
    const { name, protocol = 'TCP', appProtocol } = port
    return [{ ...(name ? { name } : {}), port: number, protocol, ...(appProtocol ? { appProtocol } : {}) }]
  })
  const own = inEndpointsOrder(found)
  if (own.length === 0 && (ports.length > 0 || !isHeadless(service))) return null
  const ready = publishNotReadyAddresses || isPodReady(pod)
  return { key: JSON.stringify(own), ports: own, address: addressOf(pod, ip, service), ready }
}

function addressOf(pod: Pod, ip: string, service: Service): EndpointAddress {
  const { namespace, name, uid } = pod.metadata
  const hostname = hostnameFor(pod, service)
  return {
    ip,
    ...(hostname ? { hostname } : {}),
    nodeName: pod.spec?.nodeName,
    targetRef: { kind: 'Pod', namespace, name, uid },
  }
}

function withoutEmpty({ addresses, notReadyAddresses, ports }: Required<EndpointSubset>): EndpointSubset {
  const byIp = (a: EndpointAddress, b: EndpointAddress): number => (a.ip < b.ip ? -1 : a.ip > b.ip ? 1 : 0)
  return {
    ...(addresses.length > 0 ? { addresses: addresses.sort(byIp) } : {}),
    ...(notReadyAddresses.length > 0 ? { notReadyAddresses: notReadyAddresses.sort(byIp) } : {}),
    ...(ports.length > 0 ? { ports } : {}),
  }
}

/** At most 1000 addresses, ready ones first. */
function capped(subsets: EndpointSubset[]): { subsets: EndpointSubset[]; truncated: boolean } {
  const count = (list: keyof EndpointSubset): number =>
    subsets.reduce((sum, each) => sum + (each[list]?.length ?? 0), 0)
  const ready = count('addresses')
  if (ready + count('notReadyAddresses') <= MAX_ADDRESSES) return { subsets, truncated: false }
  let readyLeft = Math.min(ready, MAX_ADDRESSES)
  let notReadyLeft = MAX_ADDRESSES - readyLeft
  const cut = subsets.map(({ addresses = [], notReadyAddresses = [], ports = [] }) => {
    const kept = addresses.slice(0, readyLeft)
    const keptNotReady = notReadyAddresses.slice(0, notReadyLeft)
    readyLeft -= kept.length
    notReadyLeft -= keptNotReady.length
    return withoutEmpty({ addresses: kept, notReadyAddresses: keptNotReady, ports })
  })
  return { subsets: cut.filter((each) => each.addresses || each.notReadyAddresses), truncated: true }
}
