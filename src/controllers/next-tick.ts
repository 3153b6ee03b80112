/** The event loop's next round, for whoever lets others go first. */
let tick: Promise<void> | undefined

/** Resolves when the event loop has come round once. One immediate serves all who wait for it. */
export function nextTick(): Promise<void> {
  tick ??= new Promise((resolve) => {
    setImmediate(() => {
      tick = undefined
      resolve()
    })
  })
  return tick
}
