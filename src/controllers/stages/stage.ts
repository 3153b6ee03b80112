/** The Stage resource, in the shape of KWOK's: what happens next to the objects that it selects. Mirrors kwok pkg/apis/v1alpha1/stage_types.go. */
import type { KubeObject } from '../../apimachinery/meta.ts'

export const STAGE_RESOURCES = ['stages.kubemu.dev', 'stages.kwok.x-k8s.io'] as const

export interface Stage extends KubeObject {
  spec?: StageSpec
}

export interface StageSpec {
  /** `apiGroup` is a group with its version; default `v1`. */
  resourceRef: { apiGroup?: string; kind: string }
  /** Without one the stage is played for nothing. */
  selector?: StageSelector
  /** Of several stages that select an object one is drawn by their weights. */
  weight?: number
  weightFrom?: ExpressionFrom
  delay?: StageDelay
  next?: StageNext
  /** The newer form of `next`: goes before it. */
  steps?: StageStep[]
  immediateNextStage?: boolean
}

export interface StageSelector {
  matchLabels?: Record<string, string>
  matchAnnotations?: Record<string, string>
  matchExpressions?: MatchExpression[]
}

/** One of the three forms. */
export interface MatchExpression {
  cel?: { expression: string }
  jq?: JqRequirement
  key?: string
  operator?: string
  values?: string[]
}

export interface JqRequirement {
  key: string
  operator: string
  values?: string[]
}

/** One of the three forms; the first is jq. */
export interface ExpressionFrom {
  expressionFrom?: string
  jq?: { expression: string }
  cel?: { expression: string }
}

export interface StageDelay {
  durationMilliseconds?: number
  durationFrom?: ExpressionFrom
  /** The upper end: the delay is drawn between the duration and this. */
  jitterDurationMilliseconds?: number
  jitterDurationFrom?: ExpressionFrom
}

export interface StageNext {
  event?: StageEvent
  finalizers?: StageFinalizers
  delete?: boolean
  patches?: StagePatch[]
  statusTemplate?: string
  statusSubresource?: string
  statusPatchAs?: Impersonation
}

/** All that a step has happens, in the order of the members here. */
export interface StageStep {
  event?: StageEvent
  finalizers?: StageFinalizers
  delete?: boolean
  patch?: StagePatch
  apply?: StageApply
}

/** Who writes, if it is not the player of Stages. */
export interface Impersonation {
  username?: string
}

/** Another object is made, or changed if it is there. */
export interface StageApply {
  /** The object; without a namespace it is in that of the object that the Stage selects. */
  template?: string
  /** Only this of an object that is there. */
  subresource?: string
  /** How one that is there is changed: apply (default), merge or strategic. */
  type?: string
  impersonation?: Impersonation
}

export interface StageEvent {
  type?: string
  reason?: string
  message?: string
}

export interface StageFinalizers {
  add?: { value?: string }[]
  remove?: { value?: string }[]
  empty?: boolean
}

export interface StagePatch {
  subresource?: string
  /** The member that the template is the content of. */
  root?: string
  template?: string
  /** Default: strategic for pods and nodes, merge for all others. */
  type?: string
  impersonation?: Impersonation
}
