/**
 * What a fresh kube-apiserver holds before anyone asks it for anything. Mirrors the post-start hooks of pkg/controlplane and
 * plugin/pkg/auth/authorizer/rbac/bootstrappolicy. Default ServiceAccounts and kube-root-ca.crt are controllers' work.
 */
import { formatTime } from '../../apimachinery/clock.ts'
import type { DynamicObject } from '../../apimachinery/meta.ts'
import { readPackageFile } from '../../apimachinery/package-root.ts'
import type { BootstrapObject, BootstrapOptions } from './bootstrap-object.ts'
import { kubernetesServiceObjects } from './kubernetes-service.ts'

interface BootstrapFacts {
  resource: string
  apiVersion: string
  kind: string
  objects: DynamicObject[]
}

/**
 * The objects in the order to create them: namespaces first. `admin`, `edit` and `view` come as the real server makes them, with an
 * aggregationRule and no rules: aggregating them is a controller's work.
 */
export function bootstrapObjects(options: BootstrapOptions): BootstrapObject[] {
  const time = formatTime(options.now)
  const [namespaces, ...rest] = loadBootstrapFacts().map((entry) =>
    entry.objects.map((object) => fixed(entry, object, time)),
  )
  return [...(namespaces ?? []), ...rest.flat(), ...kubernetesServiceObjects(options), tokenTracking(time)]
}

/** Parsed anew for each caller, so that no two clusters share an object. */
function loadBootstrapFacts(): BootstrapFacts[] {
  return JSON.parse(readPackageFile('facts/bootstrap-1.37.json')) as BootstrapFacts[]
}

function fixed(entry: BootstrapFacts, facts: DynamicObject, time: string): BootstrapObject {
  const { status, ...fields } = facts
  const object: DynamicObject = { ...fields, apiVersion: entry.apiVersion, kind: entry.kind }
  if (status === undefined || Object.keys(status).length === 0) return { resource: entry.resource, object }
  for (const condition of status.conditions ?? []) condition.lastTransitionTime = time
  return { resource: entry.resource, object, status }
}

function tokenTracking(time: string): BootstrapObject {
  return {
    resource: 'configmaps',
    object: {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'kube-apiserver-legacy-service-account-token-tracking', namespace: 'kube-system' },
      data: { since: time.slice(0, 10) },
    },
  }
}
