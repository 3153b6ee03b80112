/** What the pod plug-ins ask first. */
import type { DynamicObject } from '../../apimachinery/meta.ts'
import type { AdmissionRequest } from './plugin.ts'

/** The pod being written through the main door with one of these operations, or undefined: not this plug-in's business. */
export function podOf(
  request: AdmissionRequest,
  ...operations: readonly AdmissionRequest['operation'][]
): DynamicObject | undefined {
  if (request.definition.groupResource !== 'pods' || request.subresource !== '') return undefined
  return operations.includes(request.operation) ? request.object : undefined
}
