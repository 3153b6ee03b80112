/** The event loop's next round, for whoever lets others go first. */
import { inNextTurn } from '../apimachinery/event-loop.ts'

let tick: Promise<void> | undefined

/** Resolves when the event loop has come round once. One immediate serves all who wait for it. */
export function nextTick(): Promise<void> {
  tick ??= new Promise((resolve) => {
    inNextTurn(() => {
      tick = undefined
      resolve()
    })
  })
  return tick
}
