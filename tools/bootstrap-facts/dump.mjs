// Writes facts/bootstrap-<minor>.json from a fresh kube-apiserver: what every cluster holds before anyone asked for anything.
// Usage: KUBE_SERVER=https://127.0.0.1:6443 KUBE_TOKEN=... NODE_TLS_REJECT_UNAUTHORIZED=0 node tools/bootstrap-facts/dump.mjs > facts/bootstrap-1.37.json
// Objects that depend on the run (the kubernetes Service and its endpoints, the identity Lease, ...) are made by code and not dumped.

const server = process.env.KUBE_SERVER
const headers = { authorization: `Bearer ${process.env.KUBE_TOKEN}` }

const RESOURCES = [
  '/api/v1/namespaces',
  '/apis/scheduling.k8s.io/v1/priorityclasses',
  '/apis/flowcontrol.apiserver.k8s.io/v1/prioritylevelconfigurations',
  '/apis/flowcontrol.apiserver.k8s.io/v1/flowschemas',
  '/apis/rbac.authorization.k8s.io/v1/clusterroles',
  '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings',
  '/apis/rbac.authorization.k8s.io/v1/roles',
  '/apis/rbac.authorization.k8s.io/v1/rolebindings',
  '/apis/apiregistration.k8s.io/v1/apiservices',
]

const SERVER_FIELDS = ['uid', 'resourceVersion', 'creationTimestamp', 'managedFields', 'generation']

function strip(object) {
  for (const field of SERVER_FIELDS) delete object.metadata[field]
  for (const condition of object.status?.conditions ?? []) delete condition.lastTransitionTime
  delete object.apiVersion
  delete object.kind
  return object
}

const out = []
for (const path of RESOURCES) {
  const list = await (await fetch(server + path, { headers })).json()
  out.push({
    resource: path.startsWith('/api/') ? 'namespaces' : `${path.split('/')[4]}.${path.split('/')[2]}`,
    apiVersion: list.apiVersion,
    kind: list.kind.slice(0, -'List'.length),
    objects: list.items.map(strip),
  })
}
const body = out.map(
  (entry) =>
    `{"resource":${JSON.stringify(entry.resource)},"apiVersion":${JSON.stringify(entry.apiVersion)},"kind":${JSON.stringify(entry.kind)},"objects":[\n${entry.objects.map((object) => JSON.stringify(object)).join(',\n')}\n]}`,
)
process.stdout.write(`[\n${body.join(',\n')}\n]\n`)
