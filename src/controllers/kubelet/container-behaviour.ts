/** Finds what a container does: what its command and image say, overlaid with the rules that users give. */
import { controllerOf } from '../../apimachinery/meta.ts'
import type { Container, Pod } from '../../types/core-v1.ts'
import { isSidecar } from '../resources.ts'
import type { Behaviour } from './behaviour.ts'
import { commandBehaviour } from './commands.ts'
import type { BehaviourRule } from './rules.ts'

const RUNS: Behaviour = {}
const SUCCEEDS: Behaviour = { exitsAfterMs: 0 }

/** Containers never change: what their commands say is read once. */
const read = new WeakMap<Container, Behaviour | 'unknown'>()

/**
 * Commands and images that are understood say what they do; what is not understood runs on, and ends well in an init container and in a Job's pod.
 * A rule's members go before them. `runs`: how often it was started before.
 * DEVIATION(emulated-containers): no process runs; what a container does is read from its command, the name of its image, and rules.
 */
export function behaviourOf(
  pod: Pod,
  container: Container,
  init: boolean,
  runs: number,
  rule: BehaviourRule | undefined,
): Behaviour {
  let behaviour = read.get(container)
  if (behaviour === undefined) {
    behaviour = commandBehaviour(container) ?? 'unknown'
    read.set(container, behaviour)
  }
  if (behaviour === 'unknown') behaviour = isShortLived(pod, container, init) ? SUCCEEDS : RUNS
  if (!rule) return behaviour
  const merged = { ...behaviour, ...rule.behaviour }
  if (merged.times !== undefined && runs >= merged.times) delete merged.exitsAfterMs
  return merged
}

const isShortLived = (pod: Pod, container: Container, init: boolean): boolean =>
  init ? !isSidecar(container) : controllerOf(pod)?.kind === 'Job'
