/** What cases of the scheduler are made of: nodes, pods that have one, and pods that want one. */
import type { DynamicObject } from '../../../src/apimachinery/meta.ts'
import type { Case, Step } from './case.ts'

export interface NodeShape {
  cpu?: string
  memory?: string
  labels?: Record<string, string>
  taints?: object[]
  unschedulable?: boolean
  /** Further resources, and `pods`. */
  more?: Record<string, string>
  images?: object[]
}

/** 4 cpu, 8Gi and the label of its host name, unless it says otherwise. */
export function node(name: string, shape: NodeShape = {}): DynamicObject {
  const { cpu = '4', memory = '8Gi', labels, taints, unschedulable, more, images } = shape
  const allocatable = { cpu, memory, pods: '110', ...more }
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, labels: { 'kubernetes.io/hostname': name, ...labels } },
    spec: { ...(taints ? { taints } : {}), ...(unschedulable ? { unschedulable } : {}) },
    status: { allocatable, capacity: allocatable, ...(images ? { images } : {}) },
  } as DynamicObject
}

export const asks = (requests: Record<string, string>): object => ({
  resources: { requests, limits: onlyExtended(requests) },
})

function onlyExtended(requests: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(requests).filter(([name]) => name.includes('/') || name.includes('huge')))
}

export interface PodShape {
  labels?: Record<string, string>
  requests?: Record<string, string>
  node?: string
  spec?: object
  status?: object
  metadata?: object
}

export function pod(
  name: string,
  { labels, requests = {}, node, spec, status, metadata }: PodShape = {},
): DynamicObject {
  const containers = [{ name: 'main', image: 'busybox', ...asks(requests) }]
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, ...(labels ? { labels } : {}), ...metadata },
    spec: { containers, ...(node ? { nodeName: node } : {}), ...spec },
    ...(status ? { status } : {}),
  } as DynamicObject
}

export const priorityClass = (name: string, value: number, more: object = {}): DynamicObject =>
  ({ apiVersion: 'scheduling.k8s.io/v1', kind: 'PriorityClass', metadata: { name }, value, ...more }) as DynamicObject

/** What is there before anything is scheduled. */
export const given = (...objects: DynamicObject[]): Step => ({ create: objects })
export const create = (...objects: DynamicObject[]): Step => ({ create: objects })
export const gone = (name: string): Step => ({ delete: { resource: 'pods', name, gone: true } })
export const patchNode = (name: string, merge: object): Step => ({ patch: { resource: 'nodes', name, merge } })
export const patchPod = (name: string, merge: object): Step => ({ patch: { resource: 'pods', name, merge } })

/** One pod comes to what is there. */
export const comes = (title: string, before: DynamicObject[], shape: PodShape): Case => ({
  title,
  steps: [given(...before), create(pod('p', shape))],
})
