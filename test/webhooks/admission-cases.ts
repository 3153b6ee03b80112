/** Requests through admission webhooks: topics of steps, recorded from a real server and played against ours. */
import type { Step } from '../support/player.ts'

type Fields = Record<string, unknown>

interface Hook extends Fields {
  /** Path at the backend, or `none`: nobody listens. */
  route?: string
}

const MAPS = { operations: ['*'], apiGroups: [''], apiVersions: ['v1'], resources: ['configmaps'] }

/** A configuration of these webhooks, for this topic's namespace unless it selects itself. */
function configure(kind: 'Mutating' | 'Validating', hooks: Hook[], name = '$ns'): Step {
  const plural = `${kind.toLowerCase()}webhookconfigurations`
  return {
    request: `POST /apis/admissionregistration.k8s.io/v1/${plural}`,
    silent: true,
    settles: true,
    body: {
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: `${kind}WebhookConfiguration`,
      metadata: { name },
      webhooks: hooks.map(({ route = '/allow', ...fields }, i) => ({
        name: `hook-${i}.$ns.example.com`,
        admissionReviewVersions: ['v1'],
        sideEffects: 'None',
        timeoutSeconds: 5,
        rules: [MAPS],
        clientConfig: { url: `https://127.0.0.1:$port${route}`, caBundle: '$bundle' },
        namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': '$ns' } },
        ...fields,
      })),
    },
  }
}

const remove = (kind: 'Mutating' | 'Validating', name = '$ns'): Step => ({
  request: `DELETE /apis/admissionregistration.k8s.io/v1/${kind.toLowerCase()}webhookconfigurations/${name}`,
  silent: true,
  settles: true,
})

const NAMESPACE: Step = {
  request: 'POST /api/v1/namespaces',
  silent: true,
  settles: true,
  body: { apiVersion: 'v1', kind: 'Namespace', metadata: { name: '$ns' } },
}

const MAP_PATH = '/api/v1/namespaces/$ns/configmaps'

const map = (name: string, more: Fields = {}): Fields => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name },
  data: { a: '1' },
  ...more,
})

const create = (name: string, query = '', more: Fields = {}): Step => ({
  request: `POST ${MAP_PATH}${query}`,
  body: map(name, more),
})

/** One webhook, one create: what comes of each answer. */
function answers(kind: 'Mutating' | 'Validating', routes: string[]): Step[] {
  return [
    NAMESPACE,
    ...routes.flatMap((route, i) => {
      // A label tells requests of one configuration from those of the one before, which may live on in caches.
      const labels = { only: `case-${i}` }
      return [
        configure(
          kind,
          [{ route, objectSelector: { matchLabels: labels }, timeoutSeconds: route === '/hang' ? 1 : 5 }],
          `$ns-${i}`,
        ),
        create(`map-${route.slice(1)}`, '', { metadata: { name: `map-${route.slice(1)}`, labels } }),
      ]
    }),
    ...routes.map((_, i): Step => ({ ...remove(kind, `$ns-${i}`), settles: false })),
  ]
}

const RESPONSES = [
  '/wrong-uid',
  '/no-response',
  '/wrong-version',
  '/wrong-kind',
  '/wrong-group',
  '/no-kind',
  '/mistyped',
  '/not-said',
  '/text',
  '/empty',
  '/list',
  '/truncated',
  '/error',
  '/error-json',
  '/error-status',
  '/bad-request',
  '/unauthorized',
  '/forbidden',
  '/unavailable',
  '/too-many',
  '/teapot',
  '/redirect',
  '/redirect-get',
  '/reset',
  '/hang',
  '/no-such-path',
]

const DENIALS = [
  '/allow',
  '/deny',
  '/deny-message',
  '/deny-reason',
  '/deny-code',
  '/deny-success',
  '/deny-details',
  '/warn',
  '/warn-deny',
  '/audit',
  '/data',
]

const PATCHES = [
  '/label-a',
  '/data',
  '/nothing',
  '/same',
  '/patch-missing',
  '/patch-remove',
  '/patch-test',
  '/patch-garbage',
  '/patch-object',
  '/patch-operation',
  '/patch-without-type',
  '/type-without-patch',
  '/patch-merge',
  '/patch-unknown',
  '/patch-mistyped',
  '/patch-name',
  '/patch-add-to-nothing',
  '/patch-index',
  '/patch-move',
  '/patch-replace-key',
  '/patch-invalid',
  '/deny-message',
  '/warn',
]

const EVERYTHING = { operations: ['*'], apiGroups: ['*'], apiVersions: ['*'], resources: ['*/*'] }
const DEPLOYMENT = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web' },
  spec: {
    replicas: 1,
    selector: { matchLabels: { app: 'web' } },
    template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'web', image: 'web' }] } },
  },
}
const DEPLOYMENTS = '/apis/apps/v1/namespaces/$ns/deployments'
const MERGE = { 'content-type': 'application/merge-patch+json' }
const HPA = {
  apiVersion: 'autoscaling/v2',
  kind: 'HorizontalPodAutoscaler',
  metadata: { name: 'scaler' },
  spec: { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' }, maxReplicas: 3 },
}
const ONE = {
  apiGroups: ['autoscaling'],
  apiVersions: ['v1'],
  operations: ['*'],
  resources: ['horizontalpodautoscalers'],
}

const THINGS = { operations: ['*'], apiGroups: ['$ns.example.com'], resources: ['things'] }
const THING_PATH = (version: string): string => `/apis/$ns.example.com/${version}/namespaces/$ns/things`
const thing = (version: string, name: string): Fields => ({
  apiVersion: `$ns.example.com/${version}`,
  kind: 'Thing',
  metadata: { name },
  spec: { text: 'a', replicas: 1 },
})

export const admissionCases: Record<string, Step[]> = {
  'wire-responses': answers('Validating', RESPONSES),
  'validating-answers': answers('Validating', DENIALS),
  'mutating-answers': answers('Mutating', PATCHES),

  connections: [
    NAMESPACE,
    ...(
      [
        ['refused', { url: 'https://127.0.0.1:$closed/x', caBundle: '$bundle' }],
        ['unknown-authority', { url: 'https://127.0.0.1:$port/allow', caBundle: '$otherbundle' }],
        ['wrong-name', { url: 'https://localhost:$port/allow', caBundle: '$bundle' }],
        ['expired', { url: 'https://127.0.0.1:$expiredport/allow', caBundle: '$bundle' }],
        ['no-addresses', { url: 'https://127.0.0.1:$namedport/allow', caBundle: '$bundle' }],
        ['plain', { url: 'https://127.0.0.1:$plainport/allow', caBundle: '$bundle' }],
        ['no-path', { url: 'https://127.0.0.1:$closed', caBundle: '$bundle' }],
        ['no-service', { service: { namespace: '$ns', name: 'none', path: '/allow' }, caBundle: '$bundle' }],
        ['no-port', { service: { namespace: '$ns', name: 'hook', port: 99, path: '/allow' }, caBundle: '$bundle' }],
        [
          'external',
          {
            service: { namespace: '$ns', name: 'backend', port: '#$port', path: '/deny-message' },
            caBundle: '$bundle',
          },
        ],
      ] as [string, Fields][]
    ).flatMap(([name, clientConfig], i): Step[] => {
      const labels = { only: `case-${i}` }
      const made = configure('Validating', [{ clientConfig, objectSelector: { matchLabels: labels } }], `$ns-${i}`)
      const services: Step[] =
        i > 0
          ? []
          : [
              {
                request: 'POST /api/v1/namespaces/$ns/services',
                silent: true,
                body: {
                  apiVersion: 'v1',
                  kind: 'Service',
                  metadata: { name: 'hook' },
                  spec: { ports: [{ port: 443 }] },
                },
              },
              {
                request: 'POST /api/v1/namespaces/$ns/services',
                silent: true,
                body: {
                  apiVersion: 'v1',
                  kind: 'Service',
                  metadata: { name: 'backend' },
                  spec: { type: 'ExternalName', externalName: 'localhost' },
                },
              },
            ]
      return [...services, made, create(name, '', { metadata: { name, labels } })]
    }),
    ...Array.from({ length: 10 }, (_, i): Step => ({ ...remove('Validating', `$ns-${i}`), settles: false })),
  ],

  'failure-policy': [
    NAMESPACE,
    configure('Validating', [
      { route: '/error', failurePolicy: 'Ignore' },
      { route: '/deny', failurePolicy: 'Ignore' },
    ]),
    create('ignored'),
    configure('Mutating', [
      { route: '/error', failurePolicy: 'Ignore' },
      { route: '/data' },
      { route: '/patch-garbage', failurePolicy: 'Ignore' },
    ]),
    remove('Validating'),
    create('mutated'),
    { request: `DELETE ${MAP_PATH}/mutated` },
    remove('Mutating'),
  ],

  operations: [
    NAMESPACE,
    configure('Validating', [{ rules: [{ ...MAPS, operations: ['UPDATE'] }], route: '/warn' }]),
    create('map'),
    { request: `PUT ${MAP_PATH}/map?fieldManager=someone`, body: map('map', { data: { a: '2' } }) },
    { request: `PATCH ${MAP_PATH}/map`, headers: MERGE, body: { data: { b: '3' } } },
    { request: `DELETE ${MAP_PATH}/map?propagationPolicy=Background` },
    remove('Validating'),
    configure('Validating', [{ rules: [{ ...MAPS, operations: ['DELETE'] }], route: '/deny' }]),
    create('one'),
    create('two'),
    { request: `DELETE ${MAP_PATH}/one`, body: { gracePeriodSeconds: 7, preconditions: {} } },
    { request: `DELETE ${MAP_PATH}?labelSelector=none` },
    { request: `DELETE ${MAP_PATH}/none` },
    { request: `DELETE ${MAP_PATH}`, silent: true },
    remove('Validating'),
    configure('Mutating', [{ rules: [{ ...MAPS, operations: ['DELETE'] }], route: '/data' }]),
    { request: `DELETE ${MAP_PATH}/one` },
    remove('Mutating'),
    { request: `GET ${MAP_PATH}/one` },
  ],

  reviews: [
    NAMESPACE,
    configure('Mutating', [{ rules: [EVERYTHING], route: '/allow' }], '$ns'),
    create('map', '?fieldManager=someone&fieldValidation=Strict&dryRun=All'),
    create('map'),
    create('', '', { metadata: { generateName: 'generated-' } }),
    { request: `PUT ${MAP_PATH}/map`, body: map('map', { data: { a: '2' } }) },
    { request: `PATCH ${MAP_PATH}/map?fieldManager=patcher`, headers: MERGE, body: { data: { b: '3' } } },
    { request: `DELETE ${MAP_PATH}/map?gracePeriodSeconds=0` },
    { request: `POST ${DEPLOYMENTS}`, body: DEPLOYMENT, silent: true },
    { request: `PUT ${DEPLOYMENTS}/web/status`, body: { ...DEPLOYMENT, status: { replicas: 1 } }, silent: true },
    { request: `PATCH ${DEPLOYMENTS}/web/scale`, headers: MERGE, body: { spec: { replicas: 3 } } },
    { request: 'POST /api/v1/namespaces/$ns/serviceaccounts', body: { metadata: { name: 'robot' } }, silent: true },
    {
      request: 'POST /api/v1/namespaces/$ns/serviceaccounts/robot/token',
      body: { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: { expirationSeconds: 600 } },
      silent: true,
    },
    {
      request: 'POST /apis/authorization.k8s.io/v1/namespaces/$ns/localsubjectaccessreviews',
      body: {
        apiVersion: 'authorization.k8s.io/v1',
        kind: 'LocalSubjectAccessReview',
        metadata: { namespace: '$ns' },
        spec: { user: 'jane', resourceAttributes: { namespace: '$ns', verb: 'get', resource: 'pods' } },
      },
      silent: true,
    },
    {
      request: 'PATCH /api/v1/namespaces/$ns',
      headers: MERGE,
      body: { metadata: { labels: { x: 'y' } } },
      silent: true,
    },
    remove('Mutating'),
  ],

  mutation: [
    NAMESPACE,
    configure('Mutating', [{ route: '/label-a' }, { route: '/label-b' }]),
    create('map'),
    { request: `PUT ${MAP_PATH}/map`, body: map('map', { data: { a: '2' } }) },
    remove('Mutating'),
    configure('Mutating', [{ route: '/label-b', reinvocationPolicy: 'IfNeeded' }, { route: '/label-a' }]),
    create('again'),
    remove('Mutating'),
    configure('Mutating', [{ rules: [{ ...EVERYTHING, resources: ['deployments'] }], route: '/patch-defaults' }]),
    { request: `POST ${DEPLOYMENTS}`, body: DEPLOYMENT },
    remove('Mutating'),
    configure('Mutating', [{ rules: [{ ...EVERYTHING, resources: ['deployments/scale'] }], route: '/replicas' }]),
    { request: `PATCH ${DEPLOYMENTS}/web/scale`, headers: MERGE, body: { spec: { replicas: 2 } } },
    remove('Mutating'),
  ],

  matching: [
    NAMESPACE,
    configure('Validating', [{ route: '/deny', rules: [{ ...MAPS, scope: 'Cluster' }] }]),
    create('namespaced'),
    remove('Validating'),
    configure('Validating', [
      { route: '/deny', objectSelector: { matchExpressions: [{ key: 'deny', operator: 'Exists' }] } },
    ]),
    create('unlabelled'),
    create('labelled', '', { metadata: { name: 'labelled', labels: { deny: '' } } }),
    { request: `PATCH ${MAP_PATH}/unlabelled`, headers: MERGE, body: { metadata: { labels: { deny: 'x' } } } },
    remove('Validating'),
    configure('Validating', [{ route: '/deny', rules: [ONE] }]),
    { request: 'POST /apis/autoscaling/v2/namespaces/$ns/horizontalpodautoscalers', body: HPA },
    remove('Validating'),
    configure('Validating', [{ route: '/deny', matchPolicy: 'Exact', rules: [ONE] }]),
    { request: 'POST /apis/autoscaling/v2/namespaces/$ns/horizontalpodautoscalers', body: HPA },
    remove('Validating'),
    configure('Validating', [{ route: '/deny', rules: [{ ...MAPS, resources: ['pods', 'configmaps/status'] }] }]),
    create('other'),
    remove('Validating'),
    configure('Validating', [
      {
        route: '/deny',
        rules: [{ ...MAPS, resources: ['namespaces'], operations: ['CREATE'] }],
        namespaceSelector: { matchLabels: { guarded: '$ns' } },
      },
    ]),
    { request: 'POST /api/v1/namespaces', body: { metadata: { name: '$ns-a', labels: { guarded: '$ns' } } } },
    { request: 'POST /api/v1/namespaces', body: { metadata: { name: '$ns-b' } }, silent: true },
    remove('Validating'),
  ],

  named: [
    NAMESPACE,
    configure('Validating', [{ route: '/allow' }]),
    create('', '', { metadata: { generateName: 'generated-' } }),
    {
      request: `DELETE ${MAP_PATH}?fieldSelector=metadata.name!=kube-root-ca.crt&propagationPolicy=Background`,
      silent: true,
    },
    remove('Validating'),
  ],

  connect: [
    NAMESPACE,
    configure('Validating', [
      {
        route: '/deny-message',
        rules: [
          {
            operations: ['CONNECT'],
            apiGroups: [''],
            apiVersions: ['v1'],
            resources: ['pods/*', 'services/proxy', 'nodes/proxy'],
            scope: '*',
          },
        ],
      },
    ]),
    { request: 'POST /api/v1/namespaces/$ns/pods/none/exec?command=ls&command=-l&container=c&stdin=true&stdout=false' },
    { request: 'GET /api/v1/namespaces/$ns/pods/none/exec' },
    { request: 'POST /api/v1/namespaces/$ns/pods/none/attach?tty=true&container=c' },
    { request: 'POST /api/v1/namespaces/$ns/pods/none/portforward?ports=80&ports=81' },
    { request: 'GET /api/v1/namespaces/$ns/pods/none/proxy' },
    { request: 'GET /api/v1/namespaces/$ns/pods/https:none:80/proxy/a/b?c=d' },
    { request: 'PUT /api/v1/namespaces/$ns/services/none:80/proxy/' },
    { request: 'GET /api/v1/namespaces/$ns/pods/none/log' },
    remove('Validating'),
    { request: 'POST /api/v1/namespaces/$ns/pods/none/exec?command=ls' },
  ],

  custom: [
    NAMESPACE,
    {
      request: 'POST /apis/apiextensions.k8s.io/v1/customresourcedefinitions',
      silent: true,
      settles: true,
      body: {
        apiVersion: 'apiextensions.k8s.io/v1',
        kind: 'CustomResourceDefinition',
        metadata: { name: 'things.$ns.example.com' },
        spec: {
          group: '$ns.example.com',
          scope: 'Namespaced',
          names: { plural: 'things', singular: 'thing', kind: 'Thing', listKind: 'ThingList' },
          versions: ['v1', 'v2'].map((name) => ({
            name,
            served: true,
            storage: name === 'v1',
            subresources: {
              status: {},
              scale: { specReplicasPath: '.spec.replicas', statusReplicasPath: '.status.replicas' },
            },
            schema: {
              openAPIV3Schema: {
                type: 'object',
                properties: {
                  spec: {
                    type: 'object',
                    properties: {
                      text: { type: 'string' },
                      replicas: { type: 'integer' },
                      filled: { type: 'string', default: name },
                    },
                  },
                  status: { type: 'object', properties: { replicas: { type: 'integer' } } },
                },
              },
            },
          })),
        },
      },
    },
    ...['/unknown-spec', '/mistyped-spec', '/no-spec', '/allow'].flatMap((route, i): Step[] => [
      configure('Mutating', [{ route, rules: [{ ...THINGS, apiVersions: ['v1'] }] }]),
      { request: `POST ${THING_PATH('v2')}`, body: thing('v2', `thing-${i}`) },
      { request: `GET ${THING_PATH('v1')}/thing-${i}` },
      remove('Mutating'),
    ]),
    configure('Validating', [{ route: '/warn', rules: [{ ...THINGS, apiVersions: ['v1'], resources: ['things/*'] }] }]),
    {
      request: `PATCH ${THING_PATH('v2')}/thing-3/status`,
      headers: MERGE,
      body: { status: { replicas: 2 } },
      settles: true,
    },
    { request: `PATCH ${THING_PATH('v2')}/thing-3/scale`, headers: MERGE, body: { spec: { replicas: 2 } } },
    { request: `DELETE ${THING_PATH('v2')}/thing-3` },
    remove('Validating'),
    configure('Validating', [{ route: '/deny', matchPolicy: 'Exact', rules: [{ ...THINGS, apiVersions: ['v1'] }] }]),
    { request: `DELETE ${THING_PATH('v2')}/thing-3` },
    remove('Validating'),
  ],

  'dry-run': [
    NAMESPACE,
    configure('Validating', [{ sideEffects: 'NoneOnDryRun' }]),
    create('map', '?dryRun=All'),
    remove('Validating'),
    configure('Mutating', [{ route: '/data' }]),
    create('map', '?dryRun=All'),
    remove('Mutating'),
    { request: `GET ${MAP_PATH}/map` },
  ],

  configurations: [
    NAMESPACE,
    configure('Validating', [
      { route: '/deny', rules: [{ ...EVERYTHING, apiGroups: ['admissionregistration.k8s.io'], resources: ['*'] }] },
    ]),
    configure('Mutating', [
      { route: '/deny', rules: [{ ...EVERYTHING, apiGroups: ['admissionregistration.k8s.io'], resources: ['*'] }] },
    ]),
    remove('Validating'),
    remove('Mutating'),
    configure('Validating', [{ admissionReviewVersions: ['v1beta1'], route: '/deny-message' }]),
    create('beta'),
    remove('Validating'),
    configure('Validating', [{ admissionReviewVersions: ['v3', 'v1'], route: '/deny-message' }]),
    create('later'),
    remove('Validating'),
    configure('Validating', [{ route: '/deny' }, { route: '/deny-message' }]),
    remove('Validating'),
  ],
}
