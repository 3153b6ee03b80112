import { MERGE_PATCH, makeNamespace, PODS, pod, STRATEGIC_PATCH, step } from './steps.ts'

const NODES = '/api/v1/nodes'
const node = (name: string, labels: object, status: object) => [
  step(`POST ${NODES}`, { apiVersion: 'v1', kind: 'Node', metadata: { name, labels } }, { silent: true }),
  step(`PATCH ${NODES}/${name}/status`, { status }, { headers: MERGE_PATCH, silent: true }),
]
const allocatable = { cpu: '2', memory: '1Gi', pods: '10' }
const resources = (cpu: string, memory: string): object => ({ requests: { cpu, memory } })
const bound = (name: string, nodeName: string, spec: object = {}) =>
  step(
    `POST ${PODS}`,
    pod(
      name,
      {},
      { nodeName, containers: [{ name: 'c', image: 'nginx:1', resources: resources('1', '100Mi') }], ...spec },
    ),
    { silent: true },
  )
const resize = (name: string, spec: object) =>
  step(`PATCH ${PODS}/${name}/resize`, { spec }, { headers: STRATEGIC_PATCH })
const ofContainer = (cpu: string, memory: string): object => ({
  containers: [{ name: 'c', resources: resources(cpu, memory) }],
})

export const resizing = [
  makeNamespace,
  ...node('$ns-linux', { 'kubernetes.io/os': 'linux' }, { capacity: allocatable, allocatable }),
  ...node('$ns-other', { 'kubernetes.io/os': 'windows' }, { capacity: allocatable, allocatable }),
  ...node(
    '$ns-able',
    {},
    {
      capacity: allocatable,
      allocatable,
      declaredFeatures: ['InPlacePodLevelResourcesVerticalScaling', 'InPlacePodVerticalScalingInitContainers'],
    },
  ),
  bound('fits', '$ns-linux'),
  resize('fits', ofContainer('2', '200Mi')),
  resize('fits', ofContainer('3', '200Mi')),
  resize('fits', ofContainer('3', '2Gi')),
  resize('fits', { containers: [{ name: 'c', resources: resources('2', '200Mi') }] }),
  bound('windows', '$ns-other'),
  resize('windows', ofContainer('2', '200Mi')),
  bound('lost', '$ns-gone'),
  resize('lost', ofContainer('2', '200Mi')),
  step(`POST ${PODS}`, pod('free', {}, ofFree()), { silent: true }),
  resize('free', ofContainer('200', '200Mi')),
  bound('whole', '$ns-linux', { resources: resources('1', '100Mi') }),
  resize('whole', { resources: resources('1500m', '100Mi') }),
  bound('able', '$ns-able', { resources: resources('1', '100Mi') }),
  resize('able', { resources: resources('1500m', '100Mi') }),
  step(`DELETE ${NODES}/$ns-linux`, undefined, { silent: true }),
  step(`DELETE ${NODES}/$ns-other`, undefined, { silent: true }),
  step(`DELETE ${NODES}/$ns-able`, undefined, { silent: true }),
]

function ofFree(): object {
  return { containers: [{ name: 'c', image: 'nginx:1', resources: resources('1', '100Mi') }] }
}
