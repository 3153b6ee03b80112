/** What an admission plug-in is: one file and one row of admission.ts, in upstream's order. Mirrors apiserver/pkg/admission. */
import type { DynamicObject, KubeObject } from '../../apimachinery/meta.ts'
import type { MaybePromise } from '../../storage/interface.ts'
import type { ResourceDefinition, WriteContext } from '../definition.ts'

/** What is being asked. For DELETE `object` is absent; for CREATE `old` is. */
export interface AdmissionRequest {
  operation: 'CREATE' | 'UPDATE' | 'DELETE' | 'CONNECT'
  definition: ResourceDefinition
  /** '' for the main resource. */
  subresource: string
  namespace: string
  name: string
  /** A draft: `admit` may change it in place, `validate` may not. */
  object?: DynamicObject
  old?: KubeObject
}

export interface AdmissionPlugin {
  /** Upstream's name, as `--disable-admission-plugins` takes it. */
  name: string
  /** Runs only where `--enable-admission-plugins` names it. */
  offByDefault?: boolean
  /** Mutating phase. Throws a StatusError to refuse. */
  admit?(request: AdmissionRequest, context: WriteContext): MaybePromise<void>
  /** Validating phase, after the object was validated. Throws a StatusError to refuse. */
  validate?(request: AdmissionRequest, context: WriteContext): MaybePromise<void>
}
