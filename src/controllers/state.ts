/** What a controller remembers between reconciles, one copy a run: many clusters live in one process. */
import type { KubeObject } from '../apimachinery/meta.ts'
import type { ControllerContext } from './controller.ts'

/** Whether it is as the controllers left it in a run that this one continues: what is done once for an object was done. */
export function isSettled({ metadata }: KubeObject, { settings }: ControllerContext): boolean {
  return Number(metadata.resourceVersion) <= settings.settledRevision
}

/** Answers the run's own state, made when first asked for. A restart (or a reset of the cluster) begins with a new one: it must be rebuilt from objects. */
export function perRun<T>(make: (context: ControllerContext) => T): (context: ControllerContext) => T {
  const states = new WeakMap<ControllerContext, T>()
  return (context) => {
    let state = states.get(context)
    if (state === undefined) {
      state = make(context)
      states.set(context, state)
    }
    return state
  }
}

/** As perRun, but one copy for all controllers of a run. */
export function sharedPerRun<T>(
  make: (settings: ControllerContext['settings']) => T,
): (context: ControllerContext) => T {
  const states = new WeakMap<ControllerContext['settings'], T>()
  return ({ settings }) => {
    let state = states.get(settings)
    if (state === undefined) {
      state = make(settings)
      states.set(settings, state)
    }
    return state
  }
}
