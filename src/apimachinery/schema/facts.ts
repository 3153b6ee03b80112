/**
 * The shape of `facts/kubernetes-<minor>.json`, written by tools/api-facts from the real server's code:
 * what the Kubernetes API is, as data. No upstream prose is in it. Short keys keep the file small and fast to parse.
 */

export interface Facts {
  /** sha256 of the file's text with this value replaced by an empty string: a hand edit is found in CI. */
  checksum: string
  kubernetesVersion: string
  /** In discovery order (groupPriorityMinimum, then name). */
  groups: GroupFact[]
  /** Served resources in discovery order. Review kinds and other create-only resources are included. */
  resources: ResourceFact[]
  /** Keyed by OpenAPI model name, for example `io.k8s.api.core.v1.Pod`. */
  types: Record<string, TypeFact>
}

export interface GroupFact {
  name: string
  /** APIService groupPriorityMinimum. */
  priority: number
  /** Preferred first; each with its APIService versionPriority. */
  versions: { version: string; priority: number }[]
}

export interface TypeFact {
  /** Go type as error texts print it, package and name: `v1.Pod`. */
  go: string
  /** `group/version/kind` triples this type is registered as. */
  gvk?: [group: string, version: string, kind: string][]
  /** x-kubernetes-map-type: atomic. */
  atomic?: true
  /** Types with a wire form of their own; they have no fields. */
  special?: SpecialType
  /** Go struct fields in declaration order; JSON-inline structs are already flattened into their parent. */
  fields?: FieldFact[]
}

export type SpecialType =
  | 'Quantity'
  | 'Time'
  | 'MicroTime'
  | 'Duration'
  | 'IntOrString'
  | 'RawExtension'
  | 'FieldsV1'
  | 'JSON'
  | 'JSONSchemaPropsOrBool'
  | 'JSONSchemaPropsOrArray'
  | 'JSONSchemaPropsOrStringArray'
  | 'Verbs'
  | 'ExtraValue'

/** A scalar's JSON type, or a list, a map (string keys), or the model name of another type. */
export type TypeRef =
  | 'string'
  | 'boolean'
  | 'int32'
  | 'int64'
  | 'float32'
  | 'float64'
  | 'bytes'
  | 'any'
  | { list: TypeRef }
  | { map: TypeRef }
  | { ref: string }

export interface FieldFact {
  /** JSON name. */
  n: string
  /** Go field name, when it is not the JSON name with its first letter raised. */
  g?: string
  /** Go type as error texts print it: `[]v1.Container`, `map[string]string`, `*int32` is written without the star. */
  go: string
  t: TypeRef
  /** Go pointer. */
  ptr?: true
  /** The server omits a zero value (json tag omitempty). Without it zero values are printed. */
  omit?: 'empty' | 'zero'
  /** OpenAPI `required`. */
  req?: true
  /** Protobuf field number path: one number, or two where a JSON-inline struct is nested on the wire ([outer, inner]). */
  pb?: number | number[]
  /** x-kubernetes-list-type. */
  lt?: 'atomic' | 'set' | 'map'
  /** x-kubernetes-list-map-keys. */
  lk?: string[]
  /** x-kubernetes-map-type of the field itself. */
  mt?: 'atomic' | 'granular'
  /** x-kubernetes-patch-merge-key. */
  mk?: string
  /** x-kubernetes-patch-strategy, as its comma-separated words. */
  ms?: ('merge' | 'replace' | 'retainKeys')[]
  enum?: string[]
  /** OpenAPI format where the type alone does not say it (`byte`, `int-or-string`, `date-time` are implied by the type). */
  fmt?: string
  /** Constant default of the scheme: put it when the parent is there and the field is absent. */
  d?: unknown
  /** Only when the sibling has this value. */
  dw?: Record<string, unknown>
  /** Only below these root kinds (`batch/v1/Job`); with a leading `!`, everywhere but there. */
  dr?: string[]
  /** Default that only OpenAPI documents state (markers such as +default=), needed by server-side apply's key lookup. */
  od?: unknown
  /** Feature gate that is off by default: the field is cleared on write unless the old object has it. */
  gate?: string
}

export interface ColumnFact {
  name: string
  type: string
  format?: string
  /** 0 always shown, 1 only with -o wide. */
  priority?: number
  /** Only columns of custom resources have one. */
  description?: string
}

export interface SubresourceFact {
  name: string
  verbs: string[]
  /** What discovery prints; the parent's kind when absent. */
  kind?: { group: string; version: string; kind: string }
  /** Fields reset on a write through this subresource (`.spec`, `.metadata.labels`). */
  resetFields?: string[]
}

export interface ResourceFact {
  /** '' for the core group. */
  group: string
  version: string
  resource: string
  singular: string
  kind: string
  namespaced: boolean
  /** Sorted as discovery prints them. */
  verbs: string[]
  shortNames?: string[]
  categories?: string[]
  /** Model name in `types`. */
  type: string
  subresources?: SubresourceFact[]
  /** apiVersion of the stored form where it is another one (`autoscaling/v2`). */
  storedAs?: string
  /** Key prefix below /registry, for example `services/specs`. */
  prefix?: string
  /** Fields reset on a write of the main resource. */
  resetFields?: string[]
  /** generation starts at 1 and rises with the spec. */
  generation?: true
  allowCreateOnUpdate?: true
  /** false: PUT without resourceVersion is 422. */
  allowUnconditionalUpdate?: boolean
  gracefulDelete?: true
  /** DELETE answers the object and not a Status. */
  returnDeletedObject?: true
  defaultGCPolicy?: 'OrphanDependents' | 'DeleteDependents' | 'Unsupported'
  /** Accepted field label -> matched key, beyond metadata.name and metadata.namespace. */
  fieldLabels?: Record<string, string>
  /** The kind has its own label conversion: the 400 text differs and metadata.namespace is refused unless listed. */
  ownFieldLabels?: true
  columns?: ColumnFact[]
  /** Seconds after which an object expires (events: 3600). */
  ttlSeconds?: number
  /** storageVersionHash of discovery. */
  storageVersionHash?: string
}
