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
