/** Which resources there are, by kind, too. Mirrors what controllers ask a RESTMapper. */
import { parseGroupVersion } from '../apimachinery/meta.ts'
import type { ServedResource, WatchSource } from './client.ts'

/** Read when first asked for, and kept until it is forgotten: the garbage collector asks at each deletion. */
export class ServedResources {
  readonly #source: WatchSource
  #known: { all: ServedResource[]; kinds: Map<string, ServedResource> } | undefined

  constructor(source: WatchSource) {
    this.#source = source
  }

  all(): ServedResource[] {
    return this.#read().all
  }

  /** Of several versions of a kind the first; undefined: no resource is of this kind. */
  ofKind(apiVersion: string, kind: string): ServedResource | undefined {
    return this.#read().kinds.get(`${parseGroupVersion(apiVersion).group}/${kind}`)
  }

  /** To be called when the set has changed. */
  forget(): void {
    this.#known = undefined
  }

  #read(): { all: ServedResource[]; kinds: Map<string, ServedResource> } {
    if (this.#known) return this.#known
    const all = this.#source.resources()
    const kinds = new Map<string, ServedResource>()
    for (const resource of all) {
      const name = `${resource.group}/${resource.kind}`
      if (!kinds.has(name)) kinds.set(name, resource)
    }
    this.#known = { all, kinds }
    return this.#known
  }
}
