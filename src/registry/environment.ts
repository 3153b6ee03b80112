/** What all stores of a cluster share, as a store sees it: the registry is one. */
import type { Clock } from '../apimachinery/clock.ts'
import type { KubeObject } from '../apimachinery/meta.ts'
import type { Random } from '../apimachinery/random.ts'
import type { Schemas } from '../apimachinery/schema/schema.ts'
import type { Storage } from '../storage/interface.ts'
import type { AdmissionChain } from './admission/admission.ts'
import type { OperationOptions, ResourceDefinition, UserInfo, WriteContext } from './definition.ts'

export interface Environment {
  readonly storage: Storage
  readonly schemas: Schemas
  readonly clock: Clock
  readonly random: Random
  readonly admission: AdmissionChain
  writeContext(request: WriteRequest): WriteContext
  /** Told of each create and update, after the commit. */
  committed(definition: ResourceDefinition, stored: KubeObject): void
  /** The same stored objects under another version; undefined when it is not served. */
  inVersion(definition: ResourceDefinition, apiVersion: string): ResourceDefinition | undefined
}

/** Who writes, where, through which door. */
export interface WriteRequest {
  /** '' for cluster scope. */
  namespace: string
  user: UserInfo
  dryRun?: boolean
  /** One of the deletions of a deletecollection. */
  inCollection?: boolean
  /** Part of a write that was admitted already: webhooks and policies are not asked about it. */
  internal?: boolean
  /** As the client gave them, for admission. */
  options?: OperationOptions
  /** '' or absent: the main resource. */
  subresource?: string
  warn?: (message: string) => void
  /** False for patches: a changed uid is then refused by validation (422), not as a failed precondition (409). */
  uidIsPrecondition?: boolean
  /** Who owns what the write changes. Absent: nobody; the server's own repairs leave no trace in managedFields. */
  fieldManager?: string
  /** The change brings managedFields with it: it is an apply, or a write of a projection. */
  managesFields?: boolean
}

/** The server's own identity, for what it writes by itself. */
export const SYSTEM_USER: UserInfo = {
  username: 'system:apiserver',
  groups: ['system:masters', 'system:authenticated'],
}
