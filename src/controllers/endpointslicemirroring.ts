/** Copies hand-written Endpoints of Services without a selector into EndpointSlices. Mirrors pkg/controller/endpointslicemirroring. */
import { deepEqual } from '../apimachinery/equality.ts'
import { parseIp } from '../apimachinery/ip.ts'
import type { EndpointAddress, EndpointSubset, Endpoints, Service } from '../types/core-v1.ts'
import type { Endpoint, EndpointPort, EndpointSlice } from '../types/discovery-v1.ts'
import { type ControllerContext, defineController } from './controller.ts'
import {
  remove,
  SERVICE_NAME,
  SLICE_MANAGED_BY,
  SLICES,
  shown,
  slicePrefix,
  slicesByService,
} from './endpointslice/endpointslice.ts'
import { portKey } from './endpointslice/plan.ts'
import { controllerRef } from './pods.ts'
import { TRIGGER_TIME } from './service-pods.ts'

const MANAGER = 'endpointslicemirroring-controller.k8s.io'
const SKIP_LABEL = 'endpointslice.kubernetes.io/skip-mirror'
const LEADER_ANNOTATION = 'control-plane.alpha.kubernetes.io/leader'
const MAX_ADDRESSES_A_SUBSET = 1000
const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration'

type Mirrored = Pick<EndpointSlice, 'addressType' | 'endpoints' | 'ports'>

export const endpointslicemirroring = defineController({
  name: 'endpointslicemirroring',
  component: 'endpoint-slice-mirroring-controller',
  for: 'endpoints',
  watches: [
    {
      resource: 'services',
      keys: ({ metadata }) => [{ namespace: metadata.namespace ?? '', name: metadata.name ?? '' }],
      when: (service, old) =>
        (service as Service).spec?.selector !== (old as Service | undefined)?.spec?.selector || !old,
    },
    {
      resource: SLICES,
      when: ({ metadata }) => metadata.labels?.[SLICE_MANAGED_BY] === MANAGER,
      keys: ({ metadata }) => [{ namespace: metadata.namespace ?? '', name: metadata.labels?.[SERVICE_NAME] ?? '' }],
    },
  ],
  indexes: { [SLICES]: slicesByService },
  async reconcile({ namespace, name }, context) {
    const endpoints = context.lister<Endpoints>('endpoints').get(namespace, name)
    const service = context.lister<Service>('services').get(namespace, name)
    const existing = context.lister<EndpointSlice>(SLICES).byIndex('service', `${MANAGER}/${namespace}/${name}`)
    if (!endpoints || !service || service.spec?.selector || !isMirrored(endpoints)) {
      for (const slice of existing) await remove(slice, context)
      return
    }
    await mirror(endpoints, existing, context)
  },
})

function isMirrored({ metadata: { labels, annotations } }: Endpoints): boolean {
  return labels?.[SKIP_LABEL] !== 'true' && annotations?.[LEADER_ANNOTATION] === undefined
}

async function mirror(
  endpoints: Endpoints,
  existing: readonly EndpointSlice[],
  context: ControllerContext,
): Promise<void> {
  const { name = '', namespace } = endpoints.metadata
  const labels = { ...endpoints.metadata.labels, [SERVICE_NAME]: name, [SLICE_MANAGED_BY]: MANAGER }
  const annotations = { ...endpoints.metadata.annotations }
  delete annotations[LAST_APPLIED]
  delete annotations[TRIGGER_TIME]
  const free = [...existing]
  for (const wanted of (endpoints.subsets ?? []).flatMap(slicesOf)) {
    const at = free.findIndex(
      ({ addressType, ports }) => addressType === wanted.addressType && portKey(ports) === portKey(wanted.ports),
    )
    const [old] = at < 0 ? [] : free.splice(at, 1)
    if (!old) {
      await context.client.create(SLICES, {
        ...shown(wanted as EndpointSlice),
        apiVersion: 'discovery.k8s.io/v1',
        kind: 'EndpointSlice',
        metadata: {
          generateName: slicePrefix(name),
          namespace,
          labels,
          annotations,
          ownerReferences: [controllerRef({ ...endpoints, apiVersion: 'v1', kind: 'Endpoints' })],
        },
      } as EndpointSlice)
    } else if (!deepEqual(old.endpoints, wanted.endpoints) || !deepEqual(old.metadata.labels, labels)) {
      const next = { ...old, ...wanted, metadata: { ...old.metadata, labels, annotations } }
      await context.client.update(SLICES, shown(next))
    }
  }
  for (const slice of free) await remove(slice, context)
}

/** One slice a family of a subset's addresses. */
function slicesOf({ addresses = [], notReadyAddresses = [], ports = [] }: EndpointSubset): Mirrored[] {
  const all = [
    ...addresses.map((address) => ({ address, ready: true })),
    ...notReadyAddresses.map((address) => ({ address, ready: false })),
  ].slice(0, MAX_ADDRESSES_A_SUBSET)
  const ownPorts = ports.map(
    ({ name = '', protocol = 'TCP', port, appProtocol }): EndpointPort => ({
      name,
      protocol,
      port,
      ...(appProtocol ? { appProtocol } : {}),
    }),
  )
  return (['IPv4', 'IPv6'] as const).flatMap((addressType) => {
    const endpoints = all
      .filter(({ address }) => (parseIp(address.ip)?.v4 ? 'IPv4' : 'IPv6') === addressType)
      .map(({ address, ready }) => endpointOf(address, ready))
    return endpoints.length > 0 ? [{ addressType, endpoints, ports: ownPorts }] : []
  })
}

function endpointOf({ ip, hostname, nodeName, targetRef }: EndpointAddress, ready: boolean): Endpoint {
  return {
    addresses: [ip],
    conditions: { ready },
    ...(hostname ? { hostname } : {}),
    ...(targetRef ? { targetRef } : {}),
    ...(nodeName ? { nodeName } : {}),
  }
}
