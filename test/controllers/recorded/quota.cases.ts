/** ResourceQuotas: what the resourcequota controller counts. */
import type { DynamicObject } from '../../../src/apimachinery/meta.ts'
import { type Case, type Step, type Suite, pod as statuses } from './case.ts'

const quota = (hard: object, spec: object = {}): Step => ({
  create: {
    apiVersion: 'v1',
    kind: 'ResourceQuota',
    metadata: { name: 'q' },
    spec: { hard, ...spec },
  } as DynamicObject,
})
const pod = (name: string, requests: object = {}, spec: object = {}, limits: object = {}): DynamicObject =>
  ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name },
    spec: { containers: [{ name: 'main', image: 'one', resources: { requests, limits } }], ...spec },
  }) as DynamicObject
const create = (...objects: DynamicObject[]): Step => ({ create: objects })
const remove = (resource: string, name: string): Step => ({ delete: { resource, name, gone: true } })
const patch = (spec: object): Step => ({ patch: { resource: 'resourcequotas', name: 'q', merge: { spec } } })
const map = (name: string): DynamicObject =>
  ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name } }) as DynamicObject
const claim = (name: string, storageClassName: string): DynamicObject =>
  ({
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name },
    spec: { accessModes: ['ReadWriteOnce'], storageClassName, resources: { requests: { storage: '2Gi' } } },
  }) as DynamicObject
const service = (name: string, spec: object = {}): DynamicObject =>
  ({ apiVersion: 'v1', kind: 'Service', metadata: { name }, spec: { ports: [{ port: 80 }], ...spec } }) as DynamicObject

const scoped = (operator: string, scopeName: string, values?: string[]): object => ({
  scopeSelector: { matchExpressions: [{ scopeName, operator, ...(values ? { values } : {}) }] },
})

const cases: Case[] = [
  { title: 'a new quota counts what is there', steps: [create(pod('a'), pod('b')), quota({ pods: '10' })] },
  { title: 'pods that come and go', steps: [quota({ pods: '10' }), create(pod('a'), pod('b')), remove('pods', 'a')] },
  {
    title: 'requests and limits',
    steps: [
      quota({
        'requests.cpu': '4',
        'requests.memory': '8Gi',
        'limits.cpu': '8',
        'limits.memory': '16Gi',
        cpu: '4',
        memory: '8Gi',
      }),
      create(
        pod('a', { cpu: '500m', memory: '1Gi' }, {}, { cpu: '1', memory: '2Gi' }),
        pod('b', { cpu: '1500m', memory: '1500Mi' }, {}, { cpu: '2', memory: '3Gi' }),
      ),
      remove('pods', 'a'),
    ],
  },
  {
    title: 'init containers and overhead count as the scheduler counts them',
    steps: [
      quota({ 'requests.cpu': '10' }),
      create(
        pod(
          'a',
          { cpu: '1' },
          { initContainers: [{ name: 'i', image: 'one', resources: { requests: { cpu: '3' } } }] },
        ),
      ),
    ],
  },
  {
    title: 'pods that are done do not count',
    steps: [quota({ pods: '10', 'count/pods': '10' }), create(pod('a')), { pods: { status: statuses.succeeded() } }],
  },
  { title: 'another limit', steps: [quota({ pods: '10' }), create(pod('a')), patch({ hard: { pods: '5' } })] },
  {
    title: 'a resource more, a resource less',
    steps: [quota({ pods: '10' }), create(pod('a'), map('m')), patch({ hard: { pods: null, configmaps: '9' } })],
  },
  {
    title: 'objects of many kinds',
    steps: [
      quota({
        configmaps: '9',
        'count/configmaps': '9',
        'count/deployments.apps': '9',
        services: '9',
        'services.nodeports': '9',
        'services.loadbalancers': '9',
      }),
      create(map('m'), service('s'), service('n', { type: 'NodePort' })),
    ],
  },
  {
    title: 'load balancers have node ports, unless they have not',
    steps: [
      quota({ 'services.nodeports': '9', 'services.loadbalancers': '9' }),
      create(
        service('l', { type: 'LoadBalancer' }),
        service('m', { type: 'LoadBalancer', allocateLoadBalancerNodePorts: false }),
      ),
    ],
  },
  {
    title: 'claims, by class',
    steps: [
      quota({
        persistentvolumeclaims: '9',
        'requests.storage': '90Gi',
        'gold.storageclass.storage.k8s.io/requests.storage': '50Gi',
        'gold.storageclass.storage.k8s.io/persistentvolumeclaims': '5',
      }),
      create(claim('a', 'gold'), claim('b', 'silver')),
      remove('persistentvolumeclaims', 'a'),
    ],
  },
  {
    title: 'the scope BestEffort',
    steps: [quota({ pods: '9' }, { scopes: ['BestEffort'] }), create(pod('a'), pod('b', { cpu: '1' }))],
  },
  {
    title: 'the scope NotBestEffort',
    steps: [
      quota({ pods: '9', 'requests.cpu': '9' }, { scopes: ['NotBestEffort'] }),
      create(pod('a'), pod('b', { cpu: '1' })),
    ],
  },
  {
    title: 'the scope Terminating',
    steps: [
      quota({ pods: '9' }, { scopes: ['Terminating'] }),
      create(pod('a'), pod('b', {}, { activeDeadlineSeconds: 100 })),
    ],
  },
  {
    title: 'the scope NotTerminating',
    steps: [
      quota({ pods: '9' }, { scopes: ['NotTerminating'] }),
      create(pod('a'), pod('b', {}, { activeDeadlineSeconds: 100 })),
    ],
  },
  {
    title: 'a pod that gets a deadline changes its scope',
    steps: [
      quota({ pods: '9' }, { scopes: ['Terminating'] }),
      create(pod('a')),
      { patch: { resource: 'pods', name: 'a', merge: { spec: { activeDeadlineSeconds: 100 } } } },
    ],
  },
  {
    title: 'the class of a priority',
    steps: [
      quota({ pods: '9' }, scoped('In', 'PriorityClass', ['end-urgent'])),
      create(pod('a'), pod('b', {}, { priorityClassName: 'end-urgent' })),
    ],
  },
  {
    title: 'any class of a priority',
    steps: [
      quota({ pods: '9' }, scoped('Exists', 'PriorityClass')),
      create(pod('a'), pod('b', {}, { priorityClassName: 'end-urgent' })),
    ],
  },
  {
    title: 'no class of a priority',
    steps: [
      quota({ pods: '9' }, scoped('DoesNotExist', 'PriorityClass')),
      create(pod('a'), pod('b', {}, { priorityClassName: 'end-urgent' })),
    ],
  },
  {
    title: 'affinity to pods of other namespaces',
    steps: [
      quota({ pods: '9' }, scoped('Exists', 'CrossNamespacePodAffinity')),
      create(
        pod('a'),
        pod(
          'b',
          {},
          {
            affinity: {
              podAffinity: {
                requiredDuringSchedulingIgnoredDuringExecution: [
                  { topologyKey: 'z', labelSelector: {}, namespaces: ['x'] },
                ],
              },
            },
          },
        ),
      ),
    ],
  },
  {
    title: 'extended resources',
    steps: [
      quota({ 'requests.example.com/gpu': '4' }),
      create(pod('a', { 'example.com/gpu': '2' }, {}, { 'example.com/gpu': '2' })),
    ],
  },
  {
    title: 'ephemeral storage and huge pages',
    steps: [
      quota({ 'requests.ephemeral-storage': '4Gi', 'hugepages-2Mi': '1Gi' }),
      create(
        pod('a', { 'ephemeral-storage': '1Gi', 'hugepages-2Mi': '4Mi', cpu: '1' }, {}, { 'hugepages-2Mi': '4Mi' }),
      ),
    ],
  },
  {
    title: 'a status that somebody wrote is set right',
    steps: [
      quota({ pods: '9' }),
      create(pod('a')),
      {
        patch: {
          resource: 'resourcequotas',
          name: 'q',
          subresource: 'status',
          merge: { status: { used: { pods: '7' } } },
        },
      },
    ],
  },
]

export const quotas: Suite = {
  name: 'quota',
  controllers: ['resourcequota', 'root-ca-certificate-publisher', 'persistentvolumeclaim-protection'],
  shares: [
    {
      apiVersion: 'scheduling.k8s.io/v1',
      kind: 'PriorityClass',
      metadata: { name: 'end-urgent' },
      value: 1000,
    } as DynamicObject,
  ],
  components: ['resourcequota-controller'],
  shows: ['resourcequotas'],
  quietMs: 2500,
  cases,
}
