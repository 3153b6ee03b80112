/** The end of a server, told to whoever lasts. A set, where an AbortSignal would look through all its listeners for each that comes or goes. */
export class Ending {
  readonly #listeners = new Set<() => void>()
  #isHere = false

  get isHere(): boolean {
    return this.#isHere
  }

  /** `callback` is called once, when it comes; answers how to stop that. */
  listen(callback: () => void): () => void {
    this.#listeners.add(callback)
    return () => this.#listeners.delete(callback)
  }

  /** Idempotent. */
  come(): void {
    this.#isHere = true
    for (const callback of this.#listeners) callback()
    this.#listeners.clear()
  }
}
