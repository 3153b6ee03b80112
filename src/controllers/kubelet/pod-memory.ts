/** What a pod's containers went through, as far as its status does not say it. */
import type { BackOff } from './back-off.ts'

export interface PodMemory {
  /** Image -> pulls that failed, for the back-off. */
  pulls?: Map<string, { failures: number; retryAt: number }>
  /** Container -> the pull of its image, while that lasts; `since` in ms. */
  pulling?: Map<string, { image: string; since: number }>
  /** Container -> when it started, while its postStart hook runs, ms. */
  hooks?: Map<string, number>
  /** Container -> its waits before restarts. */
  backOffs?: Map<string, BackOff>
  /** Container -> its probes. */
  probes?: Map<string, ContainerProbes>
  /** Volumes that could not be mounted so often, and when that is said again. */
  mounts?: { failures: number; retryAt: number }
  /** When its sandbox is tried again, ms. */
  sandboxAt?: number
  /** When it is said again that devices could not be prepared, ms. */
  preparation?: number
  /** The deletion for which its containers were told to stop. */
  stopping?: string
}

/** Where the probes of one run of a container stand. */
export interface ContainerProbes {
  containerID: string | undefined
  startup?: ProbeRun
  readiness?: ProbeRun
  liveness?: ProbeRun
}

export interface ProbeRun {
  /** When it is asked next, ms. */
  next: number
  last?: boolean
  /** So many equal answers in a row. */
  count: number
  /** The verdict once a threshold was reached, and when that was. */
  result?: boolean
  since?: number
}

/** For a step to change: what it remembers counts only when what it made of the pod is written. */
export function copyMemory(memory: PodMemory | undefined): PodMemory {
  if (!memory) return {}
  const { pulls, pulling, hooks, backOffs, probes } = memory
  const copy = { ...memory }
  if (pulls) copy.pulls = new Map(pulls)
  if (pulling) copy.pulling = new Map(pulling)
  if (hooks) copy.hooks = new Map(hooks)
  if (backOffs) copy.backOffs = new Map(backOffs)
  if (probes) copy.probes = new Map([...probes].map(([name, runs]) => [name, copyProbes(runs)]))
  return copy
}

const copyProbes = ({ containerID, startup, readiness, liveness }: ContainerProbes): ContainerProbes => ({
  containerID,
  startup: startup && { ...startup },
  readiness: readiness && { ...readiness },
  liveness: liveness && { ...liveness },
})
