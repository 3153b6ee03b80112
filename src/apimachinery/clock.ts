/** Only a Clock tells time and sets timers: everything else is handed one. */
import timers from 'node:timers'

/** A callback that waits for its time. */
export interface Timer {
  /** Idempotent; a timer that fired is done. */
  cancel(): void
}

/** Time as the cluster sees it: the machine's, or a ManualClock that a test moves. */
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
  const second = Math.floor(ms / 1000)
  let text = printed.get(second)
  if (text === undefined) {
    text = `${new Date(second * 1000).toISOString().slice(0, 19)}Z`
    if (printed.size >= REMEMBERED) printed.clear()
    printed.set(second, text)
  }
  return text
}

/** Nearly all times that are printed are of a few seconds: the present one, and the one of which Events tell that are written later. */
const printed = new Map<number, string>()
const REMEMBERED = 16

/** RFC 3339 with microseconds, as metav1.MicroTime prints. */
export function formatMicroTime(ms: number): string {
  const milliseconds = String(Math.floor(ms - 1000 * Math.floor(ms / 1000))).padStart(3, '0')
  return `${formatTime(ms).slice(0, -1)}.${milliseconds}000Z`
}

/** The longest delay setTimeout takes; a longer one is waited for in steps. */
const MAX_DELAY_MS = 2 ** 31 - 1

/** As they were when this module was loaded: fake ones that a test puts in their place do not stop clusters. Only a Date that is fake already is taken for real. */
const { now: realNow } = Date
const { setTimeout: setRealTimeout, clearTimeout: clearRealTimeout } = timers

/** The machine's clock. Its timers do not keep the process alive. */
export function realClock(): Clock {
  const dues = new Set<{ at: number }>()
  return {
    now: realNow,
    after(ms, callback) {
      const due = { at: realNow() + ms }
      dues.add(due)
      let handle: NodeJS.Timeout
      const arm = (left: number): void => {
        handle = setRealTimeout(
          () => {
            if (left > MAX_DELAY_MS) return arm(left - MAX_DELAY_MS)
            dues.delete(due)
            callback()
          },
          Math.min(left, MAX_DELAY_MS),
        ).unref()
      }
      arm(Math.max(0, ms))
      return {
        cancel() {
          dues.delete(due)
          clearRealTimeout(handle)
        },
      }
    },
    nextTimer() {
      let earliest: number | undefined
      for (const { at } of dues) if (earliest === undefined || at < earliest) earliest = at
      return earliest
    },
  }
}

interface PendingTimer {
  due: number
  order: number
  /** Undefined once it fired or was cancelled. */
  callback: (() => void) | undefined
}

/** A clock that moves only when told. Timers fire by due time, then in the order they were set, each seeing its own due time as now. */
export class ManualClock implements Clock {
  private time: number
  /** Sorted, the earliest last, so that taking it is cheap. */
  private readonly pending: PendingTimer[] = []
  private order = 0

  constructor(start: number) {
    this.time = start
  }

  now(): number {
    return this.time
  }

  after(ms: number, callback: () => void): Timer {
    const timer: PendingTimer = { due: this.time + Math.max(0, ms), order: this.order++, callback }
    this.pending.splice(this.position(timer), 0, timer)
    return { cancel: () => this.cancel(timer) }
  }

  nextTimer(): number | undefined {
    return this.pending.at(-1)?.due
  }

  /** Moves forward, firing every timer that falls due, also those set meanwhile. */
  advance(ms: number): void {
    this.setTime(this.time + ms)
  }

  /** Moves to `target`, firing what falls due on the way; to the past it moves without firing, and timers keep their due time. */
  setTime(target: number): void {
    for (let timer = this.pending.at(-1); timer && timer.due <= target; timer = this.pending.at(-1)) {
      this.pending.pop()
      this.time = Math.max(this.time, timer.due)
      const { callback } = timer
      timer.callback = undefined
      callback?.()
    }
    this.time = target
  }

  private cancel(timer: PendingTimer): void {
    if (!timer.callback) return
    timer.callback = undefined
    this.pending.splice(this.position(timer), 1)
  }

  /** Where the timer is, or belongs: binary search in descending order. */
  private position(timer: PendingTimer): number {
    let low = 0
    let high = this.pending.length
    while (low < high) {
      const middle = (low + high) >>> 1
      const other = this.pending[middle]
      const later = other.due > timer.due || (other.due === timer.due && other.order > timer.order)
      if (later) low = middle + 1
      else high = middle
    }
    return low
  }
}
