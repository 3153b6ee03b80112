/** What an admission plug-in is: one file and one row of admission.ts, in upstream's order. Mirrors apiserver/pkg/admission. */
import type { Clock } from '../../apimachinery/clock.ts'
import type { DynamicObject, KubeObject } from '../../apimachinery/meta.ts'
import type { Random } from '../../apimachinery/random.ts'
import type { Schemas } from '../../apimachinery/schema/schema.ts'
import type { MaybePromise, Storage } from '../../storage/interface.ts'
import type { Reader, ResourceDefinition, WriteContext } from '../definition.ts'
import type { Outbound } from '../outbound.ts'

export type Operation = 'CREATE' | 'UPDATE' | 'DELETE' | 'CONNECT'

/** What is being asked. For DELETE `object` is absent; for CREATE `old` is. */
export interface AdmissionRequest {
  operation: Operation
  definition: ResourceDefinition
  /** '' for the main resource. */
  subresource: string
  namespace: string
  name: string
  /** A draft: `admit` may change it in place, `validate` may not. */
  object?: DynamicObject
  old?: KubeObject
  /** Set by plug-ins that let others run again; belongs to one mutating pass and its repetition. */
  reinvocation?: Reinvocation
}

/** A mutating pass is run a second time, once, when a plug-in changed what earlier ones have seen. Mirrors apiserver/pkg/admission/reinvocation.go. */
export interface Reinvocation {
  /** This is the second time. */
  repeated: boolean
  /** Somebody asks for it. */
  wanted: boolean
  /** What each plug-in remembers of the first time, by its name. */
  memory: Map<string, unknown>
}

export function reinvocationOf(request: AdmissionRequest): Reinvocation {
  request.reinvocation ??= { repeated: false, wanted: false, memory: new Map() }
  return request.reinvocation
}

/** Requests of one kind: an operation on a door of a resource (`deployments.apps`). */
export interface RequestKind {
  readonly groupResource: string
  readonly subresource: string
  readonly operation: Operation
}

/** Requests with one of these operations for one of these resources, through the main door where no other is named. */
export function requestsFor(
  resources: readonly string[],
  operations: readonly Operation[],
  doors: readonly string[] = [''],
): (kind: RequestKind) => boolean {
  return ({ groupResource, subresource, operation }) =>
    resources.includes(groupResource) && doors.includes(subresource) && operations.includes(operation)
}

export interface AdmissionPlugin {
  /** Upstream's name, as `--disable-admission-plugins` takes it. */
  name: string
  /** Runs only where `--enable-admission-plugins` names it. */
  offByDefault?: boolean
  /** Whether such requests can be its business; absent: all are. Asked once for each kind of requests, so that no other is ever shown to it. */
  concerns?(kind: RequestKind): boolean
  /** Mutating phase. Throws a StatusError to refuse. */
  admit?(request: AdmissionRequest, context: WriteContext): MaybePromise<void>
  /** Validating phase, after the object was validated. Throws a StatusError to refuse. */
  validate?(request: AdmissionRequest, context: WriteContext): MaybePromise<void>
}

/** What plug-ins with a state of their own are made with. The registry is one. */
export interface AdmissionEnvironment {
  readonly storage: Storage
  readonly schemas: Schemas
  readonly clock: Clock
  readonly random: Random
  readonly reader: Reader
  /** Absent: nobody is called; what would have to be is refused. */
  readonly outbound?: Outbound | undefined
  /** Every served version of the same stored objects, the definition itself among them. */
  equivalents(definition: ResourceDefinition): readonly ResourceDefinition[]
  /** By group, version and kind; undefined: nobody serves it. */
  definitionOf(apiVersion: string, kind: string): ResourceDefinition | undefined
}

/** A plug-in that keeps something between requests: made once for each cluster. `create` must not read anything yet. */
export interface AdmissionPluginFactory {
  name: string
  offByDefault?: boolean
  create(environment: AdmissionEnvironment): AdmissionPlugin
}
