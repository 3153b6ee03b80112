/** Doors to a container, a node or an address: log, exec, attach, portforward, proxy. Mirrors endpoints/handlers/rest.go (ConnectResource) and pkg/registry/core/{pod,node,service}/rest. */
import { failure, newBadRequest, newNotFound, newNotImplemented } from '../../apimachinery/errors.ts'
import type { DynamicObject } from '../../apimachinery/meta.ts'
import { doorKind } from '../../registry/admission/versioned.ts'
import { chooseContainer, readLog, requirePod } from '../../registry/core/pod-log.ts'
import { schemaOf } from '../../registry/decode.ts'
import { type ResourceExchange, writeRequest } from '../exchange.ts'
import { writeHead } from '../head.ts'
import { isTrue } from '../request-info.ts'
import { end } from '../respond.ts'
import { parseInteger } from './read.ts'

export const CONNECTS = new Set(['attach', 'exec', 'log', 'portforward', 'proxy'])

/** Logs are answered; for the rest all is said that can be said without a container: what is wrong with the request, or 501. */
export async function connect(exchange: ResourceExchange): Promise<void> {
  const { info, registry, query } = exchange
  const { name, namespace, resource, subresource } = info
  const { reader, clock } = registry
  if (subresource === 'log') {
    const text = readLog(name, namespace, query, { reader, now: clock.now() })
    if (text !== undefined) return end(exchange, 200, 'text/plain', Buffer.from(text))
    writeHead(exchange, 204)
    exchange.res.end()
    return
  }
  await admitConnect(exchange)
  if (subresource === 'proxy') refuseProxy(exchange)
  const pod = requirePod(name, namespace, reader)
  if (subresource !== 'portforward') chooseContainer(pod, query.get('container') ?? '')
  if (!pod.spec?.nodeName) throw newBadRequest(`pod ${name} does not have a host assigned`)
  // DEVIATION(emulated-containers): no process runs that could be spoken to.
  throw newNotImplemented(`${resource}/${subresource}: no process runs in an emulated container`)
}

/** Admission is asked before anything is looked up. Nothing of the options is defaulted, as upstream. */
async function admitConnect(exchange: ResourceExchange): Promise<void> {
  const { info, registry, store, query } = exchange
  if (query.has('dryRun')) throw newBadRequest('dryRun is not supported')
  const { definition } = store
  const admission = {
    operation: 'CONNECT' as const,
    definition,
    subresource: info.subresource,
    namespace: info.namespace,
    name: info.name,
    object: connectOptions(exchange),
  }
  const context = registry.writeContext(writeRequest(exchange))
  await registry.admission.admit(admission, context)
  await registry.admission.validate(admission, context)
}

const BOOLEANS = ['stdin', 'stdout', 'stderr', 'tty']

/** The query as PodExecOptions and its siblings. */
function connectOptions({ info, registry, store, query }: ResourceExchange): DynamicObject {
  const kind = doorKind(store.definition, info.subresource)
  const given: Record<string, unknown> = {}
  for (const name of BOOLEANS) if (query.has(name)) given[name] = isTrue(query.get(name))
  if (query.has('container')) given['container'] = query.get('container')
  if (query.has('command')) given['command'] = query.getAll('command')
  if (query.has('ports')) given['ports'] = query.getAll('ports').flatMap((list) => list.split(',').map(parseInteger))
  const below = info.rest !== '' || info.path.endsWith('/')
  if (info.subresource === 'proxy' && below) given['path'] = `/${info.rest}`
  return schemaOf(registry, kind).decodeValue(given).object
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
