/** Whether a webhook is called for a request, and with what. Mirrors ShouldCallHook of plugin/webhook/generic/webhook.go. */
import { newForbidden } from '../../../apimachinery/errors.ts'
import type { WriteContext } from '../../definition.ts'
import { conditionsHold } from '../conditions.ts'
import type { Match } from '../matching.ts'
import type { AdmissionEnvironment, AdmissionRequest } from '../plugin.ts'
import type { VersionedRequest } from '../versioned.ts'
import type { Webhook } from './configuration.ts'

/** Undefined: it is not called. Throws a StatusError when that cannot be said. */
export function shouldCall(
  webhook: Webhook,
  request: AdmissionRequest,
  show: (match: Match) => VersionedRequest,
  context: WriteContext,
  environment: AdmissionEnvironment,
): VersionedRequest | undefined {
  const match = webhook.matches(request, environment)
  if (!match) return undefined
  const shown = show(match)
  if (webhook.conditions.length === 0) return shown
  const held = conditionsHold(webhook.conditions, { shown, context })
  if (held.error === undefined) return held.matches ? shown : undefined
  if (webhook.ignoresFailure) return undefined
  const { group, resource } = request.definition
  throw newForbidden({ group, resource }, request.name, held.error)
}
