/** Webhook configurations in compiled form. Mirrors apiserver/pkg/admission/{configuration,plugin/webhook/accessors.go}. */
import { admissionEnvironment } from '../../../apimachinery/cel/admission-environment.ts'
import type { DynamicObject } from '../../../apimachinery/meta.ts'
import type { Storage } from '../../../storage/interface.ts'
import type { OutboundTarget } from '../../outbound.ts'
import { CompiledView } from '../compiled-view.ts'
import { CONDITION_TYPES, compileStored, type Expression } from '../conditions.ts'
import { compileMatcher, type Matcher, type MatchFields } from '../matching.ts'

/** One webhook of one configuration. */
export interface Webhook {
  name: string
  /** `configuration/name/0`: tells webhooks of the same name apart. */
  id: string
  matches: Matcher
  target: OutboundTarget
  ignoresFailure: boolean
  conditions: readonly Expression[]
  timeoutSeconds: number
  sideEffects: string | undefined
  reviewVersions: readonly string[]
  /** Mutating webhooks only: called again when a later one changed the object. */
  reinvoked: boolean
}

const DEFAULT_TIMEOUT_SECONDS = 10

/** In the order they are called: configurations by name, webhooks as they are listed. */
export function webhooksOf(storage: Storage, resource: string): CompiledView<readonly Webhook[]> {
  return new CompiledView(storage, [`/registry/${resource}/`], ([configurations = []]) =>
    configurations.flatMap(compileConfiguration),
  )
}

function compileConfiguration(configuration: DynamicObject): Webhook[] {
  const { name: configurationName = '' } = configuration.metadata
  const names = new Map<string, number>()
  return (configuration['webhooks'] ?? []).map((webhook: StoredWebhook): Webhook => {
    const count = names.get(webhook.name) ?? 0
    names.set(webhook.name, count + 1)
    return {
      name: webhook.name,
      id: `${configurationName}/${webhook.name}/${count}`,
      matches: compileMatcher(webhook),
      target: webhook.clientConfig,
      ignoresFailure: webhook.failurePolicy === 'Ignore',
      conditions: (webhook.matchConditions ?? []).map(({ expression }) =>
        compileStored(admissionEnvironment({ authorizer: true, stored: true }), expression, CONDITION_TYPES),
      ),
      timeoutSeconds: webhook.timeoutSeconds ?? DEFAULT_TIMEOUT_SECONDS,
      sideEffects: webhook.sideEffects,
      reviewVersions: webhook.admissionReviewVersions ?? [],
      reinvoked: webhook.reinvocationPolicy === 'IfNeeded',
    }
  })
}

interface StoredWebhook extends MatchFields {
  name: string
  clientConfig: OutboundTarget
  failurePolicy?: string
  matchConditions?: { name: string; expression: string }[]
  timeoutSeconds?: number
  sideEffects?: string
  admissionReviewVersions?: string[]
  reinvocationPolicy?: string
}
