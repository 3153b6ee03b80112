/** CustomResourceDefinitions as this code reads them, and questions asked of them. Mirrors apiextensions-apiserver/pkg/apihelpers. */
import { formatTime } from '../../apimachinery/clock.ts'
import type { KubeObject } from '../../apimachinery/meta.ts'
import type { JsonSchema } from '../../apimachinery/schema/custom/json-schema.ts'

export const CRDS = 'customresourcedefinitions.apiextensions.k8s.io'
export const CRD_PREFIX = '/registry/apiextensions.k8s.io/customresourcedefinitions/'
export const CLEANUP_FINALIZER = 'customresourcecleanup.apiextensions.k8s.io'

export interface Names {
  plural: string
  singular?: string
  shortNames?: string[]
  kind: string
  listKind?: string
  categories?: string[]
}

export interface Column {
  name: string
  type: string
  format?: string
  description?: string
  priority?: number
  jsonPath: string
}

export interface ScalePaths {
  specReplicasPath: string
  statusReplicasPath: string
  labelSelectorPath?: string
}

export interface Version {
  name: string
  served: boolean
  storage: boolean
  deprecated?: boolean
  deprecationWarning?: string
  schema?: { openAPIV3Schema?: JsonSchema }
  subresources?: { status?: object; scale?: ScalePaths }
  additionalPrinterColumns?: Column[]
  selectableFields?: { jsonPath: string }[]
}

export interface Condition {
  type: string
  status: string
  lastTransitionTime?: string
  reason?: string
  message?: string
}

export interface Conversion {
  strategy: string
  webhook?: {
    clientConfig?: { url?: string; service?: Record<string, unknown>; caBundle?: string }
    conversionReviewVersions: string[] | null
  }
}

export interface CustomResourceDefinition extends KubeObject {
  spec: {
    group: string
    names: Names
    scope: string
    versions: Version[] | null
    conversion?: Conversion
    preserveUnknownFields?: boolean
  }
  status: {
    conditions?: Condition[] | null
    acceptedNames: Names
    storedVersions: string[] | null
  }
}

export function conditionOf(crd: CustomResourceDefinition, type: string): Condition | undefined {
  return crd.status.conditions?.find((condition) => condition.type === type)
}

export const isTrue = (crd: CustomResourceDefinition, type: string): boolean =>
  conditionOf(crd, type)?.status === 'True'

/** The conditions with this one in its place; the time moves with the status only. */
export function withCondition(crd: CustomResourceDefinition, condition: Condition, now: number): Condition[] {
  const old = conditionOf(crd, condition.type)
  const lastTransitionTime = old?.status === condition.status ? old.lastTransitionTime : formatTime(now)
  const { type, status, reason, message } = condition
  const next = { type, status, lastTransitionTime, reason, message } as Condition
  const conditions = crd.status.conditions ?? []
  return old ? conditions.map((one) => (one === old ? next : one)) : [...conditions, next]
}

/** Undefined where no version is stored: such a definition is not valid. */
export const storageVersion = (crd: CustomResourceDefinition): string | undefined =>
  crd.spec.versions?.find(({ storage }) => storage)?.name
