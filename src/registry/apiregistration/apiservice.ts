/** APIServices as the aggregator reads them. Mirrors kube-aggregator/pkg/apis/apiregistration/v1 and its helper. */
import { formatTime } from '../../apimachinery/clock.ts'
import type { DynamicObject, KubeObject } from '../../apimachinery/meta.ts'
import type { OutboundTarget } from '../outbound.ts'

export const APISERVICES = 'apiservices.apiregistration.k8s.io'
export const DEFAULT_PORT = 443

export interface APIService extends KubeObject {
  spec: {
    group?: string
    version: string
    groupPriorityMinimum: number
    versionPriority: number
    service?: { namespace: string; name: string; port?: number }
    caBundle?: string
    insecureSkipTLSVerify?: boolean
  }
  status?: { conditions?: ServiceCondition[] }
}

export interface ServiceCondition {
  type: string
  status: string
  lastTransitionTime?: string
  reason: string
  message: string
}

/** What the Available condition says, without its time. */
export type Availability = Pick<ServiceCondition, 'status' | 'reason' | 'message'>

/** An API of another server: what is proxied, and what discovery says of it. */
export interface RemoteApi {
  group: string
  version: string
  groupPriority: number
  versionPriority: number
  target: OutboundTarget
  available: boolean
  /** `resources` of aggregated discovery; empty as long as nobody could be asked. */
  resources: readonly object[]
  /** The server's own documents, where it has them. */
  openApiV2?: Record<string, unknown> | undefined
  openApiV3?: Record<string, unknown> | undefined
}

export function isAvailable({ status }: APIService): boolean {
  return status?.conditions?.some(({ type, status }) => type === 'Available' && status === 'True') ?? false
}

/** The conditions with this one; the time is kept while the status stays. */
export function withAvailability(service: APIService, availability: Availability, now: number): ServiceCondition[] {
  const conditions = service.status?.conditions ?? []
  const old = conditions.find(({ type }) => type === 'Available')
  const time = old?.status === availability.status ? old.lastTransitionTime : undefined
  const next = { type: 'Available', ...availability, lastTransitionTime: time ?? formatTime(now) }
  return old ? conditions.map((condition) => (condition === old ? next : condition)) : [...conditions, next]
}

/** How to reach the server behind it. Port and name as the spec says. */
export function targetOf({ spec }: APIService): OutboundTarget {
  const { service, caBundle, insecureSkipTLSVerify } = spec
  return {
    service: { namespace: service?.namespace ?? '', name: service?.name ?? '', port: service?.port ?? DEFAULT_PORT },
    ...(caBundle ? { caBundle } : {}),
    ...(insecureSkipTLSVerify ? { insecureSkipTLSVerify } : {}),
  }
}

export const asObject = (service: APIService): DynamicObject => service as unknown as DynamicObject
