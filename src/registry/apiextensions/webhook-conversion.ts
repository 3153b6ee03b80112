/** Custom resources from one version to another by a webhook. Mirrors apiextensions-apiserver/pkg/apiserver/conversion/webhook_converter.go. */
import { newInternalError, newUnknownError } from '../../apimachinery/errors.ts'
import { quote } from '../../apimachinery/go-text.ts'
import { type DynamicObject, parseGroupVersion } from '../../apimachinery/meta.ts'
import { goJsonType } from '../../apimachinery/patch/values.ts'
import { isPlainObject } from '../../apimachinery/schema/go-json.ts'
import type { Outbound, OutboundTarget } from '../outbound.ts'
import { callWebhook, checkTypes, type Review, type ReviewKind } from '../webhook-call.ts'
import { ConversionNeeded } from '../when-converted.ts'
import { checkConverted, restoreMetadata } from './converted-object.ts'
import type { CustomResourceDefinition } from './crd.ts'

/** What upstream's REST client says, and waits. */
const TIMEOUT_SECONDS = 30
/** Results kept for drafts, which have no identity: a write converts the same one a few times. */
const KEPT_DRAFTS = 256

const CONVERSION_REVIEW: ReviewKind = {
  group: 'apiextensions.k8s.io',
  kind: 'ConversionReview',
  versions: ['v1', 'v1beta1'],
}

/** What it needs of the registry. */
export interface ConversionCalls {
  readonly outbound?: Outbound | undefined
  readonly random: { uuid(): string }
}

export interface WebhookConverter {
  /**
   * The object under another version; itself when it has it already. Throws ConversionNeeded until the webhook was asked. `immutable`: known by
   * identity; a draft is known by what it holds.
   */
  convert(object: DynamicObject, apiVersion: string, immutable: boolean): DynamicObject
  /** Throws ConversionNeeded, for all of these immutable objects in one call, unless every one can be converted at once. */
  require(objects: readonly DynamicObject[], apiVersion: string): void
}

export function webhookConverter(crd: CustomResourceDefinition, calls: ConversionCalls): WebhookConverter {
  const known = new Map<string, WeakMap<object, DynamicObject>>()
  const drafts = new Map<string, DynamicObject>()
  const textOf = (object: DynamicObject, apiVersion: string): string => `${apiVersion} ${JSON.stringify(object)}`
  const knownIn = (apiVersion: string): WeakMap<object, DynamicObject> => {
    const found = known.get(apiVersion) ?? new WeakMap()
    known.set(apiVersion, found)
    return found
  }

  function keepDraft(object: DynamicObject, apiVersion: string, converted: DynamicObject): void {
    drafts.set(textOf(object, apiVersion), converted)
    for (const oldest of drafts.keys()) {
      if (drafts.size <= KEPT_DRAFTS) break
      drafts.delete(oldest)
    }
  }

  async function readAll(objects: readonly DynamicObject[], apiVersion: string): Promise<void> {
    try {
      const converted = await callConversionWebhook(crd, calls, objects, apiVersion)
      objects.forEach((object, i) => {
        knownIn(apiVersion).set(object, converted[i] as DynamicObject)
      })
      // What was made for one question only (the old object's fields under another version) is asked for by another one that is equal.
      if (objects.length === 1) keepDraft(objects[0] as DynamicObject, apiVersion, converted[0] as DynamicObject)
    } catch (error) {
      throw newInternalError(corrupt(crd, objects[0] as DynamicObject, (error as Error).message))
    }
  }

  return {
    convert(object, apiVersion, immutable) {
      if (object.apiVersion === apiVersion) return object
      const known = immutable ? knownIn(apiVersion).get(object) : undefined
      if (known) return known
      const draft = drafts.get(textOf(object, apiVersion))
      if (draft) return structuredClone(draft)
      throw new ConversionNeeded(async () => {
        if (immutable) return readAll([object], apiVersion)
        const [converted] = (await callConversionWebhook(crd, calls, [object], apiVersion)) as [DynamicObject]
        keepDraft(object, apiVersion, converted)
      })
    },
    require(objects, apiVersion) {
      const missing = objects.filter((object) => object.apiVersion !== apiVersion && !knownIn(apiVersion).has(object))
      if (missing.length === 0) return
      throw new ConversionNeeded(() => readAll(missing, apiVersion))
    },
  }
}

/** What upstream's storage says of an object that it cannot show. */
function corrupt({ spec, status }: CustomResourceDefinition, { metadata }: DynamicObject, why: string): string {
  const { name, namespace, resourceVersion } = metadata
  const key = ['', spec.group, status.acceptedNames.plural, ...(namespace ? [namespace] : []), name].join('/')
  const message = `object not decodable revision=${resourceVersion}: ${why}`
  return `StorageError: corrupt object, Code: 7, Key: ${key}, ResourceVersion: 0, AdditionalErrorMsg: ${message}`
}

/** New objects, in the order of the old. Rejects with the 500 that upstream answers. */
async function callConversionWebhook(
  crd: CustomResourceDefinition,
  { outbound, random }: ConversionCalls,
  objects: readonly DynamicObject[],
  apiVersion: string,
): Promise<DynamicObject[]> {
  const { clientConfig, conversionReviewVersions } = crd.spec.conversion?.webhook ?? {}
  const from = kindOf(objects[0] as DynamicObject)
  const version = conversionReviewVersions?.find((candidate) => CONVERSION_REVIEW.versions.includes(candidate))
  if (!version) throw newUnknownError('no supported conversion review versions')
  const uid = random.uuid()
  let converted: unknown[]
  try {
    const answer = await callWebhook(outbound, {
      target: clientConfig as OutboundTarget,
      review: {
        kind: CONVERSION_REVIEW.kind,
        apiVersion: `${CONVERSION_REVIEW.group}/${version}`,
        request: { uid, desiredAPIVersion: apiVersion, objects },
        response: { uid: '', convertedObjects: null, result: { metadata: {} } },
      },
      known: CONVERSION_REVIEW,
      timeoutMs: TIMEOUT_SECONDS * 1000,
      timeoutSeconds: TIMEOUT_SECONDS,
    })
    converted = convertedObjects(answer, uid, version)
  } catch (error) {
    throw newUnknownError(`conversion webhook for ${from} failed: ${(error as Error).message}`)
  }
  const say = (why: string) => newUnknownError(`conversion webhook for ${from} returned ${why}`)
  if (converted.length !== objects.length) throw say(`${converted.length} objects, expected ${objects.length}`)
  return objects.map((object, i) => {
    const next = converted[i]
    if (!isPlainObject(next)) {
      throw newUnknownError(`json: cannot unmarshal ${goJsonType(next)} into Go value of type map[string]interface {}`)
    }
    const problem = checkConverted(object, next, apiVersion, i)
    if (problem) throw say(problem)
    const restored = restoreMetadata(object, next as DynamicObject)
    if (typeof restored === 'string') throw say(`invalid metadata: ${restored}`)
    return restored
  })
}

/** Throws an Error with what is wrong with the review. */
function convertedObjects(review: Review, uid: string, version: string): unknown[] {
  const { apiVersion = '', kind = '', response } = review
  if (version === 'v1' && (apiVersion !== `${CONVERSION_REVIEW.group}/v1` || kind !== CONVERSION_REVIEW.kind)) {
    const got = apiVersion.includes('/') ? apiVersion : `/${apiVersion}`
    throw new Error(
      `expected webhook response of ${CONVERSION_REVIEW.group}/v1, Kind=${CONVERSION_REVIEW.kind}, got ${got}, Kind=${kind}`,
    )
  }
  if (!isPlainObject(response)) throw new Error('no response provided')
  checkTypes(response, 'ConversionResponse.response', { uid: 'string', result: 'object' })
  if (version === 'v1' && response['uid'] !== uid) {
    throw new Error(`expected response.uid=${quote(uid)}, got ${quote(String(response['uid'] ?? ''))}`)
  }
  const { status = '', message } = (response['result'] ?? {}) as { status?: string; message?: string }
  if (status !== 'Success') throw new Error(message || `response.result.status was '${status}', not 'Success'`)
  return (response['convertedObjects'] as unknown[] | null) ?? []
}

function kindOf({ apiVersion, kind }: DynamicObject): string {
  const { group, version } = parseGroupVersion(apiVersion)
  return `${group}/${version}, Kind=${kind}`
}
