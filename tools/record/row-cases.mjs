// Objects in the states whose rows are worth recording. `status` is written through /status. Read by record-rows.mjs.

const container = { name: 'app', image: 'nginx' }
const running = { running: { startedAt: '2026-01-01T00:00:00Z' } }
const terminated = (fields) => ({
  terminated: { startedAt: '2026-01-01T00:00:00Z', finishedAt: '2026-01-01T00:00:00Z', exitCode: 0, ...fields },
})
const state = (name, current, more = {}) => ({
  name,
  image: 'nginx',
  imageID: '',
  ready: false,
  restartCount: 0,
  state: current,
  ...more,
})

const cases = []
const add = (resource, name, fields = {}, status, more = {}) => cases.push({ resource, name, fields, status, ...more })
const pod = (name, status, spec = {}, more = {}) =>
  add('pods', name, { spec: { containers: [container], ...spec } }, status, more)
const ready = [{ type: 'Ready', status: 'True' }]
const init = {
  initContainers: [
    { name: 'one', image: 'a' },
    { name: 'two', image: 'b' },
  ],
}
const sidecar = { initContainers: [{ name: 'side', image: 'a', restartPolicy: 'Always' }] }

pod('pending')
pod(
  'running',
  {
    phase: 'Running',
    conditions: ready,
    podIP: '10.1.1.1',
    podIPs: [{ ip: '10.1.1.1' }],
    containerStatuses: [state('app', running, { ready: true })],
  },
  { nodeName: 'node-1' },
)
pod('not-ready', { phase: 'Running', containerStatuses: [state('app', running)] })
pod('succeeded', { phase: 'Succeeded', containerStatuses: [state('app', terminated({ reason: 'Completed' }))] })
pod('failed', { phase: 'Failed', containerStatuses: [state('app', terminated({ reason: 'Error', exitCode: 1 }))] })
pod('evicted', { phase: 'Failed', reason: 'Evicted' })
pod('crash-loop', {
  phase: 'Running',
  containerStatuses: [
    state(
      'app',
      { waiting: { reason: 'CrashLoopBackOff' } },
      { restartCount: 5, lastState: terminated({ exitCode: 1 }) },
    ),
  ],
})
pod('restarted-unknown', {
  phase: 'Running',
  containerStatuses: [state('app', running, { ready: true, restartCount: 2 })],
})
pod('image-pull', { phase: 'Pending', containerStatuses: [state('app', { waiting: { reason: 'ImagePullBackOff' } })] })
pod('creating', { phase: 'Pending', containerStatuses: [state('app', { waiting: { reason: 'ContainerCreating' } })] })
pod('exit-code', { phase: 'Failed', containerStatuses: [state('app', terminated({ exitCode: 3 }))] })
pod('signal', { phase: 'Failed', containerStatuses: [state('app', terminated({ exitCode: 137, signal: 9 }))] })
pod('oom', { phase: 'Failed', containerStatuses: [state('app', terminated({ exitCode: 137, reason: 'OOMKilled' }))] })
pod(
  'two-containers',
  {
    phase: 'Running',
    conditions: ready,
    containerStatuses: [state('app', running, { ready: true }), state('b', terminated({ reason: 'Completed' }))],
  },
  { containers: [container, { name: 'b', image: 'b' }], restartPolicy: 'Never' },
)
pod(
  'completed-not-ready',
  {
    phase: 'Running',
    containerStatuses: [state('app', terminated({ reason: 'Completed' })), state('b', running, { ready: true })],
  },
  { containers: [container, { name: 'b', image: 'b' }], restartPolicy: 'Never' },
)
pod(
  'completed-and-error',
  {
    phase: 'Running',
    containerStatuses: [
      state('app', terminated({ reason: 'Completed' })),
      state('b', terminated({ reason: 'Error', exitCode: 1 })),
    ],
  },
  { containers: [container, { name: 'b', image: 'b' }], restartPolicy: 'Never' },
)
pod(
  'init-pending',
  {
    phase: 'Pending',
    initContainerStatuses: [state('one', running), state('two', { waiting: { reason: 'PodInitializing' } })],
  },
  init,
)
pod(
  'init-second',
  {
    phase: 'Pending',
    initContainerStatuses: [
      state('one', terminated({ reason: 'Completed' })),
      state('two', { waiting: { reason: 'PodInitializing' } }),
    ],
  },
  init,
)
pod(
  'init-crash',
  {
    phase: 'Pending',
    initContainerStatuses: [
      state(
        'one',
        { waiting: { reason: 'CrashLoopBackOff' } },
        { restartCount: 3, lastState: terminated({ exitCode: 1 }) },
      ),
    ],
  },
  init,
)
pod('init-error', { phase: 'Pending', initContainerStatuses: [state('one', terminated({ exitCode: 2 }))] }, init)
pod(
  'init-reason',
  { phase: 'Pending', initContainerStatuses: [state('one', terminated({ exitCode: 2, reason: 'Error' }))] },
  init,
)
pod(
  'init-signal',
  { phase: 'Pending', initContainerStatuses: [state('one', terminated({ exitCode: 137, signal: 9 }))] },
  init,
)
pod(
  'init-done',
  {
    phase: 'Running',
    conditions: [{ type: 'Initialized', status: 'True' }, ...ready],
    initContainerStatuses: [state('one', terminated({ reason: 'Completed' }), { restartCount: 4 })],
    containerStatuses: [state('app', running, { ready: true })],
  },
  init,
)
pod(
  'sidecar',
  {
    phase: 'Running',
    conditions: ready,
    initContainerStatuses: [state('side', running, { ready: true, started: true, restartCount: 2 })],
    containerStatuses: [state('app', running, { ready: true, restartCount: 1 })],
  },
  sidecar,
)
pod(
  'sidecar-starting',
  { phase: 'Pending', initContainerStatuses: [state('side', running, { started: false })] },
  sidecar,
)
pod('gated', undefined, { schedulingGates: [{ name: 'a/b' }] })
pod(
  'terminating',
  { phase: 'Running', containerStatuses: [state('app', running, { ready: true })] },
  { nodeName: 'node-1' },
  { deleted: true },
)
pod('terminating-lost', { phase: 'Running', reason: 'NodeLost' }, { nodeName: 'node-1' }, { deleted: true })
pod('nominated', { phase: 'Pending', nominatedNodeName: 'node-2' })
pod(
  'gates',
  {
    phase: 'Running',
    conditions: [
      { type: 'a/one', status: 'True' },
      { type: 'a/two', status: 'False' },
    ],
  },
  { readinessGates: [{ conditionType: 'a/one' }, { conditionType: 'a/two' }] },
)
pod('unknown-state', { phase: 'Running', containerStatuses: [state('app', {})] })

const service = (name, spec, status) =>
  add('services', name, { spec: { ports: [{ port: 80 }], selector: { b: '2', a: '1' }, ...spec } }, status)
service('cluster-ip', { clusterIP: '10.0.0.40' })
service('headless', { clusterIP: 'None' })
service('no-ports', { clusterIP: 'None', ports: [], selector: undefined })
service('node-port', {
  type: 'NodePort',
  clusterIP: '10.0.0.41',
  ports: [
    { port: 80, nodePort: 30080, name: 'a' },
    { port: 53, nodePort: 30053, protocol: 'UDP', name: 'b' },
  ],
})
service('pending', { type: 'LoadBalancer', clusterIP: '10.0.0.42', ports: [{ port: 80, nodePort: 30081 }] })
service(
  'balancer',
  { type: 'LoadBalancer', clusterIP: '10.0.0.43', ports: [{ port: 80, nodePort: 30082 }] },
  { loadBalancer: { ingress: [{ ip: '4.4.4.4' }, { hostname: 'a.example.com' }, { ip: '1.1.1.1' }] } },
)
service(
  'balancer-external',
  { type: 'LoadBalancer', clusterIP: '10.0.0.44', externalIPs: ['9.9.9.9'], ports: [{ port: 80, nodePort: 30083 }] },
  { loadBalancer: { ingress: [{ ip: '4.4.4.4' }] } },
)
service('external-ips', { clusterIP: '10.0.0.45', externalIPs: ['9.9.9.9', '8.8.8.8'] })
service('external-name', { type: 'ExternalName', externalName: 'example.com', ports: [], selector: undefined })

add('namespaces', 'active')
add('namespaces', 'going', {}, undefined, { deleted: true })
const info = {
  kubeletVersion: 'v1.37.0',
  osImage: 'Linux',
  kernelVersion: '6.1',
  containerRuntimeVersion: 'containerd://2',
  architecture: 'amd64',
  bootID: '',
  kubeProxyVersion: '',
  machineID: '',
  operatingSystem: 'linux',
  systemUUID: '',
}
add(
  'nodes',
  'ready',
  { metadata: { labels: { 'node-role.kubernetes.io/control-plane': '', 'kubernetes.io/role': 'infra' } } },
  {
    conditions: [{ type: 'Ready', status: 'True' }],
    nodeInfo: info,
    addresses: [
      { type: 'InternalIP', address: '10.9.0.1' },
      { type: 'ExternalIP', address: '4.4.4.4' },
    ],
  },
)
add('nodes', 'not-ready', {}, { conditions: [{ type: 'Ready', status: 'Unknown' }] })
add('nodes', 'cordoned', { spec: { unschedulable: true } })
const template = {
  metadata: { labels: { app: 'web' } },
  spec: { containers: [container, { name: 'b', image: 'busybox' }] },
}
add(
  'replicationcontrollers',
  'some',
  { spec: { replicas: 3, selector: { app: 'web' }, template } },
  { replicas: 2, readyReplicas: 1 },
)
add('replicationcontrollers', 'fresh', { spec: { selector: { app: 'web' }, template } })
add('podtemplates', 'tpl', { template })
add('secrets', 'opaque', { data: { a: 'YQ==', b: 'Yg==' } })
add('secrets', 'empty', { type: 'example.com/kind' })
add('configmaps', 'data', { data: { a: '1' }, binaryData: { b: 'YQ==' } })
add('configmaps', 'empty')
add('serviceaccounts', 'sa')
add('endpoints', 'none', {})
add('endpoints', 'few', { subsets: [{ addresses: [{ ip: '10.1.1.1' }, { ip: '10.1.1.2' }], ports: [{ port: 80 }] }] })
add('endpoints', 'many', {
  subsets: [
    {
      addresses: [{ ip: '10.1.1.1' }, { ip: '10.1.1.2' }],
      ports: [
        { name: 'a', port: 80 },
        { name: 'b', port: 81 },
      ],
    },
  ],
})
add('endpoints', 'portless', {
  subsets: [{ addresses: [{ ip: 'fd00::1' }] }, { addresses: [{ ip: 'fd00::2' }], ports: [{ port: 80 }] }],
})
const about = { involvedObject: { kind: 'Pod', name: 'web', namespace: 'default', fieldPath: 'spec.containers{app}' } }
add('events', 'old', {
  ...about,
  reason: 'Started',
  type: 'Normal',
  message: ' text \n',
  count: 3,
  source: { component: 'kubelet', host: 'node-1' },
  firstTimestamp: '2020-01-01T00:00:00Z',
  lastTimestamp: '2020-06-01T00:00:00Z',
})
add('events', 'new', {
  ...about,
  reason: 'Started',
  action: 'Start',
  type: 'Warning',
  eventTime: '2020-01-01T00:00:00.000000Z',
  reportingComponent: 'a/b',
  reportingInstance: 'c',
})
add('events', 'series', {
  ...about,
  reason: 'Started',
  action: 'Start',
  type: 'Normal',
  eventTime: '2020-01-01T00:00:00.000000Z',
  reportingComponent: 'a/b',
  reportingInstance: 'c',
  series: { count: 7, lastObservedTime: '2020-06-01T00:00:00.000000Z' },
})
add('events', 'bare', { involvedObject: { kind: 'Node', namespace: 'default' } })
const claim = { spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } } }
add('persistentvolumeclaims', 'pending', claim)
add(
  'persistentvolumeclaims',
  'bound',
  {
    spec: {
      ...claim.spec,
      volumeName: 'pv-1',
      storageClassName: 'fast',
      volumeMode: 'Block',
      volumeAttributesClassName: 'gold',
    },
  },
  { phase: 'Bound', accessModes: ['ReadWriteMany', 'ReadWriteOnce'], capacity: { storage: '2Gi' } },
)
add('persistentvolumeclaims', 'going', claim, undefined, { deleted: true })
const volume = {
  spec: { capacity: { storage: '5Gi' }, accessModes: ['ReadWriteOnce', 'ReadOnlyMany'], hostPath: { path: '/x' } },
}
add('persistentvolumes', 'plain', volume)
add(
  'persistentvolumes',
  'bound',
  {
    spec: {
      ...volume.spec,
      storageClassName: 'fast',
      persistentVolumeReclaimPolicy: 'Delete',
      claimRef: { namespace: 'default', name: 'bound' },
    },
  },
  { phase: 'Bound', reason: 'why' },
)
add('persistentvolumes', 'going', volume, undefined, { deleted: true })
add(
  'resourcequotas',
  'used',
  { spec: { hard: { pods: '10', 'limits.cpu': '4', 'requests.cpu': '2' } } },
  { hard: { pods: '10', 'limits.cpu': '4', 'requests.cpu': '2' }, used: { pods: '3', 'limits.cpu': '1' } },
)
add('resourcequotas', 'fresh', { spec: { hard: { pods: '10' } } })

export { cases }
