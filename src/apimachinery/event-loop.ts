/** Turns of the event loop. */
import timers from 'node:timers'

/**
 * Calls back in the event loop's next turn. The function that the module had when this one was loaded: fake timers that a test puts in the
 * place of the global one, before or after, stop the test's own code, and no cluster.
 */
export const inNextTurn: (callback: () => void) => void = timers.setImmediate
