/** Routes that are not resources: discovery, version, OpenID. */
import { formatGroupVersion, type GroupVersion } from '../../apimachinery/meta.ts'
import { namedGroups } from '../discovery/groups.ts'
import type { ApiSource } from '../source.ts'
import { MEDIA_TYPES, META, operationName, type Route, tagName } from './route.ts'

/** A route and the v3 document (`apis/apps/v1`) that it is in. */
export interface PlacedRoute {
  document: string
  route: Route
}

function get(path: string, tag: string, operationId: string, model: string, more: Partial<Route> = {}): PlacedRoute {
  return {
    document: path.slice(1, -1),
    route: {
      path,
      method: 'get',
      operationId,
      tag,
      consumes: MEDIA_TYPES,
      produces: MEDIA_TYPES,
      parameters: [],
      responses: { 200: model },
      ...more,
    },
  }
}

function versionRoute(groupVersion: GroupVersion): PlacedRoute {
  const path = `/${groupVersion.group ? 'apis' : 'api'}/${formatGroupVersion(groupVersion)}/`
  const name = operationName('get', groupVersion, 'APIResources')
  return get(path, tagName(groupVersion), name, `${META}APIResourceList`)
}

/** Groups of custom resources are not described: only their resources are. */
function groupRoutes(source: ApiSource): PlacedRoute[] {
  const custom = new Set(source.resources.filter((resource) => resource.custom).map((resource) => resource.group))
  return namedGroups(source)
    .filter(({ name }) => !custom.has(name))
    .flatMap(({ name, versions }) => {
      const group = { group: name, version: '' }
      const operation = operationName('get', group, 'APIGroup')
      return [
        get(`/apis/${name}/`, tagName(group), operation, `${META}APIGroup`),
        ...versions.map(({ version }) => versionRoute({ group: name, version })),
      ]
    })
}

export function serverRoutes(source: ApiSource): PlacedRoute[] {
  const json = { consumes: ['application/json'], produces: ['application/json'] }
  return [
    get('/.well-known/openid-configuration/', 'WellKnown', 'getServiceAccountIssuerOpenIDConfiguration', 'string', {
      ...json,
      consumes: undefined,
    }),
    get('/openid/v1/jwks/', 'openid', 'getServiceAccountIssuerOpenIDKeyset', 'string', {
      consumes: undefined,
      produces: ['application/jwk-set+json'],
    }),
    get('/api/', 'core', 'getCoreAPIVersions', `${META}APIVersions`),
    get('/apis/', 'apis', 'getAPIVersions', `${META}APIGroupList`),
    versionRoute({ group: '', version: 'v1' }),
    ...groupRoutes(source),
    get('/version/', 'version', 'getCodeVersion', 'io.k8s.apimachinery.pkg.version.Info', json),
  ]
}
