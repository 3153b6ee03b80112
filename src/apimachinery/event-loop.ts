/** Turns of the event loop. */

/**
 * Calls back in the event loop's next turn. The function that was there when this module was loaded: fake timers that a test puts in its
 * place later stop the test's own code, and no cluster.
 */
export const inNextTurn: (callback: () => void) => void = setImmediate
