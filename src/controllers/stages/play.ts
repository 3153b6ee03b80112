/** Plays the steps of a Stage for an object. Mirrors kwok pkg/utils/lifecycle/{next,finalizers}.go. */
import { CORE_SCHEMA, load } from 'js-yaml'
import { isNotFound } from '../../apimachinery/errors.ts'
import type { Template } from '../../apimachinery/gotemplate/template.ts'
import type { KubeObject } from '../../apimachinery/meta.ts'
import type { ControllerContext } from '../controller.ts'
import type { CompiledStage, CompiledStep } from './compile.ts'
import { functionsIn, type Surroundings } from './functions.ts'
import type { StageFinalizers } from './stage.ts'

/** A template that cannot be executed, or does not make YAML. */
export class StageFailure extends Error {}

/** Resolves also when the object goes in between. Rejects with a StageFailure or a StatusError when a step fails; the steps before it are done. */
export async function playStage(
  { steps }: CompiledStage,
  resource: string,
  object: KubeObject,
  around: Surroundings,
  context: ControllerContext,
): Promise<void> {
  try {
    for (const step of steps) await playStep(step, resource, object, around, context)
  } catch (error) {
    if (!isNotFound(error)) throw error
  }
}

async function playStep(
  step: CompiledStep,
  resource: string,
  object: KubeObject,
  around: Surroundings,
  { client, recorder }: ControllerContext,
): Promise<void> {
  const { namespace = '', name = '', uid } = object.metadata
  if (step.event) {
    const { type, reason = '', message = '' } = step.event
    recorder.event(object, type === 'Warning' ? 'Warning' : 'Normal', reason, message)
  }
  const { finalizers } = step
  if (finalizers) await client.modify(resource, namespace, name, (old) => withFinalizers(old, finalizers))
  if (step.delete) {
    return client.delete(resource, namespace, name, { gracePeriodSeconds: 0, preconditions: { uid } })
  }
  if (!step.patch) return
  const { type, subresource, root, template } = step.patch
  const content = contentOf(template, object, around)
  const isTyped = resource === 'pods' || resource === 'nodes'
  const kind = type ?? (isTyped ? 'strategic' : 'merge')
  const patch = kind === 'json' ? prefixed(root, content) : root === '' ? content : { [root]: content ?? {} }
  await client.patch(resource, namespace, name, kind, patch, subresource ? { subresource } : {})
}

function contentOf(template: Template, object: KubeObject, around: Surroundings): unknown {
  try {
    return load(template.execute(object, functionsIn(around)), { schema: CORE_SCHEMA })
  } catch (error) {
    throw new StageFailure((error as Error).message)
  }
}

/** The operations of a JSON patch, under the member that the template is the content of. */
function prefixed(root: string, operations: unknown): unknown {
  if (root === '' || !Array.isArray(operations)) return operations
  return operations.map((operation: { path?: string }) => ({ ...operation, path: `/${root}${operation.path ?? ''}` }))
}

/** The same object when its finalizers are right. */
function withFinalizers<T extends KubeObject>(old: T, { add = [], remove = [], empty }: StageFinalizers): T {
  const present = old.metadata.finalizers ?? []
  const removed = new Set(remove.map(({ value }) => value))
  const kept = empty ? [] : present.filter((finalizer) => !removed.has(finalizer))
  const added = add.flatMap(({ value }) => (value && !kept.includes(value) ? [value] : []))
  const finalizers = [...kept, ...added]
  const isSame = finalizers.length === present.length && finalizers.every((each, i) => each === present[i])
  return isSame ? old : { ...old, metadata: { ...old.metadata, finalizers } }
}
