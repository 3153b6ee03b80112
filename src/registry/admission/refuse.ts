/** The 403 every plug-in answers with. Mirrors apiserver/pkg/admission/errors.go. */
import { newForbidden, type StatusError } from '../../apimachinery/errors.ts'
import type { AdmissionRequest } from './plugin.ts'

/** 403 that names what was asked for; before a name is generated that is the generateName, and `Unknown` when there is neither. */
export function refuse(request: AdmissionRequest, why: string): StatusError {
  const { group, resource } = request.definition
  const metadata = request.object?.metadata
  return newForbidden({ group, resource }, request.name || metadata?.name || metadata?.generateName || 'Unknown', why)
}
