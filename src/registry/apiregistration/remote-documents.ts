/** What a server behind an APIService says of itself: discovery and OpenAPI. Mirrors kube-aggregator/pkg/apiserver/handler_discovery.go and pkg/controllers/openapi. */
import type { Outbound, OutboundAnswer, OutboundTarget } from '../outbound.ts'
import { type APIService, type RemoteApi, targetOf } from './apiservice.ts'
import { AGGREGATOR_HEADERS } from './availability.ts'

const TIMEOUT_MS = 5000
const AGGREGATED = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList'

interface PlainResource {
  name: string
  singularName?: string
  namespaced?: boolean
  kind: string
  group?: string
  version?: string
  verbs?: string[]
  shortNames?: string[]
  categories?: string[]
}

/** Never rejects: what cannot be read is not there. */
export async function readRemoteDocuments(
  service: APIService,
  outbound: Outbound,
): Promise<Pick<RemoteApi, 'resources' | 'openApiV2' | 'openApiV3'>> {
  const target = targetOf(service)
  const { group = '', version } = service.spec
  const [resources, openApiV2, openApiV3] = await Promise.all([
    readResources(outbound, target, group, version),
    readJson(outbound, target, '/openapi/v2'),
    readJson(outbound, target, `/openapi/v3/apis/${group}/${version}`),
  ])
  return { resources, openApiV2, openApiV3 }
}

async function readResources(
  outbound: Outbound,
  target: OutboundTarget,
  group: string,
  version: string,
): Promise<readonly object[]> {
  const list = (await readJson(outbound, target, '/apis', AGGREGATED)) as AggregatedList | undefined
  if (list?.kind === 'APIGroupDiscoveryList') {
    const own = list.items?.find(({ metadata }) => metadata?.name === group)
    return own?.versions?.find((candidate) => candidate.version === version)?.resources ?? []
  }
  const plain = await readJson(outbound, target, `/apis/${group}/${version}`)
  return convertPlain((plain?.['resources'] as PlainResource[] | undefined) ?? [])
}

interface AggregatedList {
  kind?: string
  items?: { metadata?: { name?: string }; versions?: { version: string; resources?: object[] }[] }[]
}

async function readJson(
  outbound: Outbound,
  target: OutboundTarget,
  path: string,
  accept = 'application/json',
): Promise<Record<string, unknown> | undefined> {
  let answer: OutboundAnswer
  try {
    const headers = { ...AGGREGATOR_HEADERS, Accept: accept }
    answer = await outbound.call(target, { method: 'GET', path, headers, timeoutMs: TIMEOUT_MS })
    if (answer.status !== 200) return undefined
    const value = JSON.parse(answer.body.toString('utf8')) as unknown
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined
  } catch {
    // The server is probed again, and asked again then.
    return undefined
  }
}

/** Plain discovery's resources as aggregated discovery has them: subresources under their resource. */
function convertPlain(resources: readonly PlainResource[]): object[] {
  const kindOf = ({ group = '', version = '', kind }: PlainResource): object => ({ group, version, kind })
  const subresources = (name: string): object[] =>
    resources
      .filter((candidate) => candidate.name.startsWith(`${name}/`))
      .map((candidate) => ({
        subresource: candidate.name.slice(name.length + 1),
        responseKind: kindOf(candidate),
        verbs: candidate.verbs ?? [],
      }))
  return resources
    .filter(({ name }) => !name.includes('/'))
    .map((resource) => {
      const { name, namespaced, singularName = '', verbs = [], shortNames, categories } = resource
      const below = subresources(name)
      return {
        resource: name,
        responseKind: kindOf(resource),
        scope: namespaced ? 'Namespaced' : 'Cluster',
        singularResource: singularName,
        verbs,
        ...(shortNames?.length ? { shortNames } : {}),
        ...(categories?.length ? { categories } : {}),
        ...(below.length ? { subresources: below } : {}),
      }
    })
}
