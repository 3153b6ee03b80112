import { CONFIG_MAPS, configMap, MERGE_PATCH, makeNamespace, PODS, STRATEGIC_PATCH, step } from './steps.ts'

const QUOTAS = '/api/v1/namespaces/$ns/resourcequotas'
const SERVICES = '/api/v1/namespaces/$ns/services'
const CLAIMS = '/api/v1/namespaces/$ns/persistentvolumeclaims'
const quiet = { silent: true }

/** The quota controller is not there: what it would write is written here. */
const quota = (name: string, hard: object, used: object, spec: object = {}) => [
  step(
    `POST ${QUOTAS}`,
    { apiVersion: 'v1', kind: 'ResourceQuota', metadata: { name }, spec: { hard, ...spec } },
    quiet,
  ),
  step(`PATCH ${QUOTAS}/${name}/status`, { status: { hard, used } }, { headers: MERGE_PATCH, ...quiet }),
]
const gone = (name: string) => step(`DELETE ${QUOTAS}/${name}`, undefined, quiet)
const zero = (hard: object): object => Object.fromEntries(Object.keys(hard).map((name) => [name, '0']))
const used = (name: string) => step(`GET ${QUOTAS}/${name}`)

type Resources = { requests?: object; limits?: object }
const container = (name: string, resources: Resources = {}, more: object = {}): object => ({
  name,
  image: 'i:1',
  resources,
  ...more,
})
const pod = (name: string, resources: Resources, spec: object = {}) =>
  step(`POST ${PODS}`, {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name },
    spec: { containers: [container('c', resources)], ...spec },
  })
const both = (cpu: string, memory: string): Resources => ({ requests: { cpu, memory }, limits: { cpu, memory } })
const service = (name: string, spec: object, more: object = {}) =>
  step(
    `POST ${SERVICES}`,
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name },
      spec: { ports: [{ port: 80 }], ...spec },
    },
    more,
  )
const claim = (name: string, storage: string, spec: object = {}) =>
  step(`POST ${CLAIMS}`, {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name },
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage } }, ...spec },
  })

const COMPUTE = {
  pods: '4',
  'requests.cpu': '2',
  'requests.memory': '1Gi',
  'limits.cpu': '3',
  'limits.memory': '2Gi',
  'count/pods': '10',
}
const PLAIN = {
  cpu: '1',
  memory: '1Gi',
  'requests.ephemeral-storage': '1Gi',
  'requests.example.com/gpu': '2',
  'hugepages-2Mi': '4Mi',
}

export const quotas = [
  makeNamespace,
  ...quota('compute', COMPUTE, zero(COMPUTE)),
  pod('none', {}),
  pod('half', { requests: { cpu: '1' } }),
  pod('two', { requests: { cpu: '1' } }, { containers: [container('b', { limits: { cpu: '1' } }), container('a')] }),
  pod('ok', both('1', '512Mi')),
  used('compute'),
  pod('big', both('2', '512Mi')),
  pod('bigger', both('20', '5Gi')),
  pod('init', both('100m', '64Mi'), { initContainers: [container('i', both('1500m', '64Mi'))] }),
  pod('sidecar', both('100m', '64Mi'), {
    initContainers: [container('s', both('900m', '64Mi'), { restartPolicy: 'Always' })],
  }),
  pod('whole', {}, { resources: both('500m', '64Mi') }),
  used('compute'),
  step(`POST ${PODS}?dryRun=All`, {
    metadata: { name: 'dry' },
    spec: { containers: [container('c', both('100m', '1Mi'))] },
  }),
  used('compute'),
  step(
    `PATCH ${PODS}/ok/resize`,
    { spec: { containers: [container('c', both('3', '512Mi'))] } },
    { headers: STRATEGIC_PATCH },
  ),
  step(
    `PATCH ${PODS}/ok/resize`,
    { spec: { containers: [container('c', both('1100m', '512Mi'))] } },
    { headers: STRATEGIC_PATCH },
  ),
  used('compute'),
  gone('compute'),
  ...quota('plain', PLAIN, zero(PLAIN)),
  pod('p1', { requests: { cpu: '2', memory: '1Mi' } }),
  pod('p2', { requests: { cpu: '10m', memory: '1Mi', 'ephemeral-storage': '2Gi' } }),
  pod('p3', { requests: { cpu: '10m', memory: '1Mi', 'example.com/gpu': '3' }, limits: { 'example.com/gpu': '3' } }),
  pod('p4', { requests: { cpu: '10m', memory: '1Mi', 'hugepages-2Mi': '8Mi' }, limits: { 'hugepages-2Mi': '8Mi' } }),
  pod('p5', { requests: { cpu: '10m', memory: '1Mi', 'example.com/gpu': '1' }, limits: { 'example.com/gpu': '1' } }),
  used('plain'),
  gone('plain'),
  ...quota('effort', { pods: '0' }, { pods: '0' }, { scopes: ['BestEffort'] }),
  pod('e1', {}),
  pod('e2', { requests: { cpu: '10m' } }),
  gone('effort'),
  ...quota(
    'effort',
    { pods: '0', 'requests.cpu': '1' },
    { pods: '0', 'requests.cpu': '0' },
    { scopes: ['NotBestEffort', 'NotTerminating'] },
  ),
  pod('e3', { requests: { memory: '10m' } }),
  pod('e4', { requests: { cpu: '10m' } }),
  pod('e5', { requests: { cpu: '10m' } }, { activeDeadlineSeconds: 10 }),
  gone('effort'),
  ...quota('ending', { pods: '0' }, { pods: '0' }, { scopes: ['Terminating'] }),
  pod('t1', {}, { activeDeadlineSeconds: 10 }),
  pod('t2', {}),
  step(`PATCH ${PODS}/t2`, { spec: { activeDeadlineSeconds: 9 } }, { headers: MERGE_PATCH }),
  gone('ending'),
  ...quota(
    'priority',
    { pods: '0' },
    { pods: '0' },
    {
      scopeSelector: {
        matchExpressions: [{ scopeName: 'PriorityClass', operator: 'In', values: ['system-node-critical'] }],
      },
    },
  ),
  pod('pr1', {}, { priorityClassName: 'system-node-critical' }),
  pod('pr2', {}),
  gone('priority'),
  ...quota(
    'priority',
    { pods: '0' },
    { pods: '0' },
    {
      scopeSelector: {
        matchExpressions: [{ scopeName: 'PriorityClass', operator: 'NotIn', values: ['system-node-critical'] }],
      },
    },
  ),
  pod('pr3', {}),
  gone('priority'),
  ...quota('affine', { pods: '0' }, { pods: '0' }, { scopes: ['CrossNamespacePodAffinity'] }),
  pod(
    'a1',
    {},
    {
      affinity: {
        podAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: 'z', namespaces: ['x'], labelSelector: {} }],
        },
      },
    },
  ),
  pod(
    'a2',
    {},
    {
      affinity: {
        podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: 'z', labelSelector: {} }] },
      },
    },
  ),
  gone('affine'),
  ...quota(
    'net',
    { services: '2', 'services.nodeports': '1', 'services.loadbalancers': '0', 'count/services': '5' },
    { services: '0', 'services.nodeports': '0', 'services.loadbalancers': '0', 'count/services': '0' },
  ),
  service('s1', {}, quiet),
  service('s2', { type: 'LoadBalancer' }),
  service('s3', {
    type: 'NodePort',
    ports: [
      { port: 80, name: 'a' },
      { port: 81, name: 'b' },
    ],
  }),
  service('s4', { type: 'NodePort' }, quiet),
  service('s5', {}),
  step(`PATCH ${SERVICES}/s1`, { spec: { type: 'NodePort' } }, { headers: MERGE_PATCH }),
  used('net'),
  gone('net'),
  ...quota(
    'disk',
    {
      persistentvolumeclaims: '2',
      'requests.storage': '3Gi',
      'fast.storageclass.storage.k8s.io/requests.storage': '1Gi',
      'fast.storageclass.storage.k8s.io/persistentvolumeclaims': '1',
    },
    {
      persistentvolumeclaims: '0',
      'requests.storage': '0',
      'fast.storageclass.storage.k8s.io/requests.storage': '0',
      'fast.storageclass.storage.k8s.io/persistentvolumeclaims': '0',
    },
  ),
  claim('c1', '4Gi'),
  claim('c2', '2Gi', { storageClassName: 'fast' }),
  claim('c3', '1Gi', { storageClassName: 'fast' }),
  claim('c4', '1Gi', { storageClassName: 'fast' }),
  claim('c5', '1Gi'),
  claim('c6', '1Gi'),
  used('disk'),
  gone('disk'),
  ...quota(
    'objects',
    {
      configmaps: '1',
      'count/configmaps': '5',
      'count/secrets': '0',
      'count/deployments.apps': '0',
      'count/roles.rbac.authorization.k8s.io': '0',
      resourcequotas: '3',
      replicationcontrollers: '0',
    },
    {
      configmaps: '0',
      'count/configmaps': '0',
      'count/secrets': '0',
      'count/deployments.apps': '0',
      'count/roles.rbac.authorization.k8s.io': '0',
      resourcequotas: '1',
      replicationcontrollers: '0',
    },
  ),
  step(`POST ${CONFIG_MAPS}`, configMap('m1')),
  step(`POST ${CONFIG_MAPS}`, configMap('m2')),
  step(`PATCH ${CONFIG_MAPS}/m1`, { data: { a: 'b' } }, { headers: MERGE_PATCH }),
  step('POST /api/v1/namespaces/$ns/secrets', { metadata: { name: 's' } }),
  step('POST /api/v1/namespaces/$ns/secrets', { metadata: { generateName: 'generated-' } }),
  step('POST /apis/rbac.authorization.k8s.io/v1/namespaces/$ns/roles', { metadata: { name: 'r' }, rules: [] }),
  step('POST /api/v1/namespaces/$ns/replicationcontrollers', {
    metadata: { name: 'rc' },
    spec: {
      selector: { a: 'b' },
      template: { metadata: { labels: { a: 'b' } }, spec: { containers: [container('c')] } },
    },
  }),
  used('objects'),
  gone('objects'),
  ...quota('first', { configmaps: '5' }, { configmaps: '0' }),
  ...quota('second', { configmaps: '0', secrets: '0' }, { configmaps: '0' }),
  step(`POST ${CONFIG_MAPS}`, configMap('m3')),
  step('POST /api/v1/namespaces/$ns/secrets', { metadata: { name: 's' } }),
  used('first'),
]
