/** Plays Stages: what users say happens to the objects of a kind, in place of the kubelet or of controllers that there are not. Mirrors kwok pkg/kwok/controllers. */
import type { KubeObject } from '../../apimachinery/meta.ts'
import type { Node, Pod } from '../../types/core-v1.ts'
import { type ControllerContext, defineController, type Key, type Result, type Watch } from '../controller.ts'
import { hostAddresses } from '../kubelet/addresses.ts'
import { addressesFor, knownPod } from '../kubelet/known-pods.ts'
import { BEHAVIOR_RESOURCE, compileRule } from '../kubelet/rules.ts'
import { stateOf as kubeletStateOf } from '../kubelet/state.ts'
import { perRun } from '../state.ts'
import { type CompiledStage, chooseStage, compileStage, delayOf } from './compile.ts'
import type { Surroundings } from './functions.ts'
import { stagesFor } from './ownership.ts'
import { playStage, StageFailure } from './play.ts'
import { STAGE_RESOURCES, type Stage } from './stage.ts'

/** The stage that waits to be played for an object, or was the last. */
interface Turn {
  uid: string | undefined
  stage: string
  due: number
  played: boolean
}

/** By key. */
const turnsOf = perRun((context) => ({ turns: new Map<string, Turn>(), startedAt: context.clock.now() }))

/** What users write, and what may be wrong with it. */
const REVIEWED: readonly string[] = [...STAGE_RESOURCES, BEHAVIOR_RESOURCE]

/** A stage that selects what it has just made, without a delay, is played once a second. */
const LEAST_PERIOD_MS = 1000

export const stage = defineController({
  name: 'stage',
  component: 'kubemu-stages',
  watches: [
    ...STAGE_RESOURCES.map(ofStages),
    ...REVIEWED.map(itself),
    {
      resource: '*',
      keys: ({ metadata: { namespace = '', name = '' } }, context, _old, { resource }) =>
        stagesFor(resource, context).length > 0 ? [{ namespace, name: `${resource}|${name}` }] : [],
    },
  ],
  async reconcile(key, context) {
    const bar = key.name.indexOf('|')
    const [resource, name] = [key.name.slice(0, bar), key.name.slice(bar + 1)]
    if (REVIEWED.includes(resource)) return review(resource, name, context)
    return reconcileObject(resource, key, name, context)
  },
})

function itself(resource: string): Watch {
  return { resource, keys: ({ metadata: { name } }) => [{ namespace: '', name: `${resource}|${name}` }] }
}

/** A change of a Stage concerns all that it may select. */
function ofStages(resource: string): Watch {
  return {
    resource,
    keys(object, context) {
      const { stage: compiled } = compileStage(object as Stage)
      const target = compiled && context.resourceFor(compiled.apiVersion, compiled.kind)?.name
      if (!target || !context.isServed(target)) return []
      return context
        .lister(target)
        .list()
        .map(({ metadata: { namespace = '', name } }) => ({ namespace, name: `${target}|${name}` }))
    },
  }
}

/** Says what is wrong with what cannot be played. */
function review(resource: string, name: string, context: ControllerContext): void {
  const object = context.isServed(resource) ? context.lister(resource).get('', name) : undefined
  if (!object) return
  const { problem } = resource === BEHAVIOR_RESOURCE ? compileRule(object) : compileStage(object as Stage)
  if (problem === undefined) return
  context.logger.warn({ resource, name }, `what objects are to do cannot be read: ${problem}`)
  context.recorder.event(object, 'Warning', `Invalid${object.kind}`, problem)
}

async function reconcileObject(
  resource: string,
  key: Key,
  name: string,
  context: ControllerContext,
): Promise<Result | void> {
  const { turns } = turnsOf(context)
  const text = `${key.namespace}/${key.name}`
  const object = context.isServed(resource) ? context.lister(resource).get(key.namespace, name) : undefined
  const before = turns.get(text)
  if (!object || before?.uid !== object.metadata.uid) turns.delete(text)
  if (!object || (resource === 'pods' && !(object as Pod).spec?.nodeName)) return
  const stages = stagesFor(resource, context).filter((each) => each.selects(object))
  if (stages.length === 0) return void turns.delete(text)
  const turn = turnOf(text, stages, object, context)
  const chosen = stages.find((each) => each.name === turn.stage) as CompiledStage
  const now = context.clock.now()
  if (turn.due > now) return { requeueAfterMs: turn.due - now }
  turn.played = true
  try {
    await playStage(chosen, resource, object, surroundings(object, context), context)
  } catch (error) {
    if (!(error instanceof StageFailure)) {
      // It has waited already: what is tried again is this stage, not a draw of the next.
      turn.played = false
      throw error
    }
    // Tried again when the object or the Stage changes: nothing else can help.
    context.recorder.event(object, 'Warning', 'StageFailed', `${chosen.name}: ${error.message}`)
    return
  }
  if (chosen.immediateNextStage) return { requeueAfterMs: 0 }
}

/** The turn that is waited for, as long as its stage selects the object, or the next one. */
function turnOf(text: string, stages: CompiledStage[], object: KubeObject, context: ControllerContext): Turn {
  const { turns } = turnsOf(context)
  const { clock, random } = context
  const before = turns.get(text)
  if (before && !before.played && stages.some(({ name }) => name === before.stage)) return before
  const chosen = chooseStage(stages, object, random) as CompiledStage
  const now = clock.now()
  const again = before?.stage === chosen.name ? LEAST_PERIOD_MS : 0
  const due = now + Math.max(again, delayOf(chosen, object, now, random))
  const turn = { uid: object.metadata.uid, stage: chosen.name, due, played: false }
  turns.set(text, turn)
  return turn
}

function surroundings(object: KubeObject, context: ControllerContext): Surroundings {
  const state = kubeletStateOf(context)
  const { name = '', namespace = '' } = object.metadata
  const nodeName = object.kind === 'Node' ? name : ((object as Pod).spec?.nodeName ?? '')
  const nodeAddresses = (node: string): string[] => {
    const known = state.nodes.get(node)
    if (known) return [...known.addresses]
    return context.isServed('nodes')
      ? hostAddresses(context.lister<Node>('nodes').get('', node)?.status?.addresses)
      : []
  }
  return {
    now: context.clock.now(),
    startedAt: turnsOf(context).startedAt,
    version: context.settings.kubernetesVersion,
    nodeAddresses,
    podAddresses(node, hostNetwork) {
      if (hostNetwork) return nodeAddresses(node)
      const known = state.nodes.get(node)
      if (!known) return []
      return addressesFor(knownPod(state, `${namespace}/${name}`, object as Pod, known), known)
    },
    name,
    node: nodeName,
  }
}
