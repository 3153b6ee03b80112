import { MERGE_PATCH, PODS, pod, STRATEGIC_PATCH, step } from './steps.ts'

const SERVICES = '/api/v1/namespaces/$ns/services'
const merge = { headers: MERGE_PATCH }
const service = (name: string, externalIPs?: string[]): object => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name },
  spec: { type: 'ExternalName', externalName: 'a.example.com', externalIPs },
})
const anti = (topologyKey: string): object => ({
  affinity: {
    podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey, labelSelector: {} }] },
  },
})
const gpu = {
  requests: { 'example.com/gpu': '1', 'example.com/a': '1' },
  limits: { 'example.com/gpu': '1', 'example.com/a': '1' },
}

/** Plug-ins that are off by default: both servers run with these. */
export const OPTIONAL = [
  ...['NamespaceAutoProvision', 'AlwaysPullImages', 'DenyServiceExternalIPs', 'LimitPodHardAntiAffinityTopology'],
  ...['ExtendedResourceToleration', 'NamespaceExists', 'AlwaysAdmit'],
]

export const optional = [
  step(`POST ${PODS}?dryRun=All`, pod('early')),
  step(`POST ${PODS}`, pod('one', {}, { containers: [{ name: 'c', image: 'i:1', imagePullPolicy: 'Never' }] })),
  step('GET /api/v1/namespaces/$ns'),
  step(`PATCH ${PODS}/one`, { spec: { containers: [{ name: 'c', image: 'i:2' }] } }, { headers: STRATEGIC_PATCH }),
  step(`POST ${PODS}`, pod('image', {}, { volumes: [{ name: 'v', image: { reference: 'r', pullPolicy: 'Never' } }] })),
  step(`POST ${PODS}`, pod('zone', {}, anti('topology.kubernetes.io/zone'))),
  step(`POST ${PODS}`, pod('host', {}, anti('kubernetes.io/hostname'))),
  step(`POST ${PODS}`, pod('gpu', {}, { containers: [{ name: 'c', image: 'i:1', resources: gpu }] })),
  step(
    `POST ${PODS}`,
    pod(
      'tolerant',
      {},
      {
        tolerations: [{ key: 'example.com/a', operator: 'Exists', effect: 'NoSchedule' }],
        containers: [{ name: 'c', image: 'i:1', resources: gpu }],
      },
    ),
  ),
  step(`POST ${SERVICES}`, service('s', ['203.0.113.7'])),
  step(`POST ${SERVICES}`, service('s')),
  step(`PATCH ${SERVICES}/s`, { spec: { externalIPs: ['203.0.113.7'] } }, merge),
  step(`PATCH ${SERVICES}/s`, { metadata: { labels: { a: 'b' } } }, merge),
  step('DELETE /api/v1/namespaces/$ns-none/configmaps/x'),
]
