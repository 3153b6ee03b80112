/** Custom resources whose versions a webhook converts: topics of steps, recorded from a real server and played against ours. */
import type { Step } from '../support/player.ts'

type Fields = Record<string, unknown>

const OPEN = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true }
const SCHEMAS = {
  v1: {
    type: 'object',
    properties: {
      spec: { type: 'object', properties: { host: { type: 'string' }, port: { type: 'integer', default: 80 } } },
      status: OPEN,
    },
  },
  v2: {
    type: 'object',
    properties: {
      spec: { type: 'object', properties: { address: { type: 'string' }, extra: { type: 'string', default: 'none' } } },
      status: OPEN,
    },
  },
}

/** A definition `$ns` has for itself: group `$ns.example.com`. */
function definition(route: string, more: Fields = {}, port = '$port', group = '$ns.example.com'): Fields {
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `places.${group}` },
    spec: {
      group,
      scope: 'Namespaced',
      names: { plural: 'places', singular: 'place', kind: 'Place', listKind: 'PlaceList' },
      versions: (['v1', 'v2'] as const).map((name) => ({
        name,
        served: true,
        storage: name === 'v1',
        schema: { openAPIV3Schema: SCHEMAS[name] },
        subresources: { status: {} },
      })),
      conversion: {
        strategy: 'Webhook',
        webhook: {
          conversionReviewVersions: ['v1'],
          clientConfig: { url: `https://127.0.0.1:${port}${route}`, caBundle: '$bundle' },
          ...more,
        },
      },
    },
  }
}

const define = (body: Fields): Step => ({
  request: 'POST /apis/apiextensions.k8s.io/v1/customresourcedefinitions',
  silent: true,
  settles: true,
  body,
})

const NAMESPACE: Step = {
  request: 'POST /api/v1/namespaces',
  silent: true,
  settles: true,
  body: { apiVersion: 'v1', kind: 'Namespace', metadata: { name: '$ns' } },
}

const at = (version: string, name = '', group = '$ns.example.com'): string =>
  `/apis/${group}/${version}/namespaces/$ns/places${name && `/${name}`}`

const place = (version: string, name: string, spec: Fields, more: Fields = {}, group = '$ns.example.com'): Fields => ({
  apiVersion: `${group}/${version}`,
  kind: 'Place',
  metadata: { name, ...more },
  spec,
})

const MERGE = { 'content-type': 'application/merge-patch+json' }

const FAILURES = [
  '/refuse',
  '/refuse-silently',
  '/no-result',
  '/wrong-uid',
  '/too-few',
  '/too-many',
  '/unconverted',
  '/wrong-kind',
  '/renamed',
  '/moved',
  '/new-uid',
  '/labelled',
  '/bad-label',
  '/label-type',
  '/no-metadata',
  '/no-response',
  '/other-version',
  '/no-kind',
  '/error',
  '/text',
  '/not-an-object',
]

export const conversionCases: Record<string, Step[]> = {
  conversion: [
    NAMESPACE,
    define(definition('/convert')),
    { request: `POST ${at('v1')}`, body: place('v1', 'one', { host: 'a' }, { labels: { a: 'b' } }) },
    { request: `GET ${at('v2', 'one')}` },
    {
      request: `POST ${at('v2')}`,
      body: place('v2', 'two', { address: 'b:81' }, { finalizers: ['example.com/keep'] }),
    },
    { request: `GET ${at('v1', 'two')}` },
    { request: `GET ${at('v2')}` },
    { request: `GET ${at('v2')}?labelSelector=a%3Db` },
    { request: `PUT ${at('v2', 'one')}`, body: place('v2', 'one', { address: 'c:82' }) },
    {
      request: `PATCH ${at('v2', 'one')}`,
      headers: MERGE,
      body: { spec: { address: 'd:83' } },
      save: { rv: 'metadata.resourceVersion' },
    },
    { request: `PATCH ${at('v2', 'one')}`, headers: MERGE, body: { spec: { address: 'd:83' } } },
    { request: `PATCH ${at('v2', 'one')}/status`, headers: MERGE, body: { status: { ready: true } } },
    { request: `POST ${at('v2')}?dryRun=All`, body: place('v2', 'three', { address: 'e:84' }) },
    { request: `POST ${at('v2')}`, body: place('v2', 'one', { address: 'e:84' }) },
    { request: `GET ${at('v2')}?watch=true&resourceVersion=$rv`, frames: 1 },
    { request: `GET ${at('v2')}?watch=true&fieldSelector=metadata.name%3Done`, frames: 1 },
    { request: `DELETE ${at('v2', 'two')}` },
    { request: `PATCH ${at('v2', 'two')}`, headers: MERGE, body: { metadata: { finalizers: null } } },
    { request: `DELETE ${at('v2', 'one')}` },
    { request: `GET ${at('v1')}` },
  ],

  'conversion-failures': [
    NAMESPACE,
    ...FAILURES.flatMap((route, i): Step[] => {
      const group = `g${i}.$ns.example.com`
      return [
        define(definition(route, {}, '$port', group)),
        {
          request: `POST ${at('v1', '', group)}`,
          silent: true,
          body: place('v1', 'one', { host: 'a', port: 1 }, { labels: { old: 'x' } }, group),
        },
        { request: `GET ${at('v2', 'one', group)}` },
        { request: `POST ${at('v2', '', group)}`, body: place('v2', 'two', { address: 'a:1' }, {}, group) },
      ]
    }),
    define(definition('/convert', {}, '$closed', 'refused.$ns.example.com')),
    {
      request: `POST ${at('v1', '', 'refused.$ns.example.com')}`,
      silent: true,
      body: place('v1', 'one', { host: 'a' }, {}, 'refused.$ns.example.com'),
    },
    { request: `GET ${at('v2', 'one', 'refused.$ns.example.com')}` },
    { request: `GET ${at('v1', 'one', 'refused.$ns.example.com')}` },
  ],
}
