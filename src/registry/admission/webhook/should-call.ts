/** Whether a webhook is called for a request, and with what. Mirrors ShouldCallHook of plugin/webhook/generic/webhook.go. */
import type { WriteContext } from '../../definition.ts'
import type { Match } from '../matching.ts'
import type { AdmissionEnvironment, AdmissionRequest } from '../plugin.ts'
import type { VersionedRequest } from '../versioned.ts'
import type { Webhook } from './configuration.ts'

/** Undefined: it is not called. Throws a StatusError when that cannot be said. */
export function shouldCall(
  webhook: Webhook,
  request: AdmissionRequest,
  show: (match: Match) => VersionedRequest,
  _context: WriteContext,
  environment: AdmissionEnvironment,
): VersionedRequest | undefined {
  const match = webhook.matches(request, environment)
  return match && show(match)
}
