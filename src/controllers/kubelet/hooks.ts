/** Hooks of containers: how long they run, and what comes of one that fails. Mirrors pkg/kubelet/lifecycle/handlers.go and kuberuntime (startContainer, step 4). */
import { quote } from '../../apimachinery/go-text.ts'
import type { ContainerStatus, LifecycleHandler } from '../../types/core-v1.ts'
import { commandBehaviour } from './commands.ts'
import { HOOK_FAILED, restarts } from './conditions.ts'
import { terminated, withWaiting } from './container-status.ts'
import type { Place, PodStep } from './pod-step.ts'

const KILLED = 137

/** How long a hook runs; Infinity: for ever. */
export function hookTime(hook: LifecycleHandler | undefined): number {
  if (!hook) return 0
  if (hook.sleep) return hook.sleep.seconds * 1000
  const behaviour = hook.exec && commandBehaviour({ name: '', command: hook.exec.command })
  return behaviour ? (behaviour.exitsAfterMs ?? Number.POSITIVE_INFINITY) : 0
}

/** When the container started whose postStart hook runs, ms; undefined: none does. */
export const hookedSince = ({ container }: Place, { memory }: PodStep): number | undefined =>
  memory.hooks?.get(container.name)

/** What a container with a postStart hook is once it started at `startedAt`: `running` after the hook; until then it waits as before, and so do those behind it. */
export function postStart(place: Place, step: PodStep, running: ContainerStatus, startedAt: number): ContainerStatus {
  const { container, status, list } = place
  const hook = container.lifecycle!.postStart!
  const { postStartsAfterMs = hookTime(hook), stopExitCode = KILLED } = step.behaviour(place)
  const { memory, now } = step
  const due = startedAt + postStartsAfterMs
  if (now < due) {
    memory.hooks ??= new Map()
    memory.hooks.set(container.name, startedAt)
    step.starting = true
    if (Number.isFinite(due)) step.wake(due)
    return status
  }
  memory.hooks?.delete(container.name)
  const problem = failureOf(hook, place, step)
  if (problem === undefined) return running
  step.event(place, 'Warning', 'FailedPostStartHook', 'PostStartHook failed')
  step.event(place, 'Normal', 'Killing', 'FailedPostStartHook')
  const ended = terminated(container, running, { exitCode: stopExitCode }, due)
  const again = restarts(container, step.pod.spec!, stopExitCode, list === 'initContainers')
  return step.wait(now, again ? withWaiting(ended, HOOK_FAILED, problem) : ended)
}

function failureOf(hook: LifecycleHandler, place: Place, step: PodStep): string | undefined {
  const { exec, httpGet, sleep } = hook
  const said = step.behaviour(place).postStartError
  const { name, namespace, uid } = step.pod.metadata
  const where = `for Container ${quote(place.container.name)} in Pod ${quote(`${name}_${namespace}(${uid})`)} failed - error:`
  if (httpGet) return said && `HTTP lifecycle hook (${httpGet.path}) ${where} ${said}`
  if (sleep) return said && `Sleep lifecycle hook (${sleep.seconds}) ${where} ${said}`
  if (!exec) return 'Cannot run handler: invalid handler'
  const { command = [] } = exec
  const error = said ?? exitError(command)
  return error && `Exec lifecycle hook ([${command.join(' ')}]) ${where} ${error}, message: ""`
}

function exitError(command: string[]): string | undefined {
  const { exitCode = 0 } = commandBehaviour({ name: '', command }) ?? {}
  return exitCode === 0 ? undefined : `command '${command.join(' ')}' exited with ${exitCode}: `
}
