/** What admission is shown of a request: the object as its door shows it, in the version of the rule that matched. Mirrors apiserver/pkg/admission/conversion.go. */

import type { Clock } from '../../apimachinery/clock.ts'
import type { DynamicObject, KubeObject } from '../../apimachinery/meta.ts'
import type { Schemas } from '../../apimachinery/schema/schema.ts'
import { decodeValue, type Kind } from '../decode.ts'
import type { Projection, ResourceDefinition } from '../definition.ts'
import type { AdmissionRequest } from './plugin.ts'

/** The request as one webhook or policy sees it. */
export interface VersionedRequest {
  request: AdmissionRequest
  /** The matched resource; that of the request itself, unless it matched as an equivalent. */
  definition: ResourceDefinition
  /** What the door shows: the subresource's kind (Scale, Binding) or the resource's. */
  kind: Kind
  object: DynamicObject | undefined
  old: DynamicObject | undefined
}

/** The kind that is sent through the door of a subresource, or that of the resource. */
export function doorKind(definition: ResourceDefinition, subresource: string): Kind {
  const door = definition.subresources?.find(({ name }) => name === subresource)
  const { group, version, kind } = door?.kind ?? definition
  return { group, version, kind }
}

export function versioned(request: AdmissionRequest, definition: ResourceDefinition): VersionedRequest {
  const projection = projectionOf(request)
  const show = (object: KubeObject | undefined): DynamicObject | undefined => {
    if (!object) return undefined
    if (projection) return projection.read(object as DynamicObject)
    return converted(object as DynamicObject, request.definition, definition)
  }
  return {
    request,
    definition,
    kind: doorKind(definition, request.subresource),
    object: show(request.object),
    old: show(request.old),
  }
}

/** Writes what became of the shown object back into the request's draft, in place. `shown` is decoded and defaulted here; throws 400. */
export function writeBack(
  { request, definition, kind }: VersionedRequest,
  shown: unknown,
  decoding: { schemas: Schemas; clock: Clock },
): void {
  const draft = request.object as DynamicObject
  const decoded = decodeValue(decoding, kind, shown).object
  const projection = projectionOf(request)
  const next = projection
    ? decodeValue(decoding, request.definition, projection.write(decoded, draft)).object
    : converted(decoded, definition, request.definition)
  for (const field of Object.keys(draft)) delete draft[field]
  Object.assign(draft, next)
}

function projectionOf({ definition, subresource }: AdmissionRequest): Projection | undefined {
  return subresource === '' ? undefined : definition.hooks.subresources?.[subresource]?.projection
}

function converted(object: DynamicObject, from: ResourceDefinition, to: ResourceDefinition): DynamicObject {
  if (from === to || object.apiVersion !== from.apiVersion) return object
  const stored = from.hooks.conversion?.toStored(object) ?? object
  return to.hooks.conversion?.fromStored(stored) ?? stored
}
