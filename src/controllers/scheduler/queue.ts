/** Pods that wait to be scheduled: those that are next, those that failed lately, and those for which nothing has changed. Mirrors pkg/scheduler/backend/queue. */
import type { Clock } from '../../apimachinery/clock.ts'
import { Heap } from './heap.ts'
import type { Happened, Happening, Plugin, World } from './plugin.ts'
import type { PodInfo } from './pod-info.ts'

export interface QueuedPod {
  info: PodInfo
  /** How often it was tried. */
  attempts: number
  /** Since when it waits for its turn, in ms; and the order among those that came at once. */
  since: number
  turn: number
  /** When it may be tried again although it failed lately. */
  backoffUntil: number
  /** Plugins that refused it. None: any change may help. */
  refusedBy: ReadonlySet<string>
}

export interface QueueOptions {
  /** All that pods may be asked by. */
  plugins: readonly Plugin[]
  /** Those of a pod's profile. */
  pluginsOf(pod: PodInfo): readonly Plugin[]
  world: World
  clock: Clock
}

const FIRST_BACKOFF_MS = 1000
const LONGEST_BACKOFF_MS = 10_000
/** Pods whose back-off ends in the same second are tried by priority. */
const BACKOFF_WINDOW_MS = 1000
/** Who waits that long is tried again whatever happened: a hint may have been wrong. */
export const FLUSH_AFTER_MS = 5 * 60_000

/**
 * A pod is in one of these places. Active: next by priority, then by age. Backing off: what refused it has changed, but it failed lately; it
 * is taken when nothing is active. Failed: an error, not a refusal; it waits for its time. Parked: nothing has changed since it was refused,
 * or it is gated.
 */
export class SchedulingQueue {
  readonly #options: QueueOptions
  readonly #active = new Heap<QueuedPod>(keyOf, isBefore)
  readonly #backingOff = new Heap<QueuedPod>(keyOf, endsBefore)
  readonly #failed = new Heap<QueuedPod>(keyOf, endsBefore)
  readonly #parked = new Map<string, QueuedPod>()
  /** The parked ones by the plugins that refused them; '' for nobody. */
  readonly #refused = new Map<string, Set<QueuedPod>>()
  /** Plugins that have a hint for what happened. */
  readonly #interested = new Map<Happening, string[]>()
  #turns = 0

  constructor(options: QueueOptions) {
    this.#options = options
    for (const { name, hints } of options.plugins) {
      for (const what of new Set(hints.flatMap(({ on }) => on))) {
        const names = this.#interested.get(what)
        if (names) names.push(name)
        else this.#interested.set(what, [name])
      }
    }
  }

  /** A pod can be tried now. */
  get hasNext(): boolean {
    return this.#active.size + this.#backingOff.size > 0 || (this.nextRetry ?? Number.MAX_VALUE) <= this.#now
  }

  /** When the first of those that failed by an error may be tried again. */
  get nextRetry(): number | undefined {
    return this.#failed.first()?.backoffUntil
  }

  get hasParked(): boolean {
    return this.#parked.size > 0
  }

  find(key: string): QueuedPod | undefined {
    return this.#active.get(key) ?? this.#backingOff.get(key) ?? this.#failed.get(key) ?? this.#parked.get(key)
  }

  /** A pod that is new here. */
  add(info: PodInfo): void {
    const turn = this.#turns++
    this.#activate({ info, attempts: 0, since: this.#now, turn, backoffUntil: 0, refusedBy: new Set() })
  }

  /** Takes the next one out. */
  pop(): QueuedPod | undefined {
    const due = (this.nextRetry ?? Number.MAX_VALUE) <= this.#now
    const next = this.#active.pop() ?? (due ? this.#failed.pop() : undefined) ?? this.#backingOff.pop()
    if (next) next.attempts++
    return next
  }

  /** It was refused: it waits until something happens that may help. */
  park(pod: QueuedPod, refusedBy: ReadonlySet<string>): void {
    this.#renew(pod, refusedBy)
    this.#keep(pod)
  }

  /** It failed by an error: it is tried again after a while. */
  retry(pod: QueuedPod): void {
    this.#renew(pod, new Set())
    this.#failed.add(pod)
  }

  remove(key: string): void {
    const { info } = this.#active.delete(key) ?? this.#backingOff.delete(key) ?? this.#failed.delete(key) ?? {}
    if (!info) this.#unpark(key)
  }

  /** Lets all try again that were refused by plugins whose hints say that this may help them. */
  move(happened: Happened): void {
    if (this.#parked.size === 0) return
    const pods = new Set(this.#refused.get(''))
    for (const name of this.#interested.get(happened.what) ?? []) {
      for (const pod of this.#refused.get(name) ?? []) if (this.#mayHelp(pod, happened)) pods.add(pod)
    }
    for (const pod of pods) this.#wake(pod)
  }

  /** The pod itself changed. */
  update(pod: QueuedPod, info: PodInfo, happened: readonly Happened[]): void {
    pod.info = info
    if (this.#active.get(info.key)) this.#active.add(pod)
    else if (this.#parked.has(info.key) && happened.some((each) => this.#mayHelp(pod, each))) this.#wake(pod)
  }

  /** Those that have waited too long. Answers when the next one will have. */
  flush(): number | undefined {
    let oldest: number | undefined
    for (const pod of [...this.#parked.values()]) {
      if (this.#now - pod.since >= FLUSH_AFTER_MS) this.#wake(pod)
      else if (oldest === undefined || pod.since < oldest) oldest = pod.since
    }
    return oldest === undefined ? undefined : oldest + FLUSH_AFTER_MS
  }

  get #now(): number {
    return this.#options.clock.now()
  }

  #renew(pod: QueuedPod, refusedBy: ReadonlySet<string>): void {
    pod.refusedBy = refusedBy
    pod.since = this.#now
    pod.turn = this.#turns++
    pod.backoffUntil = this.#now + Math.min(FIRST_BACKOFF_MS * 2 ** (pod.attempts - 1), LONGEST_BACKOFF_MS)
  }

  #wake(pod: QueuedPod): void {
    this.#unpark(pod.info.key)
    if (pod.backoffUntil > this.#now) this.#backingOff.add(pod)
    else this.#activate(pod)
  }

  #activate(pod: QueuedPod): void {
    const { pluginsOf, world } = this.#options
    const gate = pluginsOf(pod.info).find((plugin) => plugin.gate?.(pod.info, world))
    if (!gate) {
      this.#active.add(pod)
      return
    }
    pod.refusedBy = new Set([gate.name])
    pod.since = this.#now
    this.#keep(pod)
  }

  #keep(pod: QueuedPod): void {
    this.#parked.set(pod.info.key, pod)
    for (const name of namesOf(pod)) {
      const pods = this.#refused.get(name)
      if (pods) pods.add(pod)
      else this.#refused.set(name, new Set([pod]))
    }
  }

  #unpark(key: string): void {
    const pod = this.#parked.get(key)
    if (!pod) return
    this.#parked.delete(key)
    for (const name of namesOf(pod)) this.#refused.get(name)?.delete(pod)
  }

  #mayHelp({ info, refusedBy }: QueuedPod, happened: Happened): boolean {
    if (refusedBy.size === 0) return true
    const { world, pluginsOf } = this.#options
    return pluginsOf(info).some(
      ({ name, hints }) =>
        refusedBy.has(name) &&
        hints.some(({ on, helps }) => on.includes(happened.what) && (!helps || helps(info, happened, world))),
    )
  }
}

const NOBODY = ['']

const namesOf = ({ refusedBy }: QueuedPod): Iterable<string> => (refusedBy.size === 0 ? NOBODY : refusedBy)

const keyOf = ({ info }: QueuedPod): string => info.key

function isBefore(a: QueuedPod, b: QueuedPod): boolean {
  if (a.info.priority !== b.info.priority) return a.info.priority > b.info.priority
  return a.since !== b.since ? a.since < b.since : a.turn < b.turn
}

function endsBefore(a: QueuedPod, b: QueuedPod): boolean {
  const [first, second] = [a, b].map(({ backoffUntil }) => Math.floor(backoffUntil / BACKOFF_WINDOW_MS))
  return first !== second ? first < second : isBefore(a, b)
}
