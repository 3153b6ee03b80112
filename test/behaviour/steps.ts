/** Small words to write lists of requests with. */
import type { Step } from '../support/player.ts'

export const CONFIG_MAPS = '/api/v1/namespaces/$ns/configmaps'
export const PODS = '/api/v1/namespaces/$ns/pods'
export const DEPLOYMENTS = '/apis/apps/v1/namespaces/$ns/deployments'

export function step(request: string, body?: unknown, more: Omit<Step, 'request' | 'body'> = {}): Step {
  return { request, ...(body === undefined ? {} : { body }), ...more }
}

/** The namespace that the topic works in. */
export const makeNamespace = step(
  'POST /api/v1/namespaces',
  { apiVersion: 'v1', kind: 'Namespace', metadata: { name: '$ns' } },
  { silent: true },
)

export function configMap(name: string, data: Record<string, string> = {}, metadata: object = {}): object {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, ...metadata }, data }
}

export function pod(name: string, metadata: object = {}, spec: object = {}): object {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, ...metadata },
    spec: { containers: [{ name: 'c', image: 'nginx:1' }], ...spec },
  }
}

export function deployment(name: string, metadata: object = {}, spec: object = {}): object {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, ...metadata },
    spec: {
      selector: { matchLabels: { app: name } },
      template: { metadata: { labels: { app: name } }, spec: { containers: [{ name: 'c', image: 'nginx:1' }] } },
      ...spec,
    },
  }
}

export const JSON_PATCH = { 'content-type': 'application/json-patch+json' }
export const MERGE_PATCH = { 'content-type': 'application/merge-patch+json' }
export const STRATEGIC_PATCH = { 'content-type': 'application/strategic-merge-patch+json' }
export const TABLE = { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json' }
export const PARTIAL = { accept: 'application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io,application/json' }
export const PARTIAL_LIST = {
  accept: 'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io,application/json',
}
