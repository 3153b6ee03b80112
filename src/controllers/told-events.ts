/** What Events say already of objects that controllers find settled: who looks at them for the first time finds what an earlier run has found. */
import type { KubeObject } from '../apimachinery/meta.ts'
import type { Event } from '../types/core-v1.ts'
import type { WatchSource } from './client.ts'

export class ToldEvents {
  readonly #source: WatchSource
  readonly #settledRevision: number
  /** Read when first asked for: mostly nobody does. */
  #known: Set<string> | undefined

  /** Objects up to `settledRevision` are settled. */
  constructor(source: WatchSource, settledRevision: number) {
    this.#source = source
    this.#settledRevision = settledRevision
  }

  /** Whether an Event was there when this was first asked that says the same of an object that has not changed since. */
  has({ kind, metadata }: KubeObject, reason: string, message: string): boolean {
    if (Number(metadata.resourceVersion ?? 0) > this.#settledRevision) return false
    this.#known ??= this.#read()
    return this.#known.has(keyOf(kind, metadata.namespace, metadata.name, reason, message))
  }

  #read(): Set<string> {
    const known = new Set<string>()
    const watch = this.#source.watch('events', () => {})
    for (const { object } of watch.read() ?? []) {
      const { involvedObject: about, reason, message } = object as Event
      known.add(keyOf(about.kind, about.namespace, about.name, reason, message))
    }
    watch.close()
    return known
  }
}

const keyOf = (...parts: (string | undefined)[]): string => JSON.stringify(parts.map((part) => part || ''))
