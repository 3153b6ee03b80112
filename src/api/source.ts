/** What the documents of the API (discovery, OpenAPI, the root path) are made from: a live view of the served resources. */
import type { GroupFact, ResourceFact, TypeFact } from '../apimachinery/schema/facts.ts'
import type { RemoteApi } from '../registry/apiregistration/apiservice.ts'
import type { CustomResourceDocument } from '../registry/definition.ts'

/** A served resource as documents see it. Built-ins are facts; custom resources say so and carry their schema. */
export interface ServedResource extends ResourceFact {
  custom?: CustomResourceDocument
}

/** Read on every request; everything derived is kept until `version` changes. */
export interface ApiSource {
  /** Changes whenever groups or resources change. */
  readonly version: number
  /** In discovery order, the core group (name '') included. */
  readonly groups: readonly GroupFact[]
  readonly resources: readonly ServedResource[]
  /** A version that an extension server serves, with what it says of itself. */
  remote?(group: string, version: string): RemoteApi | undefined
  /** By OpenAPI model name. */
  readonly types: Readonly<Record<string, TypeFact>>
}

/** A function that builds once for each version of the source, on first use. */
export function perVersion<T>(source: ApiSource, build: (source: ApiSource) => T): () => T {
  let built: { version: number; value: T } | undefined
  return () => {
    if (built?.version !== source.version) built = { version: source.version, value: build(source) }
    return built.value
  }
}
