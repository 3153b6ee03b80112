/** What a container does once it started. */

/** All members are optional: a behaviour without any runs until it is stopped, answers all probes and stops at once. Times are ms after the start, if nothing else is said. */
export interface Behaviour {
  /** Ends by itself after this long. */
  exitsAfterMs?: number
  /** How it ends by itself; default 0. */
  exitCode?: number
  /** Reason of the end; default Completed or Error, by the exit code. */
  reason?: string
  /** What it leaves in its termination message. */
  message?: string
  /** Only the first so many runs end by themselves; the next runs on. */
  times?: number
  /** The startup probe fails until then. */
  startsAfterMs?: number
  /** The readiness probe fails until then. */
  readyAfterMs?: number
  /** False: the readiness probe fails. */
  ready?: boolean
  /** The liveness probe fails from then on. */
  livenessFailsAfterMs?: number
  /** How long it goes on after it was told to stop, grace permitting. */
  stopsAfterMs?: number
  /** How it ends when it was told to stop; default 0. */
  stopExitCode?: number
  /** How long the pull of its image takes. */
  pulledAfterMs?: number
  /** Why its image cannot be pulled. */
  pullError?: string
  /** How long its postStart hook runs. */
  postStartsAfterMs?: number
  /** Why its postStart hook fails. */
  postStartError?: string
  /** How long it takes to resize it, from when its node has taken the resize over. */
  resizedAfterMs?: number
  /** Why it cannot be resized, ever. */
  resizeInfeasible?: string
  /** Why resizing it fails, as long as this is said. */
  resizeError?: string
}
