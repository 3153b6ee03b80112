/** Whether the server behind an APIService answers. Mirrors kube-aggregator/pkg/controllers/status/remote/remote_available_controller.go. */
import { quote } from '../../apimachinery/go-text.ts'
import type { DynamicObject } from '../../apimachinery/meta.ts'
import type { Reader } from '../definition.ts'
import { type Outbound, OutboundError } from '../outbound.ts'
import { type APIService, type Availability, DEFAULT_PORT, targetOf } from './apiservice.ts'

const PROBE_TIMEOUT_MS = 5000

/** Who the aggregator is to the servers behind it. */
export const AGGREGATOR_HEADERS = { 'X-Remote-User': 'system:kube-aggregator', 'X-Remote-Group': 'system:masters' }

const PASSED: Availability = { status: 'True', reason: 'Passed', message: 'all checks passed' }

const unavailable = (reason: string, message: string): Availability => ({ status: 'False', reason, message })

/** Looks at the Service and its endpoints, then asks the server for its discovery. Never rejects. */
export async function checkAvailability(
  service: APIService,
  reader: Reader,
  outbound: Outbound | undefined,
): Promise<Availability> {
  return checkService(service, reader, outbound) ?? (await probe(service, outbound))
}

function checkService({ spec }: APIService, reader: Reader, outbound: Outbound | undefined): Availability | undefined {
  const { namespace = '', name = '', port = DEFAULT_PORT } = spec.service ?? {}
  const said = `service/${name} in ${quote(namespace)}`
  if (outbound?.isElsewhere({ namespace, name, port })) return undefined
  const service = reader.get('services', namespace, name)
  if (!service) return unavailable('ServiceNotFound', `${said} is not present`)
  if (service['spec']?.type !== 'ClusterIP') return undefined
  const ports: { name?: string; port: number }[] = service['spec'].ports ?? []
  const own = ports.find((candidate) => candidate.port === port)
  if (!own) return unavailable('ServicePortError', `${said} is not listening on port ${port}`)
  const slices = reader
    .list('endpointslices.discovery.k8s.io', namespace)
    .filter(({ metadata }) => metadata.labels?.['kubernetes.io/service-name'] === name)
  if (slices.length === 0) return unavailable('EndpointsNotFound', `cannot find endpointslices for ${said}`)
  const portName = own.name ?? ''
  if (slices.some((slice) => hasEndpoint(slice, portName))) return undefined
  const why = `endpointslices for ${said} have no addresses with port name ${quote(portName)}`
  return unavailable('MissingEndpoints', why)
}

function hasEndpoint(slice: DynamicObject, portName: string): boolean {
  const endpoints: { conditions?: { ready?: boolean } }[] = slice['endpoints'] ?? []
  const ports: { name?: string; port?: number }[] = slice['ports'] ?? []
  return (
    endpoints.some(({ conditions }) => conditions?.ready !== false) &&
    ports.some(({ name = '', port }) => name === portName && port !== undefined)
  )
}

async function probe(service: APIService, outbound: Outbound | undefined): Promise<Availability> {
  const { group = '', version } = service.spec
  const path = group === '' ? `/api/${version}` : `/apis/${group}/${version}`
  const failed = (why: string): Availability => unavailable('FailedDiscoveryCheck', why)
  if (!outbound) return failed('this server calls nobody')
  const target = targetOf(service)
  let url: string
  try {
    url = `https://${outbound.locate(target)}${path}`
  } catch (error) {
    return failed((error as Error).message)
  }
  const wrong = (why: string): Availability => failed(`failing or missing response from ${url}: ${why}`)
  try {
    const headers = AGGREGATOR_HEADERS
    const { status } = await outbound.call(target, { method: 'GET', path, headers, timeoutMs: PROBE_TIMEOUT_MS })
    return status >= 200 && status < 300 ? PASSED : wrong(`bad status from ${url}: ${status}`)
  } catch (error) {
    if (!(error instanceof OutboundError)) throw error
    const late = 'context deadline exceeded (Client.Timeout exceeded while awaiting headers)'
    const why = error.why === 'context deadline exceeded' ? late : error.why
    return wrong(`Get "${url}": ${why}`)
  }
}
