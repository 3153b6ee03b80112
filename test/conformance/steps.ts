/** What sequences are made of: requests, and the short words for them. `$id` stands for the case's own token, `$rv0` for the version that step 0 answered. */

export interface Step {
  method: string
  path: string
  /** A text is sent as it is. With `base`, a merge patch on the answer of that step. */
  body?: unknown
  /** The step whose answer is sent again, changed by `body`. */
  base?: number
  type?: string
  accept?: string
}

export interface Case {
  name: string
  steps: Step[]
}

export type Fields = Record<string, unknown>

export const JSON_PATCH = 'application/json-patch+json'
export const MERGE_PATCH = 'application/merge-patch+json'
export const STRATEGIC_PATCH = 'application/strategic-merge-patch+json'
export const APPLY_PATCH = 'application/apply-patch+yaml'
export const PROTOBUF = 'application/vnd.kubernetes.protobuf'
export const TABLE = 'application/json;as=Table;v=v1;g=meta.k8s.io'
export const METADATA = 'application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io'
export const METADATA_LIST = 'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io'

export const post = (path: string, body: unknown): Step => ({ method: 'POST', path, body })
export const get = (path: string, accept?: string): Step => ({ method: 'GET', path, ...(accept ? { accept } : {}) })
export const put = (path: string, base: number, body: unknown = {}): Step => ({ method: 'PUT', path, base, body })
export const remove = (path: string, body?: unknown): Step => ({ method: 'DELETE', path, ...(body ? { body } : {}) })
export const patch = (path: string, type: string, body: unknown): Step => ({ method: 'PATCH', path, type, body })
export const meta = (fields: Fields) => ({ metadata: fields })
