/** Waits that double. Mirrors client-go/util/flowcontrol/backoff.go with the kubelet's numbers. */

const FIRST_MS = 10_000
const LONGEST_MS = 300_000

export interface BackOff {
  ms: number
  /** When it last grew: the end of the run after which was waited. */
  at: number
  /** That run, counted from 0. */
  run: number
}

/** The wait after a run that ended at `endedAt`; undefined: none. Twice the longest wait without a crash, and all is forgotten. */
export function backOffAfter(backOff: BackOff | undefined, endedAt: number): number | undefined {
  return backOff && endedAt - backOff.at <= 2 * LONGEST_MS ? backOff.ms : undefined
}

/** As it is after this run, however often that is asked: the restart may have to wait for something else. */
export function grown(backOff: BackOff | undefined, run: number, endedAt: number): BackOff {
  if (backOff?.run === run) return backOff
  const before = backOffAfter(backOff, endedAt)
  return { ms: before === undefined ? FIRST_MS : Math.min(LONGEST_MS, before * 2), at: endedAt, run }
}

/** 10 s, 20 s ... 5 min after so many failures in a row, 1 or more. */
export const backOffOf = (failures: number): number => Math.min(LONGEST_MS, FIRST_MS * 2 ** (failures - 1))

/** `10s`, `2m40s`, `5m0s`. */
export function goDuration(ms: number): string {
  const seconds = Math.round(ms / 1000)
  return seconds < 60 ? `${seconds}s` : `${Math.floor(seconds / 60)}m${seconds % 60}s`
}
