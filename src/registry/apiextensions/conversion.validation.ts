/** How versions of a custom resource are converted. Mirrors validateCustomResourceConversion of apiextensions-apiserver/pkg/apis/apiextensions/validation. */
import { type FieldError, forbidden, index, invalid, notSupported, required } from '../../apimachinery/field-error.ts'
import { isDns1035Label } from '../../apimachinery/names.ts'
import { invalids } from '../validation.ts'
import { validateWebhookService, validateWebhookUrl } from '../webhook-client.validation.ts'
import type { Conversion } from './crd.ts'

const PATH = 'spec.conversion'
const CLIENT = `${PATH}.webhookClientConfig`
const REVIEW_VERSIONS = ['v1', 'v1beta1']

export function conversionErrors(conversion: Conversion | undefined): FieldError[] {
  if (!conversion) return []
  const { strategy, webhook } = conversion
  if (strategy === 'Webhook') return webhookErrors(webhook)
  const errors: FieldError[] = []
  const path = `${PATH}.strategy`
  if (!strategy) errors.push(required(path))
  else if (strategy !== 'None') errors.push(notSupported(path, strategy, ['None', 'Webhook']))
  const why = 'should not be set when strategy is not set to Webhook'
  if (webhook?.clientConfig) errors.push(forbidden(CLIENT, why))
  if (webhook?.conversionReviewVersions?.length) errors.push(forbidden(`${PATH}.conversionReviewVersions`, why))
  return errors
}

function webhookErrors(webhook: Conversion['webhook']): FieldError[] {
  return [...clientErrors(webhook?.clientConfig), ...versionErrors(webhook?.conversionReviewVersions ?? [])]
}

function clientErrors(config: NonNullable<Conversion['webhook']>['clientConfig']): FieldError[] {
  if (!config) return [required(CLIENT, 'required when strategy is set to Webhook')]
  const { url, service } = config
  if ((url === undefined) === !service) return [required(CLIENT, 'exactly one of url or service is required')]
  if (url !== undefined) return validateWebhookUrl(`${CLIENT}.url`, url)
  // Upstream hands over name and namespace in the wrong order: what is said of the one is meant for the other.
  const { name, namespace, ...rest } = service as { name?: string; namespace?: string; path?: string; port?: number }
  return validateWebhookService(`${CLIENT}.service`, { ...rest, name: namespace, namespace: name })
}

function versionErrors(versions: readonly string[]): FieldError[] {
  const path = `${PATH}.conversionReviewVersions`
  if (versions.length === 0) return [required(path)]
  const errors = versions.flatMap((version, i) => {
    if (versions.indexOf(version) < i) return [invalid(index(path, i), version, 'duplicate version')]
    return invalids(index(path, i), version ?? '', isDns1035Label(version ?? ''))
  })
  if (versions.some((version) => REVIEW_VERSIONS.includes(version))) return errors
  return [...errors, invalid(path, versions, `must include at least one of ${REVIEW_VERSIONS.join(', ')}`)]
}
