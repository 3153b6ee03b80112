import { MERGE_PATCH, makeNamespace, PODS, STRATEGIC_PATCH, step } from './steps.ts'

const RANGES = '/api/v1/namespaces/$ns/limitranges'
const CLAIMS = '/api/v1/namespaces/$ns/persistentvolumeclaims'
const quiet = { silent: true }
const range = (name: string, ...limits: object[]) =>
  step(`POST ${RANGES}`, { apiVersion: 'v1', kind: 'LimitRange', metadata: { name }, spec: { limits } }, quiet)
const gone = (name: string) => step(`DELETE ${RANGES}/${name}`, undefined, quiet)
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
const claim = (name: string, storage: string) =>
  step(`POST ${CLAIMS}`, {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name },
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage } } },
  })
const cpu = (request?: string, limit?: string): Resources => ({
  ...(request ? { requests: { cpu: request } } : {}),
  ...(limit ? { limits: { cpu: limit } } : {}),
})

export const limits = [
  makeNamespace,
  range('defaults', { type: 'Container', default: { cpu: '500m', memory: '64Mi' }, defaultRequest: { cpu: '100m' } }),
  pod('d1', {}),
  pod('d2', cpu('50m')),
  pod('d3', cpu('200m', '300m')),
  pod('d4', cpu(undefined, '50m')),
  pod('d5', {}, { initContainers: [container('i'), container('s', {}, { restartPolicy: 'Always' })] }),
  pod('d6', {}, { resources: cpu('1', '1') }),
  gone('defaults'),
  range('bounds', { type: 'Container', min: { cpu: '100m' }, max: { cpu: '1' } }),
  pod('b1', {}),
  pod('b2', cpu('50m')),
  pod('b3', cpu('50m', '2')),
  pod('b4', cpu('200m', '2')),
  pod('b5', cpu('100m', '1')),
  pod('b6', cpu('100m', '1'), { initContainers: [container('i', cpu('10m', '3'))] }),
  step(
    `PATCH ${PODS}/b5/resize`,
    { spec: { containers: [container('c', cpu('100m', '3'))] } },
    { headers: STRATEGIC_PATCH },
  ),
  step(`PATCH ${PODS}/b5`, { metadata: { labels: { a: 'b' } } }, { headers: MERGE_PATCH }),
  gone('bounds'),
  range('ratio', { type: 'Container', maxLimitRequestRatio: { cpu: '2' } }),
  pod('r1', {}),
  pod('r2', cpu('100m')),
  pod('r3', cpu('100m', '300m')),
  pod('r4', cpu('100m', '200m')),
  pod('r5', cpu('100m', '210m')),
  gone('ratio'),
  range('pods', { type: 'Pod', min: { memory: '10Mi' }, max: { cpu: '1' }, maxLimitRequestRatio: { cpu: '3' } }),
  pod('p1', cpu('600m', '600m'), {
    containers: [container('a', cpu('600m', '600m')), container('b', cpu('600m', '600m'))],
  }),
  pod('p2', { requests: { cpu: '100m', memory: '20Mi' }, limits: { cpu: '900m', memory: '20Mi' } }),
  pod('p3', { requests: { cpu: '500m', memory: '20Mi' }, limits: { cpu: '900m', memory: '20Mi' } }),
  pod(
    'p4',
    { requests: { cpu: '500m', memory: '20Mi' }, limits: { cpu: '900m', memory: '20Mi' } },
    { initContainers: [container('i', cpu('2', '2'))] },
  ),
  pod('p5', {}, { resources: { requests: { cpu: '2', memory: '20Mi' }, limits: { cpu: '2', memory: '20Mi' } } }),
  gone('pods'),
  range('claims', { type: 'PersistentVolumeClaim', min: { storage: '1Gi' }, max: { storage: '5Gi' } }),
  claim('c1', '500Mi'),
  claim('c2', '6Gi'),
  claim('c3', '1Gi'),
  gone('claims'),
]
