/**
 * Objects that another process has to convert, in code that does not wait. Reading such an object throws ConversionNeeded; whoever may wait
 * catches it, waits, and does the same again, which then finds what it looks for. Everything else runs as it always does: at once.
 */
import type { MaybePromise } from '../storage/interface.ts'

/** Not an answer to a client: it never leaves the registry. */
export class ConversionNeeded extends Error {
  readonly #prepare: () => Promise<void>

  constructor(prepare: () => Promise<void>) {
    super('an object waits for its conversion')
    this.#prepare = prepare
  }

  /** Resolves when the same attempt gets further. Rejects with the StatusError of a conversion that failed. */
  prepare(): Promise<void> {
    return this.#prepare()
  }
}

/** `attempt` must be repeatable: what it did before it needed a conversion it does again. Without a promise when nothing waits. */
export function whenConverted<T>(attempt: () => T): T extends Promise<unknown> ? T : MaybePromise<T>
export function whenConverted(attempt: () => unknown): unknown {
  try {
    return attempt()
  } catch (error) {
    if (!(error instanceof ConversionNeeded)) throw error
    return error.prepare().then(() => whenConverted(attempt))
  }
}
