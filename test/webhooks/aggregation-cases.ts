/** APIServices of extension API servers: topics of steps, recorded from a real server and played against ours. */
import type { Step } from '../support/player.ts'

type Fields = Record<string, unknown>

const APISERVICES = '/apis/apiregistration.k8s.io/v1/apiservices'
const GROUP = '$ns.example.com'

const NAMESPACE: Step = {
  request: 'POST /api/v1/namespaces',
  silent: true,
  settles: true,
  body: { apiVersion: 'v1', kind: 'Namespace', metadata: { name: '$ns' } },
}

const service = (name: string, spec: Fields): Step => ({
  request: 'POST /api/v1/namespaces/$ns/services',
  silent: true,
  settles: true,
  body: { apiVersion: 'v1', kind: 'Service', metadata: { name }, spec },
})

const apiService = (
  version: string,
  name: string,
  more: Fields = {},
  port: string | number = '#$port',
  group = GROUP,
): Step => ({
  request: `POST ${APISERVICES}`,
  silent: true,
  settles: true,
  body: {
    apiVersion: 'apiregistration.k8s.io/v1',
    kind: 'APIService',
    metadata: { name: `${version}.${group}` },
    spec: {
      group,
      version,
      groupPriorityMinimum: 1000,
      versionPriority: 15,
      service: { namespace: '$ns', name, port },
      caBundle: '$bundle',
      ...more,
    },
  },
})

const at = (version: string, rest = ''): string => `/apis/${GROUP}/${version}${rest}`
const get = (version: string): Step => ({ request: `GET ${APISERVICES}/${version}.${GROUP}` })

export const aggregationCases: Record<string, Step[]> = {
  aggregation: [
    NAMESPACE,
    service('backend', { type: 'ExternalName', externalName: 'localhost' }),
    apiService('v1', 'backend'),
    get('v1'),
    { request: `GET ${at('v1')}` },
    { request: `GET /apis/${GROUP}` },
    { request: `GET ${at('v1', '/namespaces/default/flunders')}` },
    {
      request: `POST ${at('v1', '/namespaces/default/flunders')}?fieldManager=me`,
      body: { kind: 'Flunder', metadata: { name: 'x' } },
    },
    { request: `GET ${at('v1', '/namespaces/default/flunders/refused')}` },
    { request: `GET ${at('v1', '/flunders')}?watch=true`, frames: 2 },
    { request: `GET ${at('v1', '/namespaces/default/flunders/reset')}` },
    { request: `GET ${at('v9', '/flunders')}` },
    { request: `GET ${at('v9')}` },
    apiService('v1beta1', 'backend', { versionPriority: 20 }),
    { request: `GET /apis/${GROUP}` },
    { request: `DELETE ${APISERVICES}/v1.${GROUP}`, silent: true, settles: true },
    { request: `GET /apis/${GROUP}` },
    { request: `GET ${at('v1', '/flunders')}` },
    { request: `DELETE ${APISERVICES}/v1beta1.${GROUP}`, silent: true, settles: true },
    { request: `GET /apis/${GROUP}` },
  ],

  'aggregation-failures': [
    NAMESPACE,
    service('backend', { type: 'ExternalName', externalName: 'localhost' }),
    service('wrong', { type: 'ExternalName', externalName: 'localhost' }),
    service('empty', { ports: [{ port: 443 }] }),
    apiService('v1', 'none'),
    apiService('v2', 'backend', {}, '#$closed'),
    apiService('v3', 'backend', { caBundle: '$otherbundle' }),
    apiService('v4', 'wrong'),
    apiService('v5', 'empty', {}, 443),
    apiService('v6', 'empty', {}, 444),
    apiService('v7', 'wrong', { caBundle: undefined, insecureSkipTLSVerify: true }),
    ...['v1', 'v2', 'v3', 'v4', 'v5', 'v6', 'v7'].flatMap((version): Step[] => [
      get(version),
      { request: `GET ${at(version, '/flunders')}` },
      { request: `GET ${at(version)}` },
    ]),
    { request: `GET /apis/${GROUP}` },
    { request: `DELETE ${APISERVICES}?labelSelector=none`, silent: true },
    ...['v1', 'v2', 'v3', 'v4', 'v5', 'v6', 'v7'].map(
      (version): Step => ({ request: `DELETE ${APISERVICES}/${version}.${GROUP}`, silent: true }),
    ),
  ],

  autoregistration: [
    {
      request: 'POST /apis/apiextensions.k8s.io/v1/customresourcedefinitions',
      silent: true,
      settles: true,
      body: {
        apiVersion: 'apiextensions.k8s.io/v1',
        kind: 'CustomResourceDefinition',
        metadata: { name: `things.${GROUP}` },
        spec: {
          group: GROUP,
          scope: 'Namespaced',
          names: { plural: 'things', singular: 'thing', kind: 'Thing', listKind: 'ThingList' },
          versions: ['v1', 'v1beta1'].map((name) => ({
            name,
            served: true,
            storage: name === 'v1',
            schema: { openAPIV3Schema: { type: 'object' } },
          })),
        },
      },
    },
    get('v1'),
    get('v1beta1'),
    {
      request: `PATCH ${APISERVICES}/v1.${GROUP}`,
      headers: { 'content-type': 'application/merge-patch+json' },
      body: { spec: { versionPriority: 7 } },
      silent: true,
      settles: true,
    },
    { request: `GET ${APISERVICES}/v1.${GROUP}` },
    { request: `DELETE ${APISERVICES}/v1beta1.${GROUP}`, silent: true, settles: true },
    get('v1beta1'),
    {
      request: `DELETE /apis/apiextensions.k8s.io/v1/customresourcedefinitions/things.${GROUP}`,
      silent: true,
      settles: true,
    },
    get('v1'),
  ],
}
