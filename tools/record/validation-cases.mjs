// Common mistakes, one a case: what is sent, as a change of a valid object of its kind. Read by record-validation.mjs.

const pod = () => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'web' },
  spec: { containers: [{ name: 'app', image: 'nginx' }] },
})
const service = () => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'web' },
  spec: { selector: { app: 'web' }, ports: [{ port: 80 }] },
})
const template = () => ({ metadata: { labels: { app: 'web' } }, spec: pod().spec })
const bodies = {
  pods: pod,
  services: service,
  namespaces: () => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'team' } }),
  secrets: () => ({ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'key' }, data: { a: 'YQ==' } }),
  configmaps: () => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'conf' }, data: { a: 'b' } }),
  nodes: () => ({ apiVersion: 'v1', kind: 'Node', metadata: { name: 'node-1' } }),
  replicationcontrollers: () => ({
    apiVersion: 'v1',
    kind: 'ReplicationController',
    metadata: { name: 'rc' },
    spec: { replicas: 1, selector: { app: 'web' }, template: template() },
  }),
  persistentvolumes: () => ({
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name: 'pv' },
    spec: { capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOnce'], hostPath: { path: '/x' } },
  }),
  persistentvolumeclaims: () => ({
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name: 'claim' },
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
  }),
  resourcequotas: () => ({
    apiVersion: 'v1',
    kind: 'ResourceQuota',
    metadata: { name: 'quota' },
    spec: { hard: { pods: '10' } },
  }),
  limitranges: () => ({
    apiVersion: 'v1',
    kind: 'LimitRange',
    metadata: { name: 'limits' },
    spec: { limits: [{ type: 'Container', max: { cpu: '1' } }] },
  }),
  endpoints: () => ({
    apiVersion: 'v1',
    kind: 'Endpoints',
    metadata: { name: 'web' },
    subsets: [{ addresses: [{ ip: '10.1.2.3' }], ports: [{ port: 80 }] }],
  }),
  events: () => ({
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name: 'ev' },
    involvedObject: { namespace: 'default', kind: 'Pod', name: 'web' },
    reason: 'Started',
    type: 'Normal',
  }),
  podtemplates: () => ({ apiVersion: 'v1', kind: 'PodTemplate', metadata: { name: 'tpl' }, template: template() }),
  serviceaccounts: () => ({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'sa' } }),
}

const cases = []
/** A dry run reserves nothing, so it finds nothing taken either. */
const RESERVING = ['node port out of range', 'address taken', 'node ports twice']
/** `change` edits a valid body in place; `from` edits the object that is there before (then `change` is an update of it). */
const one = (resource, name, change, from) =>
  cases.push({ resource, name, change, from, body: bodies[resource], reserves: RESERVING.includes(name) })
const container = (name, fields) => one('pods', name, (p) => Object.assign(p.spec.containers[0], fields))
const spec = (name, fields) => one('pods', name, (p) => Object.assign(p.spec, fields))
const svc = (name, fields) => one('services', name, (s) => Object.assign(s.spec, fields))
const port = (name, ports) => svc(name, { ports })

spec('no containers', { containers: [] })
one('pods', 'upper-case name', (p) => (p.metadata.name = 'Web'))
one('pods', 'bad label', (p) => (p.metadata.labels = { 'a b': 'c' }))
one('pods', 'bad label value', (p) => (p.metadata.labels = { a: 'c d' }))
container('no image', { image: undefined })
container('no name', { name: undefined })
container('dotted name', { name: 'a.b' })
container('image with a space', { image: ' nginx' })
spec('duplicate container names', {
  containers: [
    { name: 'a', image: 'x' },
    { name: 'a', image: 'y' },
  ],
})
container('port zero', { ports: [{ containerPort: 0 }] })
container('port too large', { ports: [{ containerPort: 70000 }] })
container('bad protocol', { ports: [{ containerPort: 80, protocol: 'tcp' }] })
container('long port name', { ports: [{ containerPort: 80, name: 'a-very-long-port-name' }] })
container('duplicate port names', {
  ports: [
    { containerPort: 80, name: 'http' },
    { containerPort: 81, name: 'http' },
  ],
})
container('host port twice', {
  ports: [
    { containerPort: 80, hostPort: 80 },
    { containerPort: 81, hostPort: 80 },
  ],
})
container('env without name', { env: [{ value: 'x' }] })
container('env with equals sign', { env: [{ name: 'a=b' }] })
container('env with value and source', {
  env: [{ name: 'a', value: 'x', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }],
})
container('env with empty source', { env: [{ name: 'a', valueFrom: {} }] })
container('env with unknown field', { env: [{ name: 'a', valueFrom: { fieldRef: { fieldPath: 'spec.foo' } } }] })
container('env with field of volumes', {
  env: [{ name: 'a', valueFrom: { fieldRef: { fieldPath: 'metadata.labels' } } }],
})
container('env with bad secret key', { env: [{ name: 'a', valueFrom: { secretKeyRef: { name: 'S', key: 'a/b' } } }] })
container('env with unknown resource', {
  env: [{ name: 'a', valueFrom: { resourceFieldRef: { resource: 'limits.foo' } } }],
})
container('env with bad divisor', {
  env: [{ name: 'a', valueFrom: { resourceFieldRef: { resource: 'limits.cpu', divisor: '2' } } }],
})
container('envFrom without source', { envFrom: [{}] })
container('envFrom with two sources', { envFrom: [{ configMapRef: { name: 'a' }, secretRef: { name: 'b' } }] })
container('request over limit', { resources: { requests: { cpu: '2' }, limits: { cpu: '1' } } })
container('negative memory', { resources: { requests: { memory: '-1' } } })
container('unknown resource', { resources: { requests: { foo: '1' } } })
container('extended resource without limit', { resources: { requests: { 'example.com/gpu': '1' } } })
container('half an extended resource', { resources: { limits: { 'example.com/gpu': '500m' } } })
container('huge pages alone', { resources: { limits: { 'hugepages-2Mi': '2Mi' } } })
container('claims nothing', { resources: { claims: [{ name: 'gpu' }] } })
container('unknown pull policy', { imagePullPolicy: 'Sometimes' })
container('unknown termination policy', { terminationMessagePolicy: 'Log' })
container('mount without volume', { volumeMounts: [{ name: 'v', mountPath: '/v' }] })
one('pods', 'two mounts at one path', (p) => {
  p.spec.volumes = [{ name: 'v' }]
  p.spec.containers[0].volumeMounts = [
    { name: 'v', mountPath: '/v' },
    { name: 'v', mountPath: '/v' },
  ]
})
one('pods', 'mount with a path up', (p) => {
  p.spec.volumes = [{ name: 'v' }]
  p.spec.containers[0].volumeMounts = [{ name: 'v', mountPath: '/v', subPath: '../x' }]
})
one('pods', 'mount without a path', (p) => {
  p.spec.volumes = [{ name: 'v' }]
  p.spec.containers[0].volumeMounts = [{ name: 'v' }]
})
container('probe without handler', { livenessProbe: {} })
container('probe with two handlers', { livenessProbe: { exec: { command: ['x'] }, tcpSocket: { port: 1 } } })
container('probe with bad port', { readinessProbe: { httpGet: { port: 0 } } })
container('probe with bad port name', { readinessProbe: { tcpSocket: { port: 'Bad_Name' } } })
container('liveness threshold of two', { livenessProbe: { exec: { command: ['x'] }, successThreshold: 2 } })
container('negative delay', { startupProbe: { exec: { command: ['x'] }, initialDelaySeconds: -1 } })
container('probe with bad header', {
  livenessProbe: { httpGet: { port: 80, httpHeaders: [{ name: 'a b', value: 'c' }] } },
})
container('exec without command', { lifecycle: { preStop: { exec: {} } } })
container('sleep beyond grace', { lifecycle: { preStop: { sleep: { seconds: 99 } } } })
container('container restart policy', { restartPolicy: 'Sometimes' })
container('negative user', { securityContext: { runAsUser: -1 } })
container('privileged without escalation', { securityContext: { privileged: true, allowPrivilegeEscalation: false } })
container('seccomp without profile', { securityContext: { seccompProfile: { type: 'Localhost' } } })
container('unmasked proc', { securityContext: { procMount: 'Unmasked' } })
spec('unknown restart policy', { restartPolicy: 'Sometimes' })
spec('unknown dns policy', { dnsPolicy: 'Nope' })
spec('dns none without config', { dnsPolicy: 'None' })
spec('four nameservers', { dnsConfig: { nameservers: ['1.1.1.1', '1.1.1.2', '1.1.1.3', '1.1.1.4'] } })
spec('nameserver is a name', { dnsConfig: { nameservers: ['dns'] } })
spec('host alias without ip', { hostAliases: [{ ip: 'x', hostnames: ['a_b'] }] })
spec('upper-case host name', { hostname: 'Web' })
spec('negative grace', { terminationGracePeriodSeconds: -5, activeDeadlineSeconds: 0 })
spec('bad node name', { nodeName: 'A b' })
spec('bad service account', { serviceAccountName: 'A b' })
spec('bad node selector', { nodeSelector: { 'a b': 'c d' } })
spec('volume twice', { volumes: [{ name: 'v' }, { name: 'v' }] })
spec('volume without name', { volumes: [{ emptyDir: {} }] })
spec('volume of two kinds', { volumes: [{ name: 'v', emptyDir: {}, hostPath: { path: '/x' } }] })
spec('secret volume without secret', { volumes: [{ name: 'v', secret: {} }] })
spec('config volume with odd mode', { volumes: [{ name: 'v', configMap: { name: 'c', defaultMode: 1000 } }] })
spec('config volume with bad items', {
  volumes: [{ name: 'v', configMap: { name: 'c', items: [{ key: 'a', path: '/x' }, {}] } }],
})
spec('claim volume without claim', { volumes: [{ name: 'v', persistentVolumeClaim: {} }] })
spec('host path with type', { volumes: [{ name: 'v', hostPath: { path: '/a/../b', type: 'Dir' } }] })
spec('nfs volume', { volumes: [{ name: 'v', nfs: { path: 'x' } }] })
spec('csi volume', { volumes: [{ name: 'v', csi: { driver: 'A_b' } }] })
spec('image volume', { volumes: [{ name: 'v', image: { pullPolicy: 'Nope' } }] })
spec('ephemeral volume', { volumes: [{ name: 'v', ephemeral: { volumeClaimTemplate: { spec: {} } } }] })
spec('projected token', {
  volumes: [{ name: 'v', projected: { sources: [{ serviceAccountToken: { expirationSeconds: 1 } }] } }],
})
spec('projected twice', {
  volumes: [
    {
      name: 'v',
      projected: {
        sources: [
          {
            secret: { name: 'a', items: [{ key: 'a', path: 'p' }] },
            configMap: { name: 'b', items: [{ key: 'a', path: 'p' }] },
          },
        ],
      },
    },
  ],
})
spec('downward file without source', { volumes: [{ name: 'v', downwardAPI: { items: [{ path: 'x' }] } }] })
spec('toleration without key', { tolerations: [{ operator: 'Equal' }] })
spec('toleration with value', { tolerations: [{ key: 'a', operator: 'Exists', value: 'b' }] })
spec('toleration with seconds', {
  tolerations: [{ key: 'a', operator: 'Exists', effect: 'NoSchedule', tolerationSeconds: 5 }],
})
spec('toleration with odd effect', { tolerations: [{ key: 'a', operator: 'In', effect: 'Never' }] })
spec('node affinity without terms', {
  affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [] } } },
})
spec('node affinity operators', {
  affinity: {
    nodeAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: {
        nodeSelectorTerms: [
          {
            matchExpressions: [
              { key: 'a', operator: 'In' },
              { key: 'b', operator: 'Is' },
              { key: 'c', operator: 'Gt' },
            ],
          },
          { matchFields: [{ key: 'metadata.foo', operator: 'In', values: ['x'] }] },
        ],
      },
      preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 0, preference: {} }],
    },
  },
})
spec('pod affinity without topology', {
  affinity: {
    podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ labelSelector: { matchLabels: { a: 'b c' } } }] },
    podAntiAffinity: {
      preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 101, podAffinityTerm: { topologyKey: 'a' } }],
    },
  },
})
spec('topology spread', { topologySpreadConstraints: [{ maxSkew: 0, topologyKey: '', whenUnsatisfiable: 'Never' }] })
spec('topology spread twice', {
  topologySpreadConstraints: [
    { maxSkew: 1, topologyKey: 'zone', whenUnsatisfiable: 'DoNotSchedule', labelSelector: {} },
    { maxSkew: 2, topologyKey: 'zone', whenUnsatisfiable: 'DoNotSchedule', labelSelector: {}, minDomains: 0 },
  ],
})
spec('host network port', {
  hostNetwork: true,
  containers: [{ name: 'a', image: 'b', ports: [{ containerPort: 80, hostPort: 81 }] }],
})
spec('gates twice', { schedulingGates: [{ name: 'a/b' }, { name: 'a/b' }, { name: '' }] })
spec('gates and node', { schedulingGates: [{ name: 'a/b' }], nodeName: 'n' })
spec('readiness gate', { readinessGates: [{ conditionType: 'a b' }] })
spec('ephemeral containers on create', { ephemeralContainers: [{ name: 'debug', image: 'busybox' }] })
spec('init container with probe', {
  initContainers: [{ name: 'app', image: 'x', livenessProbe: { exec: { command: ['x'] } } }],
})
spec('sysctls', {
  securityContext: {
    sysctls: [
      { name: 'A b', value: '1' },
      { name: 'net.a', value: '1' },
      { name: 'net.a', value: '2' },
    ],
  },
})
spec('pod resources', { resources: { requests: { cpu: '1', storage: '1Gi' }, limits: { cpu: '500m' } } })
spec('resource claims', {
  resourceClaims: [{ name: 'a' }, { name: 'a', resourceClaimName: 'x', resourceClaimTemplateName: 'y' }],
})
spec('unknown os', { os: { name: 'plan9' } })
spec('share processes and host pid', { shareProcessNamespace: true, hostPID: true })

svc('no ports', { ports: [] })
port('port zero', [{ port: 0 }])
port('unnamed of two', [{ port: 80 }, { port: 81 }])
port('names twice', [
  { port: 80, name: 'a' },
  { port: 81, name: 'a' },
])
port('ports twice', [
  { port: 80, name: 'a' },
  { port: 80, name: 'b' },
])
port('bad protocol', [{ port: 80, protocol: 'tcp' }])
port('bad target name', [{ port: 80, targetPort: 'Bad_Name' }])
port('bad target port', [{ port: 80, targetPort: 70000 }])
port('node port on cluster ip', [{ port: 80, nodePort: 30100 }])
port('bad app protocol', [{ port: 80, appProtocol: 'a b' }])
one('services', 'bad name', (s) => (s.metadata.name = 'Web_1'))
one('services', 'dotted name', (s) => (s.metadata.name = 'a.b'))
svc('unknown type', { type: 'Balancer' })
svc('external name without name', { type: 'ExternalName' })
svc('external name with address', { type: 'ExternalName', externalName: 'Bad_Name', clusterIP: '10.0.0.5' })
svc('headless balancer', { type: 'LoadBalancer', clusterIP: 'None' })
svc('headless node port', { type: 'NodePort', clusterIP: 'None' })
svc('node port out of range', { type: 'NodePort', ports: [{ port: 80, nodePort: 80 }] })
svc('node ports twice', {
  type: 'NodePort',
  ports: [
    { port: 80, nodePort: 30080, name: 'a' },
    { port: 81, nodePort: 30080, name: 'b' },
  ],
})
svc('address is a name', { clusterIP: 'web' })
svc('address out of range', { clusterIP: '192.168.1.1' })
svc('address taken', { clusterIP: '10.0.0.1' })
svc('second address of one family', { clusterIPs: ['10.0.0.5', '10.0.0.6'], clusterIP: '10.0.0.5' })
svc('addresses disagree', { clusterIPs: ['10.0.0.5'], clusterIP: '10.0.0.6' })
svc('family not configured', { ipFamilies: ['IPv6'] })
svc('unknown family', { ipFamilies: ['IPv5'] })
svc('family twice', { ipFamilies: ['IPv4', 'IPv4'] })
svc('dual stack required', { ipFamilyPolicy: 'RequireDualStack' })
svc('unknown policy', { ipFamilyPolicy: 'Many' })
svc('bad selector', { selector: { 'a b': 'c d' } })
svc('unknown affinity', { sessionAffinity: 'Cookie' })
svc('affinity timeout', { sessionAffinity: 'ClientIP', sessionAffinityConfig: { clientIP: { timeoutSeconds: 0 } } })
svc('local policy on cluster ip', { externalTrafficPolicy: 'Local' })
svc('unknown traffic policy', { type: 'NodePort', externalTrafficPolicy: 'Nope', internalTrafficPolicy: 'Nope' })
svc('health port without need', { type: 'LoadBalancer', healthCheckNodePort: 30123 })
svc('source ranges without balancer', { loadBalancerSourceRanges: ['10.0.0.0/8', 'x'] })
svc('class without balancer', { loadBalancerClass: 'a/b', allocateLoadBalancerNodePorts: true })
svc('bad external ip', { externalIPs: ['x', '127.0.0.1', '0.0.0.0'] })
svc('traffic distribution', { trafficDistribution: 'Near' })

one('namespaces', 'dotted name', (n) => (n.metadata.name = 'a.b'))
one('namespaces', 'bad finalizer', (n) => (n.spec = { finalizers: ['mine'] }))
one('secrets', 'bad key', (s) => (s.data = { 'a/b': 'YQ==' }))
one('secrets', 'dots for a key', (s) => (s.data = { '..': 'YQ==' }))
one('secrets', 'docker without config', (s) => (s.type = 'kubernetes.io/dockerconfigjson'))
one('secrets', 'docker config is no json', (s) =>
  Object.assign(s, { type: 'kubernetes.io/dockerconfigjson', stringData: { '.dockerconfigjson': '{' } }),
)
one('secrets', 'old docker without config', (s) => (s.type = 'kubernetes.io/dockercfg'))
one('secrets', 'tls without key', (s) => Object.assign(s, { type: 'kubernetes.io/tls', data: { 'tls.crt': 'YQ==' } }))
one('secrets', 'basic auth without user', (s) => (s.type = 'kubernetes.io/basic-auth'))
one('secrets', 'ssh without key', (s) => (s.type = 'kubernetes.io/ssh-auth'))
one('secrets', 'token without account', (s) => (s.type = 'kubernetes.io/service-account-token'))
one(
  'secrets',
  'type changes',
  (s) => (s.type = 'other'),
  () => {},
)
one(
  'secrets',
  'immutable data changes',
  (s) => (s.data = { a: 'Yg==' }),
  (s) => (s.immutable = true),
)
one(
  'secrets',
  'immutable is unset',
  (s) => delete s.immutable,
  (s) => (s.immutable = true),
)
one('configmaps', 'bad key', (c) => (c.data = { 'a b': '' }))
one('configmaps', 'key in both', (c) => (c.binaryData = { a: 'YQ==' }))
one(
  'configmaps',
  'immutable data changes',
  (c) => (c.data = { a: 'c' }),
  (c) => (c.immutable = true),
)
one(
  'configmaps',
  'immutable is unset',
  (c) => delete c.immutable,
  (c) => (c.immutable = true),
)
one('configmaps', 'too large', (c) => (c.data = { a: 'x'.repeat(1048577) }))
one(
  'nodes',
  'bad taints',
  (n) =>
    (n.spec = {
      taints: [
        { key: 'a b', effect: 'Never' },
        { key: 'a', effect: 'NoSchedule' },
        { key: 'a', effect: 'NoSchedule' },
      ],
    }),
)
one(
  'nodes',
  'two pod ranges of a family',
  (n) => (n.spec = { podCIDR: '10.1.0.0/24', podCIDRs: ['10.1.0.0/24', '10.2.0.0/24'] }),
)
one('nodes', 'pod range is no range', (n) => (n.spec = { podCIDR: 'x', podCIDRs: ['x'] }))
one(
  'nodes',
  'pod range changes',
  (n) => (n.spec = { podCIDR: '10.2.0.0/24', podCIDRs: ['10.2.0.0/24'] }),
  (n) => (n.spec = { podCIDR: '10.1.0.0/24', podCIDRs: ['10.1.0.0/24'] }),
)
one(
  'nodes',
  'provider id changes',
  (n) => (n.spec = { providerID: 'b' }),
  (n) => (n.spec = { providerID: 'a' }),
)
one('replicationcontrollers', 'labels do not match', (r) => (r.spec.selector = { app: 'db' }))
one('replicationcontrollers', 'negative replicas', (r) => Object.assign(r.spec, { replicas: -1, minReadySeconds: -1 }))
one('replicationcontrollers', 'no template', (r) => delete r.spec.template)
one('replicationcontrollers', 'restart never', (r) => (r.spec.template.spec.restartPolicy = 'Never'))
one('replicationcontrollers', 'deadline', (r) => (r.spec.template.spec.activeDeadlineSeconds = 5))
one('replicationcontrollers', 'no containers', (r) => (r.spec.template.spec.containers = []))
one('replicationcontrollers', 'empty selector', (r) =>
  Object.assign(r.spec, { selector: {}, template: { spec: pod().spec } }),
)
one('persistentvolumes', 'no capacity', (v) => delete v.spec.capacity)
one('persistentvolumes', 'no modes and no source', (v) => (v.spec = { capacity: { storage: '1Gi', cpu: '1' } }))
one('persistentvolumes', 'unknown words', (v) =>
  Object.assign(v.spec, { accessModes: ['ReadOnce'], persistentVolumeReclaimPolicy: 'Keep', volumeMode: 'Raw' }),
)
one('persistentvolumes', 'recycle the root', (v) =>
  Object.assign(v.spec, { hostPath: { path: '/' }, persistentVolumeReclaimPolicy: 'Recycle' }),
)
one('persistentvolumes', 'local without affinity', (v) => {
  v.spec.hostPath = undefined
  v.spec.local = { path: '/x' }
})
one('persistentvolumes', 'csi without handle', (v) => {
  v.spec.hostPath = undefined
  v.spec.csi = { driver: 'a.b' }
})
one('persistentvolumes', 'two sources', (v) => (v.spec.nfs = { server: 'a', path: '/b' }))
one(
  'persistentvolumes',
  'source changes',
  (v) => (v.spec.hostPath = { path: '/y' }),
  () => {},
)
one('persistentvolumeclaims', 'no modes', (c) => delete c.spec.accessModes)
one('persistentvolumeclaims', 'no storage', (c) => (c.spec.resources = {}))
one('persistentvolumeclaims', 'zero storage', (c) => (c.spec.resources = { requests: { storage: '0' } }))
one('persistentvolumeclaims', 'unknown words', (c) =>
  Object.assign(c.spec, { accessModes: ['ReadOnce'], volumeMode: 'Raw', storageClassName: 'A b' }),
)
one(
  'persistentvolumeclaims',
  'pod mode with another',
  (c) => (c.spec.accessModes = ['ReadWriteOncePod', 'ReadWriteOnce']),
)
one('persistentvolumeclaims', 'source of unknown kind', (c) => (c.spec.dataSourceRef = { kind: 'Pod', name: 'x' }))
one(
  'persistentvolumeclaims',
  'bad selector',
  (c) => (c.spec.selector = { matchExpressions: [{ key: 'a', operator: 'In' }] }),
)
one('resourcequotas', 'unknown resource', (q) => (q.spec.hard = { foo: '1' }))
one('resourcequotas', 'negative', (q) => (q.spec.hard = { pods: '-1' }))
one('resourcequotas', 'half a pod', (q) => (q.spec.hard = { pods: '500m' }))
one('resourcequotas', 'scope does not fit', (q) =>
  Object.assign(q.spec, { hard: { configmaps: '1' }, scopes: ['BestEffort'] }),
)
one('resourcequotas', 'scopes contradict', (q) => (q.spec.scopes = ['BestEffort', 'NotBestEffort']))
one('resourcequotas', 'unknown scope', (q) => (q.spec.scopes = ['Nope']))
one(
  'resourcequotas',
  'scope selector',
  (q) =>
    (q.spec.scopeSelector = {
      matchExpressions: [
        { scopeName: 'PriorityClass', operator: 'In' },
        { scopeName: 'Terminating', operator: 'In', values: ['a'] },
      ],
    }),
)
one(
  'resourcequotas',
  'scopes change',
  (q) => (q.spec.scopes = ['NotTerminating']),
  (q) => (q.spec.scopes = ['Terminating']),
)
one(
  'limitranges',
  'min over max',
  (l) => (l.spec.limits = [{ type: 'Container', min: { cpu: '2' }, max: { cpu: '1' } }]),
)
one('limitranges', 'type twice', (l) => (l.spec.limits = [{ type: 'Pod' }, { type: 'Pod' }]))
one('limitranges', 'unknown type', (l) => (l.spec.limits = [{ type: 'Thing' }]))
one('limitranges', 'default for pods', (l) => (l.spec.limits = [{ type: 'Pod', default: { cpu: '1' } }]))
one(
  'limitranges',
  'default over max',
  (l) => (l.spec.limits = [{ type: 'Container', max: { cpu: '1' }, default: { cpu: '2' } }]),
)
one(
  'limitranges',
  'ratio below one',
  (l) => (l.spec.limits = [{ type: 'Container', maxLimitRequestRatio: { cpu: '500m' } }]),
)
one('limitranges', 'claim without size', (l) => (l.spec.limits = [{ type: 'PersistentVolumeClaim' }]))
one('endpoints', 'no addresses', (e) => (e.subsets = [{ ports: [{ port: 80 }] }]))
one(
  'endpoints',
  'bad address',
  (e) => (e.subsets[0].addresses = [{ ip: 'x' }, { ip: '127.0.0.1' }, { ip: '10.1.1.1', hostname: 'A b' }]),
)
one('endpoints', 'bad ports', (e) => (e.subsets[0].ports = [{ port: 0 }, { name: 'A', port: 80, protocol: 'tcp' }]))
one('events', 'namespace differs', (e) => (e.involvedObject.namespace = 'other'))
one('podtemplates', 'no containers', (t) => (t.template.spec.containers = []))
one('podtemplates', 'bad label', (t) => (t.template.metadata.labels = { 'a b': 'c' }))
one('serviceaccounts', 'bad name', (s) => (s.metadata.name = 'A b'))

one(
  'pods',
  'image only',
  (p) => (p.spec.containers[0].image = ''),
  () => {},
)
one(
  'pods',
  'another container',
  (p) => p.spec.containers.push({ name: 'b', image: 'c' }),
  () => {},
)
one(
  'pods',
  'deadline is raised',
  (p) => (p.spec.activeDeadlineSeconds = 20),
  (p) => (p.spec.activeDeadlineSeconds = 10),
)
one(
  'pods',
  'toleration is dropped',
  (p) => (p.spec.tolerations = []),
  (p) => (p.spec.tolerations = [{ key: 'a', operator: 'Exists' }]),
)
one(
  'pods',
  'gate is added',
  (p) => (p.spec.schedulingGates = [{ name: 'a/b' }, { name: 'a/c' }]),
  (p) => (p.spec.schedulingGates = [{ name: 'a/b' }]),
)
one(
  'services',
  'address changes',
  (s) => (s.spec.clusterIP = '10.0.0.77'),
  (s) => (s.spec.clusterIP = '10.0.0.76'),
)
one(
  'services',
  'becomes headless',
  (s) => (s.spec.clusterIP = 'None'),
  (s) => (s.spec.clusterIP = '10.0.0.75'),
)
one(
  'services',
  'class changes',
  (s) => (s.spec.loadBalancerClass = 'a/c'),
  (s) => Object.assign(s.spec, { type: 'LoadBalancer', loadBalancerClass: 'a/b' }),
)

export { cases }
