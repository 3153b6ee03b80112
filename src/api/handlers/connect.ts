/** Doors to a container, a node or an address: log, exec, attach, portforward, proxy. Mirrors endpoints/handlers/rest.go (ConnectResource) and pkg/registry/core/{pod,node,service}/rest. */
import { failure, newBadRequest, newNotFound, newNotImplemented } from '../../apimachinery/errors.ts'
import type { DynamicObject } from '../../apimachinery/meta.ts'
import { chooseContainer, readLog, requirePod } from '../../registry/core/pod-log.ts'
import type { ResourceExchange } from '../exchange.ts'
import { end } from '../respond.ts'

export const CONNECTS = new Set(['attach', 'exec', 'log', 'portforward', 'proxy'])

/** Logs are answered; for the rest all is said that can be said without a container: what is wrong with the request, or 501. */
export async function connect(exchange: ResourceExchange): Promise<void> {
  const { info, registry, query } = exchange
  const { name, namespace, resource, subresource } = info
  const { reader, clock } = registry
  if (subresource === 'log') {
    const text = readLog(name, namespace, query, { reader, now: clock.now() })
    if (text !== undefined) return end(exchange, 200, 'text/plain', Buffer.from(text))
    exchange.res.statusCode = 204
    exchange.res.end()
    return
  }
  if (subresource === 'proxy') refuseProxy(exchange)
  const pod = requirePod(name, namespace, reader)
  if (subresource !== 'portforward') chooseContainer(pod, query.get('container') ?? '')
  if (!pod.spec?.nodeName) throw newBadRequest(`pod ${name} does not have a host assigned`)
  // DEVIATION(emulated-containers): no process runs that could be spoken to.
  throw newNotImplemented(`${resource}/${subresource}: no process runs in an emulated container`)
}

function refuseProxy({ info, registry: { reader } }: ResourceExchange): never {
  const { resource, namespace } = info
  const parts = info.name.split(':')
  const name = (parts.length === 3 ? parts[1] : parts[0]) as string
  if (resource === 'nodes') {
    if (!reader.get('nodes', '', name)) throw newNotFound({ group: '', resource: 'nodes' }, name)
  } else if (resource === 'pods') {
    const pod = requirePod(name, namespace, reader)
    if (!pod.status?.podIPs?.length && !pod.status?.podIP) throw newBadRequest('address not allowed')
  } else if (!hasEndpoints(reader.list('endpointslices.discovery.k8s.io', namespace), name)) {
    throw failure(503, 'ServiceUnavailable', `no endpoints available for service ${JSON.stringify(name)}`)
  }
  throw newNotImplemented(`${resource}/proxy: nothing listens at an emulated address`)
}

function hasEndpoints(slices: readonly DynamicObject[], service: string): boolean {
  const own = slices.filter(({ metadata }) => metadata.labels?.['kubernetes.io/service-name'] === service)
  return own.some((slice) => (slice['endpoints'] ?? []).length > 0)
}
