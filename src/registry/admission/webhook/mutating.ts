/** MutatingAdmissionWebhook: one after another in their order, each sees what the one before made. Mirrors plugin/webhook/mutating. */

import { deepEqual } from '../../../apimachinery/equality.ts'
import { newInternalError } from '../../../apimachinery/errors.ts'
import { quote } from '../../../apimachinery/go-text.ts'
import type { WriteContext } from '../../definition.ts'
import { whenConverted } from '../../when-converted.ts'
import { isAdmissionConfiguration } from '../matching.ts'
import {
  type AdmissionEnvironment,
  type AdmissionPluginFactory,
  type AdmissionRequest,
  reinvocationOf,
} from '../plugin.ts'
import { memoryOf, requireAgain } from '../reinvocation.ts'
import { type VersionedRequest, versioned, writeBack } from '../versioned.ts'
import { callAdmissionWebhook, denial, failedClosed, WebhookFailure } from './call.ts'
import { type Webhook, webhooksOf } from './configuration.ts'
import { applyPatch, decodePatch } from './patch.ts'
import type { AdmissionResponse } from './review.ts'
import { shouldCall } from './should-call.ts'

const NAME = 'MutatingAdmissionWebhook'

export const mutatingAdmissionWebhook: AdmissionPluginFactory = {
  name: NAME,
  create(environment) {
    const webhooks = webhooksOf(environment.storage, 'mutatingwebhookconfigurations')
    return {
      name: NAME,
      admit(request, context) {
        const all = webhooks.current()
        if (all.length === 0 || context.internal || isAdmissionConfiguration(request)) return
        return dispatchFrom(0, all, { request, context, environment })
      },
    }
  },
}

interface Dispatch {
  request: AdmissionRequest
  context: WriteContext
  environment: AdmissionEnvironment
}

/** Without a promise until the first webhook that is called. */
function dispatchFrom(start: number, webhooks: readonly Webhook[], dispatch: Dispatch): Promise<void> | undefined {
  const { request, context, environment } = dispatch
  for (let i = start; i < webhooks.length; i++) {
    const webhook = webhooks[i] as Webhook
    const shown = shouldCall(webhook, request, (match) => versioned(request, match.definition), context, environment)
    if (shown) return dispatchAll(i, webhooks, shown, dispatch)
  }
  return undefined
}

async function dispatchAll(
  start: number,
  webhooks: readonly Webhook[],
  first: VersionedRequest,
  dispatch: Dispatch,
): Promise<void> {
  const { request, context, environment } = dispatch
  const memory = memoryOf(request, NAME)
  const { repeated } = reinvocationOf(request)
  if (repeated && !deepEqual(memory.output, request.object)) requireAgain(memory)
  try {
    for (let i = start; i < webhooks.length; i++) {
      const webhook = webhooks[i] as Webhook
      const shown =
        i === start
          ? first
          : await whenConverted(() =>
              shouldCall(webhook, request, (match) => versioned(request, match.definition), context, environment),
            )
      // In the second pass nobody is called for the first time.
      if (!shown || (repeated && !memory.again.has(webhook.id))) continue
      const changed = await mutate(webhook, shown, dispatch)
      if (changed) {
        requireAgain(memory)
        reinvocationOf(request).wanted = true
      }
      if (webhook.reinvoked) memory.invoked.add(webhook.id)
    }
  } finally {
    memory.output = request.object && structuredClone(request.object)
  }
}

/** Whether the object changed. */
async function mutate(webhook: Webhook, shown: VersionedRequest, dispatch: Dispatch): Promise<boolean> {
  const { context, environment } = dispatch
  try {
    const answer = await callAdmissionWebhook(webhook, shown, context, environment, true)
    for (const text of answer.warnings) context.warn(text)
    if (!answer.allowed) throw denial(webhook, answer.status)
    return answer.patch ? await patchObject(webhook, shown, answer, environment) : false
  } catch (error) {
    if (!(error instanceof WebhookFailure)) throw error
    if (webhook.ignoresFailure) return false
    throw failedClosed(error)
  }
}

async function patchObject(
  webhook: Webhook,
  shown: VersionedRequest,
  { patch = Buffer.alloc(0), patchType = '' }: AdmissionResponse,
  environment: AdmissionEnvironment,
): Promise<boolean> {
  const operations = decodePatch(
    patch,
    (why) => new WebhookFailure(webhook, `received undecodable patch in webhook response: ${why}`),
  )
  if (operations.length === 0) return false
  if (!shown.object) {
    const text = `admission webhook ${quote(webhook.name)} attempted to modify the object, which is not supported for this operation`
    throw newInternalError(text)
  }
  if (patchType !== 'JSONPatch') throw new WebhookFailure(webhook, `unsupported patch type ${quote(patchType)}`)
  const before = structuredClone(shown.object)
  try {
    const patched = applyPatch(shown.object, operations)
    await whenConverted(() => writeBack(shown, patched, environment))
  } catch (error) {
    // Without the words that say which body it was: nobody sent one.
    throw newInternalError((error as Error).message.replace(/^\w+ in version "[^"]*" cannot be handled as a \w+: /, ''))
  }
  const after = await whenConverted(() => versioned(shown.request, shown.definition))
  return !deepEqual(before, after.object)
}
