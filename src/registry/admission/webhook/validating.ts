/** ValidatingAdmissionWebhook: all that match are asked at once, the first that is against it in their order decides. Mirrors plugin/webhook/validating. */
import type { StatusError } from '../../../apimachinery/errors.ts'
import type { WriteContext } from '../../definition.ts'
import { isAdmissionConfiguration } from '../matching.ts'
import type { AdmissionEnvironment, AdmissionPluginFactory, AdmissionRequest } from '../plugin.ts'
import { type VersionedRequest, versioned } from '../versioned.ts'
import { callAdmissionWebhook, denial, failedClosed, WebhookFailure } from './call.ts'
import { type Webhook, webhooksOf } from './configuration.ts'
import { shouldCall } from './should-call.ts'

interface Invocation {
  webhook: Webhook
  shown: VersionedRequest
}

export const validatingAdmissionWebhook: AdmissionPluginFactory = {
  name: 'ValidatingAdmissionWebhook',
  create(environment) {
    const webhooks = webhooksOf(environment.storage, 'validatingwebhookconfigurations')
    return {
      name: 'ValidatingAdmissionWebhook',
      validate(request, context) {
        const all = webhooks.current()
        if (all.length === 0 || context.internal || isAdmissionConfiguration(request)) return
        const invocations = matching(all, request, context, environment)
        if (invocations.length > 0) return askAll(invocations, context, environment)
      },
    }
  },
}

function matching(
  webhooks: readonly Webhook[],
  request: AdmissionRequest,
  context: WriteContext,
  environment: AdmissionEnvironment,
): Invocation[] {
  const invocations: Invocation[] = []
  const shownIn = new Map<object, VersionedRequest>()
  for (const webhook of webhooks) {
    const show = (match: { definition: VersionedRequest['definition'] }): VersionedRequest => {
      const shown = shownIn.get(match.definition) ?? versioned(request, match.definition)
      shownIn.set(match.definition, shown)
      return shown
    }
    const shown = shouldCall(webhook, request, show, context, environment)
    if (shown) invocations.push({ webhook, shown })
  }
  return invocations
}

async function askAll(
  invocations: Invocation[],
  context: WriteContext,
  environment: AdmissionEnvironment,
): Promise<void> {
  const warnings: string[][] = invocations.map(() => [])
  const ask = async ({ webhook, shown }: Invocation, i: number): Promise<StatusError | undefined> => {
    try {
      const answer = await callAdmissionWebhook(webhook, shown, context, environment, false)
      warnings[i]?.push(...answer.warnings)
      return answer.allowed ? undefined : denial(webhook, answer.status)
    } catch (error) {
      if (!(error instanceof WebhookFailure)) throw error
      return webhook.ignoresFailure ? undefined : failedClosed(error)
    }
  }
  const settled = await Promise.allSettled(invocations.map(ask))
  for (const text of warnings.flat()) context.warn(text)
  for (const result of settled) {
    if (result.status === 'rejected') throw result.reason
    if (result.value) throw result.value
  }
}
