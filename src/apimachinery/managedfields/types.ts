/** What managing fields must know of a kind: its types in each version, and how to go from one to the other. */
import type { FieldFilter } from './compare.ts'
import { type MergeNode, type MergeStruct, trackedNodeOf } from './merge-node.ts'

export interface KindFields {
  readonly apiVersion: string
  /** Of a custom resource an empty list of managedFields is none: it resets nothing. */
  readonly isCustom: boolean
  readonly whole: MergeStruct
  /** Without the fields that nobody owns. */
  readonly tracked: MergeStruct
  /** The kind in another version, undefined when it is not served there. */
  inVersion(apiVersion: string): KindFields | undefined
  /** An object of this version in another one that `inVersion` knows. */
  convert(object: unknown, apiVersion: string): unknown
}

const NEVER = (): undefined => undefined

/** The fields of a kind in one version. Throws for what is no struct: no kind is that. */
export function kindFields(
  whole: MergeNode,
  apiVersion: string,
  isCustom = false,
  versions: Pick<KindFields, 'inVersion' | 'convert'> = { inVersion: NEVER, convert: NEVER },
): KindFields {
  if (whole.kind !== 'struct') throw new Error(`${apiVersion}: a kind without fields`)
  return { apiVersion, isCustom, whole, tracked: trackedNodeOf(whole), ...versions }
}

/** Who writes, through which door. */
export interface Writer {
  manager: string
  subresource: string
  /** Drops what the door resets. */
  filter?: FieldFilter
  /** RFC 3339. */
  now: string
}
