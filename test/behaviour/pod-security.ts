import { DEPLOYMENTS, MERGE_PATCH, makeNamespace, PODS, pod, step } from './steps.ts'

const PREFIX = 'pod-security.kubernetes.io/'
const NAMESPACE = '/api/v1/namespaces/$ns'

type Labels = Record<string, string | null>

const label = (labels: Labels): object => ({
  metadata: {
    labels: Object.fromEntries(Object.entries(labels).map(([key, value]) => [PREFIX + key, value])),
  },
})
const only = (labels: Labels): Labels => ({
  ...Object.fromEntries(
    ['enforce', 'audit', 'warn'].flatMap((mode) => [
      [mode, null],
      [`${mode}-version`, null],
    ]),
  ),
  ...labels,
})
const set = (labels: Labels, query = '') =>
  step(`PATCH ${NAMESPACE}${query}`, label(only(labels)), { headers: MERGE_PATCH, silent: true })
const told = (labels: Labels, query = '') =>
  step(`PATCH ${NAMESPACE}${query}`, label(only(labels)), { headers: MERGE_PATCH })

const dry = (spec: object, metadata: object = {}) => step(`POST ${PODS}?dryRun=All`, pod('p', metadata, spec))
const c = (securityContext: object, more: object = {}): object => ({
  containers: [{ name: 'c', image: 'nginx:1', securityContext, ...more }],
})
const two = (a: object, b: object): object => ({
  initContainers: [{ name: 'a', image: 'nginx:1', ...a }],
  containers: [{ name: 'b', image: 'nginx:1', ...b }],
})
const both = (securityContext: object): object => two({ securityContext }, { securityContext })
const GOOD = {
  allowPrivilegeEscalation: false,
  capabilities: { drop: ['ALL'] },
  runAsNonRoot: true,
  seccompProfile: { type: 'RuntimeDefault' },
}
const httpGet = { httpGet: { port: 80, host: 'h1' } }

/** What baseline says no to, and some that it does not. */
const BASELINE_PODS = [
  dry({}),
  dry(both({ appArmorProfile: { type: 'Unconfined' } })),
  dry({
    securityContext: { appArmorProfile: { type: 'Unconfined' } },
    ...c({ appArmorProfile: { type: 'Unconfined' } }),
  }),
  dry({}, { annotations: { 'container.apparmor.security.beta.kubernetes.io/c': 'unconfined' } }),
  dry(c({ capabilities: { add: ['SYS_ADMIN', 'CHOWN', 'NET_RAW'] } })),
  dry(both({ capabilities: { add: ['SYS_ADMIN'] } })),
  dry({ hostNetwork: true, hostPID: true, hostIPC: true }),
  dry({ volumes: [{ name: 'v', hostPath: { path: '/' } }] }),
  dry({
    volumes: [
      { name: 'v', hostPath: { path: '/' } },
      { name: 'w', hostPath: { path: '/' } },
      { name: 'x', nfs: { server: 's', path: '/' } },
    ],
  }),
  dry(c({}, { ports: [{ containerPort: 80, hostPort: 8080 }] })),
  dry(two({ ports: [{ containerPort: 80, hostPort: 90 }] }, { ports: [{ containerPort: 80, hostPort: 8080 }] })),
  dry(c({}, { livenessProbe: httpGet, readinessProbe: { tcpSocket: { port: 1, host: 'h0' } } })),
  dry(c({}, { lifecycle: { preStop: httpGet } })),
  dry(c({ privileged: true })),
  dry(both({ privileged: true })),
  dry({ hostUsers: false, ...c({ procMount: 'Unmasked' }) }),
  dry(c({ seLinuxOptions: { type: 'bad', user: 'u', role: 'r' } })),
  dry({ securityContext: { seLinuxOptions: { type: 'container_engine_t' } } }),
  dry({ securityContext: { seLinuxOptions: { user: 'u' } }, ...c({ seLinuxOptions: { role: 'r', type: 'x' } }) }),
  dry({
    securityContext: { seccompProfile: { type: 'Unconfined' } },
    ...c({ seccompProfile: { type: 'Unconfined' } }),
  }),
  dry(both({ seccompProfile: { type: 'Unconfined' } })),
  dry({}, { annotations: { 'seccomp.security.alpha.kubernetes.io/pod': 'unconfined' } }),
  dry({
    securityContext: {
      sysctls: [
        { name: 'kernel.msgmax', value: '1' },
        { name: 'net.ipv4.tcp_rmem', value: '1' },
        { name: 'net.ipv4.tcp_slow_start_after_idle', value: '1' },
      ],
    },
  }),
  dry({
    hostNetwork: true,
    securityContext: { windowsOptions: { hostProcess: true } },
    ...c({ windowsOptions: { hostProcess: true } }),
  }),
  dry({ hostNetwork: true, ...c({ privileged: true, capabilities: { add: ['NET_ADMIN'] } }) }),
]

const RESTRICTED_PODS = [
  dry({}),
  dry(c(GOOD)),
  dry(c({ ...GOOD, allowPrivilegeEscalation: true })),
  dry(both({ ...GOOD, capabilities: { drop: ['NET_RAW'], add: ['CHOWN', 'NET_BIND_SERVICE'] } })),
  dry({
    ...c(GOOD),
    volumes: [
      { name: 'v', hostPath: { path: '/' } },
      { name: 'w', nfs: { server: 's', path: '/' } },
    ],
  }),
  dry({
    ...c(GOOD),
    volumes: [
      { name: 'v', emptyDir: {} },
      { name: 'x', rbd: { monitors: ['m'], image: 'i' } },
    ],
  }),
  dry({ securityContext: { runAsNonRoot: false }, ...c({ ...GOOD, runAsNonRoot: undefined }) }),
  dry({ securityContext: { runAsNonRoot: true }, ...c({ ...GOOD, runAsNonRoot: false }) }),
  dry({ securityContext: { runAsNonRoot: true, runAsUser: 0 }, ...c({ ...GOOD, runAsUser: 0 }) }),
  dry({ hostUsers: false, ...c({ ...GOOD, runAsUser: 0, runAsNonRoot: false }) }),
  dry({ securityContext: { seccompProfile: { type: 'Unconfined' } }, ...c({ ...GOOD, seccompProfile: undefined }) }),
  dry({
    securityContext: { seccompProfile: { type: 'RuntimeDefault' } },
    ...c({ ...GOOD, seccompProfile: undefined }),
  }),
  dry(c({ ...GOOD, seccompProfile: undefined })),
  dry({ os: { name: 'windows' }, ...c({ runAsNonRoot: true }) }),
]

export const podSecurity = [
  makeNamespace,
  told({ enforce: 'baselin', 'enforce-version': 'v2.0', audit: 'x', warn: 'y', 'warn-version': 'v1.01' }),
  step('POST /api/v1/namespaces', { metadata: { name: '$ns-bad', labels: { [`${PREFIX}warn`]: 'no' } } }),
  set({ enforce: 'baseline' }),
  ...BASELINE_PODS,
  step(`POST ${PODS}?dryRun=All`, { ...pod('', { generateName: 'generated-', name: undefined }, { hostIPC: true }) }),
  set({ enforce: 'baseline', 'enforce-version': 'v1.18' }),
  ...BASELINE_PODS.slice(11, 23),
  set({ enforce: 'baseline', 'enforce-version': 'v1.30' }),
  ...BASELINE_PODS.slice(11, 23),
  set({ enforce: 'baseline', 'enforce-version': 'v1.99' }),
  dry({ hostPID: true }),
  set({ enforce: 'restricted' }),
  ...RESTRICTED_PODS,
  ...BASELINE_PODS.slice(4, 9),
  set({ enforce: 'restricted', 'enforce-version': 'v1.18' }),
  ...RESTRICTED_PODS,
  set({ enforce: 'restricted', 'enforce-version': 'v1.24' }),
  ...RESTRICTED_PODS,
  set({ warn: 'restricted', 'warn-version': 'v1.30' }),
  dry({}),
  dry(c(GOOD)),
  set({ enforce: 'baseline', warn: 'restricted' }),
  dry({}),
  dry({ hostPID: true }),
  set({ enforce: 'restricted', warn: 'privileged' }),
  dry({}),
  set({ enforce: 'restricted' }),
  ...['deployments', 'replicasets', 'daemonsets', 'statefulsets'].map((resource) =>
    step(`POST /apis/apps/v1/namespaces/$ns/${resource}?dryRun=All`, {
      kind: {
        deployments: 'Deployment',
        replicasets: 'ReplicaSet',
        daemonsets: 'DaemonSet',
        statefulsets: 'StatefulSet',
      }[resource],
      apiVersion: 'apps/v1',
      metadata: { name: 'w' },
      spec: {
        selector: { matchLabels: { a: 'b' } },
        template: {
          metadata: { labels: { a: 'b' } },
          spec: { hostPID: true, containers: [{ name: 'c', image: 'i:1' }] },
        },
      },
    }),
  ),
  step('POST /apis/batch/v1/namespaces/$ns/cronjobs?dryRun=All', {
    apiVersion: 'batch/v1',
    kind: 'CronJob',
    metadata: { name: 'w' },
    spec: {
      schedule: '* * * * *',
      jobTemplate: {
        spec: { template: { spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'i:1' }] } } },
      },
    },
  }),
  step('POST /api/v1/namespaces/$ns/podtemplates?dryRun=All', {
    metadata: { name: 'w' },
    template: { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'i:1' }] } },
  }),
  step(`PUT ${DEPLOYMENTS}/missing/scale`, { metadata: { name: 'missing' }, spec: { replicas: 1 } }, { silent: true }),
  set({}),
  ...['one', 'two', 'three'].map((name) => step(`POST ${PODS}`, pod(name, {}, { hostPID: true }), { silent: true })),
  step(`POST ${PODS}`, pod('four', {}, c({ privileged: true })), { silent: true }),
  told({ enforce: 'baseline' }, '?dryRun=All'),
  told({ enforce: 'restricted' }, '?dryRun=All'),
  told({ enforce: 'privileged' }, '?dryRun=All'),
  told({ warn: 'restricted' }, '?dryRun=All'),
  told({ enforce: 'restricted' }),
  told({ enforce: 'baseline' }, '?dryRun=All'),
  told({ enforce: 'baseline', 'enforce-version': 'v1.20' }, '?dryRun=All'),
  step(`PATCH ${PODS}/one`, { metadata: { labels: { a: 'b' } } }, { headers: MERGE_PATCH }),
  step(
    `PATCH ${PODS}/one`,
    { spec: { containers: [{ name: 'c', image: 'nginx:2' }] } },
    {
      headers: {
        'content-type': 'application/strategic-merge-patch+json',
      },
    },
  ),
  step(
    `PATCH ${PODS}/four/ephemeralcontainers`,
    { spec: { ephemeralContainers: [{ name: 'e', image: 'nginx:2' }] } },
    { headers: { 'content-type': 'application/strategic-merge-patch+json' } },
  ),
  step(`PUT ${PODS}/one/status`, { metadata: { name: 'one' }, status: { phase: 'Running' } }, { silent: true }),
]
