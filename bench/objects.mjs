// What the load is made of: a pod as an application's Deployment makes one, about 1.2 KB as it is sent.

const probe = { httpGet: { path: '/healthz', port: 8080 }, initialDelaySeconds: 5, periodSeconds: 10 }

export function pod(name, labels = {}) {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      labels: { app: 'web', tier: 'frontend', ...labels },
      annotations: { 'example.com/owner': 'team-a' },
    },
    spec: {
      // As the ServiceAccount plug-in would fill it in, so that the update may send the same.
      serviceAccountName: 'default',
      automountServiceAccountToken: false,
      containers: [
        {
          name: 'web',
          image: 'registry.example.com/web:1.2.3',
          args: ['--port=8080', '--log-level=info'],
          ports: [{ name: 'http', containerPort: 8080 }],
          env: [
            { name: 'POD_NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
            { name: 'MODE', value: 'production' },
          ],
          resources: { requests: { cpu: '100m', memory: '128Mi' }, limits: { cpu: '1', memory: '256Mi' } },
          readinessProbe: probe,
          livenessProbe: probe,
          volumeMounts: [{ name: 'config', mountPath: '/etc/web' }],
        },
        { name: 'proxy', image: 'registry.example.com/proxy:2.0', ports: [{ containerPort: 9090 }] },
      ],
      volumes: [{ name: 'config', configMap: { name: 'web-config' } }],
    },
  })
}

export const podPatch = JSON.stringify({
  metadata: { annotations: { 'example.com/patched': 'yes' } },
  spec: { containers: [{ name: 'web', image: 'registry.example.com/web:1.2.4' }] },
})

export const podApplied = JSON.stringify({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { labels: { applied: 'yes' } },
  spec: { containers: [{ name: 'web', image: 'registry.example.com/web:1.2.5' }] },
})

export const podStatusPatch = JSON.stringify({
  status: {
    phase: 'Running',
    conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: '2026-01-01T00:00:00Z' }],
  },
})

export function deployment(name, replicas, version) {
  const labels = { app: name }
  const container = {
    name: 'web',
    image: `registry.example.com/web:${version}`,
    resources: { requests: { cpu: '10m', memory: '16Mi' } },
  }
  return JSON.stringify({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, labels },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [container] } },
    },
  })
}

/** With room for the pods of every workload; KWOK fills in the rest as KubEmu's kubelet does. */
export function node(name) {
  const room = { cpu: '64', memory: '256Gi', pods: '1000' }
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, labels: { 'kubernetes.io/hostname': name }, annotations: { 'kwok.x-k8s.io/node': 'fake' } },
    status: { capacity: room, allocatable: room },
  })
}
