/** Which Stages there are for a kind, and which objects are theirs rather than the kubelet's. */
import type { KubeObject } from '../../apimachinery/meta.ts'
import type { ControllerContext } from '../controller.ts'
import { type CompiledStage, compileStage } from './compile.ts'
import { STAGE_RESOURCES, type Stage } from './stage.ts'

/** What Stages write is noted in managedFields under this name. */
export const STAGE_MANAGER = 'kubemu-stages'

/** Usable Stages for objects of a resource, by name. `context` belongs to a controller that reads both Stage resources. */
export function stagesFor(resource: string, context: ControllerContext): CompiledStage[] {
  return allStages(context)
    .flatMap((object) => compileStage(object).stage ?? [])
    .filter(({ apiVersion, kind }) => context.resourceFor(apiVersion, kind)?.name === resource)
}

function allStages(context: ControllerContext): readonly Stage[] {
  if (!context.settings.stages) return []
  const [own, kwok] = STAGE_RESOURCES.map((resource) =>
    context.isServed(resource) ? context.lister<Stage>(resource).list() : [],
  )
  return [...own, ...kwok]
}

/**
 * An object belongs to the Stages of its kind as soon as one selects it, and from then on: whoever plays it has written to it. A deletion that no
 * Stage is for is left to the kubelet.
 */
export function isStaged(resource: string, object: KubeObject, context: ControllerContext): boolean {
  if (!context.settings.stages) return false
  const stages = stagesFor(resource, context)
  if (stages.length === 0) return false
  if (stages.some((stage) => stage.selects(object))) return true
  const { deletionTimestamp, managedFields = [] } = object.metadata
  return !deletionTimestamp && managedFields.some(({ manager }) => manager === STAGE_MANAGER)
}
