/** Only a Clock tells time and sets timers: everything else is handed one. */

export interface Timer {
  /** Idempotent; a timer that fired is done. */
  cancel(): void
}

export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number
  /** Runs `callback` once, `ms` from now (never synchronously). A pending timer does not keep the process alive. */
  after(ms: number, callback: () => void): Timer
  /** Due time of the earliest pending timer in ms since the epoch, or undefined. */
  nextTimer(): number | undefined
}

/** RFC 3339 with seconds, as metav1.Time prints. */
export function formatTime(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`
}

/** RFC 3339 with microseconds, as metav1.MicroTime prints. */
export function formatMicroTime(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 23)}000Z`
}
