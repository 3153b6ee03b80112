/** `/livez`, `/readyz`, `/healthz` and their single checks. Mirrors apiserver/pkg/server/healthz. */
import { type Document, type DocumentRequest, errorDocument } from './document.ts'

/** Checks of the server's start, in the order of 1.37. All are done before KubEmu listens, so they pass unless said otherwise. */
const START_CHECKS = [
  'poststarthook/start-apiserver-admission-initializer',
  'poststarthook/generic-apiserver-start-informers',
  'poststarthook/priority-and-fairness-config-consumer',
  'poststarthook/priority-and-fairness-filter',
  'poststarthook/storage-object-count-tracker-hook',
  'poststarthook/start-apiextensions-informers',
  'poststarthook/start-apiextensions-controllers',
  'poststarthook/crd-informer-synced',
  'poststarthook/start-system-namespaces-controller',
  'poststarthook/peer-endpoint-reconciler-controller',
  'poststarthook/start-cluster-authentication-info-controller',
  'poststarthook/start-kube-apiserver-identity-lease-controller',
  'poststarthook/start-kube-apiserver-identity-lease-garbage-collector',
  'poststarthook/storage-readiness',
  'poststarthook/start-legacy-token-tracking-controller',
  'poststarthook/start-service-ip-repair-controllers',
  'poststarthook/rbac/bootstrap-roles',
  'poststarthook/scheduling/bootstrap-system-priority-classes',
  'poststarthook/priority-and-fairness-config-producer',
  'poststarthook/bootstrap-controller',
  'poststarthook/start-kubernetes-service-cidr-controller',
  'poststarthook/start-kube-aggregator-informers',
  'poststarthook/apiservice-status-local-available-controller',
  'poststarthook/apiservice-status-remote-available-controller',
  'poststarthook/apiservice-registration-controller',
  'poststarthook/apiservice-discovery-controller',
  'poststarthook/kube-apiserver-autoregistration',
  'autoregister-completion',
  'poststarthook/apiservice-openapi-controller',
  'poststarthook/apiservice-openapiv3-controller',
]

const LIVE_CHECKS = ['ping', 'log', 'loopback-serving-certificate', 'etcd', ...START_CHECKS]

const CHECKS = new Map<string, readonly string[]>([
  ['healthz', LIVE_CHECKS],
  ['livez', LIVE_CHECKS],
  ['readyz', ['ping', 'log', 'etcd', 'etcd-readiness', 'informer-sync', ...START_CHECKS, 'shutdown']],
])

const HEALTH = /^\/(healthz|livez|readyz)(?:\/(.+))?$/

/** Name of a check (`etcd`, `shutdown`) and why it fails now. */
export type FailingChecks = ReadonlyMap<string, string>

/** Every path that answers a check. */
export function healthPaths(): string[] {
  return [...CHECKS].flatMap(([endpoint, names]) => [`/${endpoint}`, ...names.map((name) => `/${endpoint}/${name}`)])
}

/** Whether a path is for the health checks: only then are they made. */
export function isHealthPath(path: string): boolean {
  return HEALTH.test(path)
}

function singleCheck(failure: string | undefined): Document {
  if (failure !== undefined) return errorDocument(500, `internal server error: ${failure}`)
  return { status: 200, headers: { 'content-type': 'text/plain; charset=utf-8' }, body: Buffer.from('ok') }
}

/** The text of every check, then the verdict. The reason of a failure is told by the single check only. */
function allChecks(endpoint: string, request: DocumentRequest, failing: FailingChecks): Document {
  const names = CHECKS.get(endpoint) ?? []
  const excluded = new Set(request.query.getAll('exclude'))
  let text = ''
  let failed = false
  for (const name of names) {
    if (excluded.delete(name)) text += `[+]${name} excluded: ok\n`
    else if (failing.has(name)) {
      failed = true
      text += `[-]${name} failed: reason withheld\n`
    } else text += `[+]${name} ok\n`
  }
  if (excluded.size > 0) {
    const unknown = [...excluded].sort().map((name) => JSON.stringify(name))
    text += `warn: some health checks cannot be excluded: no matches for ${unknown.join(',')}\n`
  }
  if (failed) return errorDocument(500, `${text}${endpoint} check failed`)
  const body = request.query.has('verbose') ? `${text}${endpoint} check passed\n` : 'ok'
  return { ...errorDocument(200, ''), body: Buffer.from(body) }
}

/** Undefined where the path names no check. */
export function healthDocument(request: DocumentRequest, failing: FailingChecks): Document | undefined {
  const [, endpoint, name] = HEALTH.exec(request.path) ?? []
  if (!endpoint) return undefined
  if (name === undefined) return allChecks(endpoint, request, failing)
  return CHECKS.get(endpoint)?.includes(name) ? singleCheck(failing.get(name)) : undefined
}
