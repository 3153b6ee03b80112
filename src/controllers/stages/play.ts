/** Plays the steps of a Stage for an object. Mirrors kwok pkg/utils/lifecycle/{next,finalizers}.go. */
import { CORE_SCHEMA, load } from 'js-yaml'
import { isAlreadyExists, isNotFound, isStatusError } from '../../apimachinery/errors.ts'
import type { Template } from '../../apimachinery/gotemplate/template.ts'
import type { KubeObject } from '../../apimachinery/meta.ts'
import type { Client } from '../client.ts'
import type { ControllerContext } from '../controller.ts'
import type { CompiledStage, CompiledStep } from './compile.ts'
import { functionsIn, type Surroundings } from './functions.ts'
import type { StageFinalizers } from './stage.ts'

/** A template that cannot be executed, or does not make YAML, or not what can be written. */
export class StageFailure extends Error {}

/** Of writes that are refused the next time, too. */
const REFUSALS = ['Invalid', 'BadRequest']

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
    if (REFUSALS.some((reason) => isStatusError(error, reason))) throw new StageFailure((error as Error).message)
    if (!isNotFound(error)) throw error
  }
}

async function playStep(
  step: CompiledStep,
  resource: string,
  object: KubeObject,
  around: Surroundings,
  context: ControllerContext,
): Promise<void> {
  const { client, recorder } = context
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
  if (step.patch) await patchObject(step.patch, resource, object, around, client)
  if (step.apply) await applyObject(step.apply, object, around, context)
}

async function patchObject(
  { type, subresource, root, template, user }: NonNullable<CompiledStep['patch']>,
  resource: string,
  object: KubeObject,
  around: Surroundings,
  client: Client,
): Promise<void> {
  const { namespace = '', name = '' } = object.metadata
  const content = contentOf(template, object, around)
  const isTyped = resource === 'pods' || resource === 'nodes'
  const kind = type ?? (isTyped ? 'strategic' : 'merge')
  const patch = kind === 'json' ? prefixed(root, content) : root === '' ? content : { [root]: content ?? {} }
  const writer = user === undefined ? client : client.as(user)
  await writer.patch(resource, namespace, name, kind, patch, subresource ? { subresource } : {})
}

/** Makes another object, or changes the one that is there. A place for it that is not there is a failure of the Stage. */
async function applyObject(
  { type, subresource, template, user }: NonNullable<CompiledStep['apply']>,
  source: KubeObject,
  around: Surroundings,
  { client, resourceFor }: ControllerContext,
): Promise<void> {
  const content = contentOf(template, source, around) as KubeObject | undefined
  if (!content?.apiVersion || !content.kind) throw new StageFailure('template must include apiVersion and kind')
  const resource = resourceFor(content.apiVersion, content.kind)
  if (!resource) throw new StageFailure(`failed to map ${content.apiVersion}, Kind=${content.kind}: no matches for it`)
  const namespace = resource.namespaced ? content.metadata?.namespace || source.metadata.namespace : undefined
  const object = { ...content, metadata: { ...content.metadata, ...(namespace ? { namespace } : {}) } }
  const writer = user === undefined ? client : client.as(user)
  const patch = (options = {}) =>
    writer.patch(resource.name, namespace ?? '', object.metadata.name ?? '', type, object, options)
  try {
    await (subresource ? patch({ subresource }) : writer.create(resource.name, object))
  } catch (error) {
    if (isNotFound(error)) throw new StageFailure(error.message)
    if (subresource || !isAlreadyExists(error)) throw error
    await patch()
  }
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
