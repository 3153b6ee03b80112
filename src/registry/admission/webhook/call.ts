/** One call of one admission webhook, and what its failure or denial is answered with. Mirrors callHook of the two dispatchers and plugin/webhook/errors. */
import { newBadRequest, newInternalError, type Status, StatusError } from '../../../apimachinery/errors.ts'
import { quote } from '../../../apimachinery/go-text.ts'
import type { WriteContext } from '../../definition.ts'
import { callWebhook, type Review } from '../../webhook-call.ts'
import type { AdmissionEnvironment } from '../plugin.ts'
import type { VersionedRequest } from '../versioned.ts'
import type { Webhook } from './configuration.ts'
import {
  ADMISSION_REVIEW,
  type AdmissionResponse,
  admissionReview,
  decodeResponse,
  reviewVersion,
  verifyResponse,
} from './review.ts'

/** The webhook did not do its work: `failurePolicy` says what that means. */
export class WebhookFailure extends Error {
  constructor(webhook: Webhook, why: string) {
    super(`failed calling webhook ${quote(webhook.name)}: ${why}`)
  }
}

/** What a failure is answered with where the policy is Fail. */
export function failedClosed(failure: WebhookFailure): StatusError {
  return newInternalError(failure.message)
}

/**
 * Rejects with a WebhookFailure, or with a StatusError that no policy overrules (a dry run that the webhook cannot do). A denial is an answer.
 * Warnings of the webhook are passed on.
 */
export async function callAdmissionWebhook(
  webhook: Webhook,
  shown: VersionedRequest,
  context: WriteContext,
  environment: AdmissionEnvironment,
  mutating: boolean,
): Promise<AdmissionResponse> {
  if (context.dryRun) requireNoSideEffects(webhook)
  const version = reviewVersion(webhook.reviewVersions)
  if (!version) {
    const why = 'webhook does not accept known AdmissionReview versions (v1, v1beta1)'
    throw new WebhookFailure(webhook, `could not create admission objects: ${why}`)
  }
  const uid = environment.random.uuid()
  let review: Review
  let response: Record<string, unknown> | undefined
  try {
    review = await callWebhook(environment.outbound, {
      target: webhook.target,
      review: admissionReview(version, uid, shown, context),
      known: ADMISSION_REVIEW,
      timeoutMs: webhook.timeoutSeconds * 1000,
      timeoutSeconds: webhook.timeoutSeconds,
    })
    response = decodeResponse(review)
  } catch (error) {
    throw new WebhookFailure(webhook, `failed to call webhook: ${(error as Error).message}`)
  }
  try {
    return verifyResponse(review, response, { uid, version, mutating })
  } catch (error) {
    throw new WebhookFailure(webhook, `received invalid webhook response: ${(error as Error).message}`)
  }
}

function requireNoSideEffects({ name, sideEffects }: Webhook): void {
  if (sideEffects !== 'None' && sideEffects !== 'NoneOnDryRun') {
    throw newBadRequest(`admission webhook ${quote(name)} does not support dry run`)
  }
}

/** The Status of a denial: the webhook's own, never with a code or word of success. */
export function denial({ name }: Webhook, given: Partial<Status> | undefined): StatusError {
  const by = `admission webhook ${quote(name)} denied the request`
  const { message, reason, details } = given ?? {}
  const said = message || reason
  return new StatusError({
    kind: 'Status',
    apiVersion: 'v1',
    metadata: given?.metadata ?? {},
    status: 'Failure',
    message: said ? `${by}: ${said}` : `${by} without explanation`,
    ...(reason ? { reason } : {}),
    ...(details ? { details } : {}),
    code: Math.max(given?.code ?? 0, 400),
  })
}
