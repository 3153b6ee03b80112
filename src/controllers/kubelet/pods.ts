/** The pods of all emulated nodes: plays their stages. Mirrors pkg/kubelet/pod_workers.go and pkg/kubelet/status/status_manager.go. */
import { deepEqual } from '../../apimachinery/equality.ts'
import { isConflict, isNotFound } from '../../apimachinery/errors.ts'
import type { Pod, PodStatus } from '../../types/core-v1.ts'
import type { ControllerContext, Key, Result } from '../controller.ts'
import { PodStep } from './pod-step.ts'
import { type CompiledStage, compileStage, podStages } from './stages.ts'
import { type KnownNode, type KnownPod, type KubeletState, stateOf } from './state.ts'
import { admit, advance, type NodeAddresses, terminate } from './steps.ts'

const stages: readonly CompiledStage[] = podStages.map(compileStage)

export async function reconcilePod(key: Key, context: ControllerContext): Promise<Result | void> {
  const state = stateOf(context)
  const text = `${key.namespace}/${key.name}`
  const pod = context.lister<Pod>('pods').get(key.namespace, key.name)
  const before = state.pods.get(text)
  if (before && before.uid !== pod?.metadata.uid) forget(state, text, before)
  if (!pod?.spec?.nodeName) return
  const node = state.nodes.get(pod.spec.nodeName)
  // A node that registers or becomes ready asks for its pods again.
  if (!node?.ready) return
  const stage = stages.find((each) => each.selects(pod))
  if (!stage) return over(pod, state.pods.get(text))
  const known = knownPod(state, text, pod, node)
  const waitMs = waitFor(stage, known, context)
  if (waitMs > 0) return { requeueAfterMs: waitMs }
  return play(stage, pod, known, node, context)
}

function knownPod(state: KubeletState, text: string, pod: Pod, node: KnownNode): KnownPod {
  let known = state.pods.get(text)
  if (known) return known
  known = { uid: pod.metadata.uid ?? '', node: node.name }
  const address = pod.status?.podIP
  if (address && !pod.spec?.hostNetwork) {
    node.pool.occupy(address)
    known.pool = node.pool
    known.address = address
  }
  state.pods.set(text, known)
  return known
}

function forget(state: KubeletState, text: string, known: KnownPod): void {
  over(undefined, known)
  state.pods.delete(text)
}

/** A pod that has ended gives its address back. */
function over(_pod: Pod | undefined, known: KnownPod | undefined): void {
  if (known?.address) known.pool?.release(known.address)
  if (known) known.address = undefined
}

/** How long the stage still has to wait; the wait begins when the stage first selects the pod. */
function waitFor(stage: CompiledStage, known: KnownPod, { clock, random }: ControllerContext): number {
  if (!stage.delay) return 0
  if (known.stage?.name !== stage.name) {
    known.stage = { name: stage.name, due: clock.now() + stage.delayMs(random) }
  }
  return known.stage.due - clock.now()
}

function addressesOf(known: KnownPod, { address, pool }: KnownNode): NodeAddresses {
  return {
    host: address,
    pod() {
      if (!known.address) {
        known.pool = pool
        known.address = pool.take()
      }
      return known.address
    },
  }
}

async function play(
  stage: CompiledStage,
  pod: Pod,
  known: KnownPod,
  node: KnownNode,
  context: ControllerContext,
): Promise<Result | void> {
  const { clock } = context
  const addresses = addressesOf(known, node)
  const step = new PodStep(pod, clock.now(), stateOf(context).images, known)
  const status = next(stage, step, addresses)
  try {
    if (!deepEqual(status, pod.status)) await writeStatus(pod, status, context)
    for (const { type, reason, message, fieldPath } of step.events) {
      context.recorder.event(pod, type, reason, message, { fieldPath, host: node.name })
    }
    if (stage.next.delete) await remove(pod, context)
  } catch (error) {
    if (isNotFound(error)) return
    throw error
  }
  if (step.again !== undefined) return { requeueAfterMs: Math.max(1, step.again - clock.now()) }
}

function next(stage: CompiledStage, step: PodStep, addresses: NodeAddresses): PodStatus | undefined {
  const started = step.pod.status?.startTime !== undefined
  switch (stage.next.play) {
    case 'admit':
      return admit(step, addresses)
    case 'advance':
      return advance(step, addresses)
    case 'terminate':
      return started ? terminate(step) : step.pod.status
  }
}

/** Written over the status that the step saw; whoever wrote in between makes it a conflict, and the step is done again. */
async function writeStatus(pod: Pod, status: PodStatus | undefined, { client }: ControllerContext): Promise<void> {
  await client.updateStatus<Pod>('pods', { ...pod, status })
}

/** The last word of a kubelet on a pod: it is gone from the node. */
async function remove({ metadata }: Pod, { client }: ControllerContext): Promise<void> {
  // Marked and told already: finalizers hold it.
  if (metadata.deletionGracePeriodSeconds === 0 && metadata.finalizers?.length) return
  try {
    await client.delete('pods', metadata.namespace ?? '', metadata.name ?? '', {
      gracePeriodSeconds: 0,
      preconditions: { uid: metadata.uid },
    })
  } catch (error) {
    // Another pod has the name by now.
    if (!isConflict(error)) throw error
  }
}
