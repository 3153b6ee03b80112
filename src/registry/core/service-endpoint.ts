/**
 * Where the server itself reaches a Service. There is no service network behind the cluster, so an address of the machine has to be said, or
 * be among the Service's endpoints. Mirrors apiserver/pkg/util/proxy (ResolveEndpoint), as with `--enable-aggregator-routing`.
 */
import { failure, newNotFound } from '../../apimachinery/errors.ts'
import { type Cidr, cidrContains, joinHostPort, parseCidr, parseIp } from '../../apimachinery/ip.ts'
import type { DynamicObject, KubeObject } from '../../apimachinery/meta.ts'
import type { Reader } from '../definition.ts'
import type { ResolveService } from '../outbound.ts'

/** `host:port` (or a URL) of the machine, for `namespace`, `name` and `port` of a Service; undefined: look at the Service. */
export type ServiceAddresses = (namespace: string, name: string, port: number) => string | undefined

/** On a Service: `host:port` that stands for all its ports. */
export const ADDRESS_ANNOTATION = 'kubemu.dev/address'

export interface ServiceNetwork {
  reader: Reader
  addresses?: ServiceAddresses
  /** One network or two of addresses of emulated pods: nothing listens there. */
  podCidr: string
}

/**
 * Throws what a real server answers when a Service leads nowhere.
 * DEVIATION(service-network): cluster IPs lead nowhere; an address that was said, or an endpoint, does.
 */
export function serviceResolver({ reader, addresses, podCidr }: ServiceNetwork): ResolveService {
  const pods = podCidr.split(',').map((text) => parseCidr(text) as Cidr)
  return ({ namespace, name, port }) => {
    const said = addresses?.(namespace, name, port)
    if (said !== undefined) return { ...parseAddress(said), said: true }
    const service = reader.get('services', namespace, name)
    if (!service) throw newNotFound({ group: '', resource: 'service' }, name)
    const annotated = service.metadata.annotations?.[ADDRESS_ANNOTATION]
    if (annotated) return { ...parseAddress(annotated), said: true }
    const { type, externalName, ports = [] } = service['spec'] ?? {}
    if (type === 'ExternalName') return { host: externalName, port }
    const own = ports.find((candidate: { port: number }) => candidate.port === port)
    if (!own) throw unavailable(`no service port ${port} found for service ${JSON.stringify(name)}`)
    return endpointOf(service, own.name ?? '', reader, pods)
  }
}

function endpointOf(
  { metadata }: KubeObject,
  portName: string,
  reader: Reader,
  pods: readonly Cidr[],
): { host: string; port: number } {
  const { name = '', namespace = '' } = metadata
  let emulated: string | undefined
  for (const slice of reader.list('endpointslices.discovery.k8s.io', namespace)) {
    if (slice.metadata.labels?.['kubernetes.io/service-name'] !== name) continue
    const port = slice['ports']?.find((candidate: { name?: string }) => (candidate.name ?? '') === portName)?.port
    if (port === undefined) continue
    for (const host of readyAddresses(slice)) {
      const ip = parseIp(host)
      if (!ip || !pods.some((network) => cidrContains(network, ip))) return { host, port }
      emulated ??= `dial tcp ${joinHostPort(host, port)}: connect: no route to host`
    }
  }
  throw emulated ? new Error(emulated) : unavailable(`no endpoints available for service ${JSON.stringify(name)}`)
}

function readyAddresses(slice: DynamicObject): string[] {
  const endpoints: { addresses: string[]; conditions?: { ready?: boolean } }[] = slice['endpoints'] ?? []
  return endpoints
    .filter(({ conditions }) => conditions?.ready !== false)
    .flatMap(({ addresses }) => addresses.slice(0, 1))
}

function unavailable(message: string): Error {
  return failure(503, 'ServiceUnavailable', message)
}

/** `127.0.0.1:9443`, `[::1]:9443`, `https://localhost:9443`. Throws on anything else. */
export function parseAddress(text: string): { host: string; port: number } {
  const match = /^(?:https:\/\/)?(\[[0-9a-fA-F:]+\]|[^:/[\]]+)(?::(\d+))?\/?$/.exec(text)
  if (!match) throw new Error(`${JSON.stringify(text)} is no address of a Service: host:port is needed`)
  return { host: (match[1] as string).replace(/^\[|\]$/g, ''), port: match[2] ? Number(match[2]) : 443 }
}
