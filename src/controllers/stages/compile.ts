/** Stages, compiled once for each version of the object, and the choice among them. Mirrors kwok pkg/utils/lifecycle/lifecycle.go. */

import { compileTemplate, type Template } from '../../apimachinery/gotemplate/template.ts'
import type { KubeObject } from '../../apimachinery/meta.ts'
import type { Random } from '../../apimachinery/random.ts'
import type { PatchType } from '../client.ts'
import {
  compileDuration,
  compileSelector,
  compileWeight,
  type Milliseconds,
  type Predicate,
  type Weight,
} from './expressions.ts'
import { FUNCTION_NAMES } from './functions.ts'
import type {
  Impersonation,
  Stage,
  StageApply,
  StageEvent,
  StageFinalizers,
  StageNext,
  StagePatch,
  StageSpec,
  StageStep,
} from './stage.ts'

export interface CompiledStage {
  /** Of its group, too: both groups may have one of a name. */
  name: string
  apiVersion: string
  kind: string
  selects: Predicate
  weight: Weight
  duration?: Milliseconds
  jitter?: Milliseconds
  steps: readonly CompiledStep[]
  immediateNextStage: boolean
}

export interface CompiledStep {
  event?: StageEvent
  finalizers?: StageFinalizers
  delete?: boolean
  patch?: { type?: PatchType; subresource: string; root: string; template: Template; user?: string }
  apply?: { type: PatchType; subresource: string; template: Template; user?: string }
}

/** A stage, or what is wrong with it. */
export type Compiled = { stage: CompiledStage; problem?: undefined } | { stage?: undefined; problem: string }

const kept = new WeakMap<KubeObject, Compiled>()

export function compileStage(object: Stage): Compiled {
  let compiled = kept.get(object)
  if (!compiled) {
    compiled = compile(object)
    kept.set(object, compiled)
  }
  return compiled
}

function compile(object: Stage): Compiled {
  try {
    return { stage: compileSpec(`${object.apiVersion}/${object.metadata.name}`, object.spec) }
  } catch (error) {
    return { problem: (error as Error).message }
  }
}

function compileSpec(name: string, spec: StageSpec | undefined): CompiledStage {
  if (!spec?.resourceRef?.kind) throw new Error('spec.resourceRef.kind is missing')
  const { resourceRef, selector, delay, weight, weightFrom, immediateNextStage = false } = spec
  const hasJitter = delay?.jitterDurationMilliseconds !== undefined || delay?.jitterDurationFrom
  return {
    name,
    apiVersion: resourceRef.apiGroup || 'v1',
    kind: resourceRef.kind,
    selects: selector ? compileSelector(selector) : () => false,
    weight: compileWeight(weight, weightFrom),
    ...(delay ? { duration: compileDuration(delay.durationMilliseconds ?? 0, delay.durationFrom) } : {}),
    ...(hasJitter ? { jitter: compileDuration(delay.jitterDurationMilliseconds, delay.jitterDurationFrom) } : {}),
    steps: (spec.steps?.length ? spec.steps : stepsOf(spec.next ?? {})).map(compileStep),
    immediateNextStage,
  }
}

/** The older form, as steps. */
function stepsOf({ event, finalizers, delete: deletes, patches, ...status }: StageNext): StageStep[] {
  const patch: StagePatch = {
    subresource: status.statusSubresource ?? 'status',
    root: 'status',
    template: status.statusTemplate,
    ...(status.statusPatchAs ? { impersonation: status.statusPatchAs } : {}),
  }
  const changes = patches?.length ? patches : status.statusTemplate ? [patch] : []
  return [
    ...(event ? [{ event }] : []),
    ...(finalizers ? [{ finalizers }] : []),
    ...(deletes ? [{ delete: true }] : []),
    ...changes.map((change) => ({ patch: change })),
  ]
}

const PATCH_TYPES = new Set(['json', 'merge', 'strategic'])
const APPLY_TYPES = new Set(['apply', 'merge', 'strategic'])

function compileStep({ event, finalizers, delete: deletes, patch, apply }: StageStep): CompiledStep {
  const step = { event, finalizers, delete: deletes, ...(apply ? { apply: compileApply(apply) } : {}) }
  if (!patch) return step
  const { type, subresource = '', root = '', template = '', impersonation } = patch
  const compiled = { subresource, root, template: compileText(template), ...userOf(impersonation) }
  return { ...step, patch: { type: typeAmong(PATCH_TYPES, type), ...compiled } }
}

function compileApply({ template = '', subresource = '', type, impersonation }: StageApply): CompiledStep['apply'] {
  const kind = typeAmong(APPLY_TYPES, type) ?? 'apply'
  return { type: kind, subresource, template: compileText(template), ...userOf(impersonation) }
}

const compileText = (template: string): Template => compileTemplate(template.trim(), FUNCTION_NAMES)

const userOf = (impersonation: Impersonation | undefined): { user?: string } =>
  impersonation?.username ? { user: impersonation.username } : {}

function typeAmong(types: ReadonlySet<string>, type: string | undefined): PatchType | undefined {
  if (type && !types.has(type)) throw new Error(`the patch type ${JSON.stringify(type)} is not supported`)
  return type ? (type as PatchType) : undefined
}

/** The stage that is next for the object; several are drawn by weight. A weight of 0 counts only where all have it. */
export function chooseStage(
  stages: readonly CompiledStage[],
  object: KubeObject,
  random: Random,
): CompiledStage | undefined {
  const matching = stages.filter((stage) => stage.selects(object))
  if (matching.length <= 1) return matching[0]
  const weighed = matching.map((stage) => ({ stage, weight: stage.weight(object) }))
  const total = weighed.reduce((sum, { weight }) => sum + Math.max(0, weight ?? 0), 0)
  if (total === 0) {
    const said = weighed.filter(({ weight }) => weight !== undefined)
    const among = said.length > 0 ? said : weighed
    return among[Math.floor(random.next() * among.length)].stage
  }
  let left = random.next() * total
  return weighed.find(({ weight }) => {
    left -= Math.max(0, weight ?? 0)
    return left < 0
  })?.stage
}

/** How long the object stays as it is before the stage is played, ms. */
export function delayOf({ duration, jitter }: CompiledStage, object: KubeObject, now: number, random: Random): number {
  const ms = duration?.(object, now)
  if (ms === undefined) return 0
  const end = jitter?.(object, now)
  if (end === undefined) return ms
  return end <= ms ? end : ms + Math.floor(random.next() * (end - ms))
}
