/** AdmissionReview: what a webhook is asked, and whether its answer is one. Mirrors apiserver/pkg/admission/plugin/webhook/request/admissionreview.go. */
import type { Status } from '../../../apimachinery/errors.ts'
import { quote } from '../../../apimachinery/go-text.ts'
import { isPlainObject } from '../../../apimachinery/schema/go-json.ts'
import type { OperationOptions, ResourceDefinition, WriteContext } from '../../definition.ts'
import { checkTypes, type Review, type ReviewKind } from '../../webhook-call.ts'
import { namespaceOf } from '../matching.ts'
import type { AdmissionRequest } from '../plugin.ts'
import { doorKind, type VersionedRequest } from '../versioned.ts'

export const ADMISSION_REVIEW: ReviewKind = {
  group: 'admission.k8s.io',
  kind: 'AdmissionReview',
  versions: ['v1', 'v1beta1'],
}

const OPTIONS_KINDS: Record<AdmissionRequest['operation'], string> = {
  CREATE: 'CreateOptions',
  UPDATE: 'UpdateOptions',
  DELETE: 'DeleteOptions',
  CONNECT: '',
}

/** The first version of the webhook's list that the server speaks. */
export function reviewVersion(versions: readonly string[]): string | undefined {
  return versions.find((version) => ADMISSION_REVIEW.versions.includes(version))
}

export function admissionReview(
  version: string,
  uid: string,
  shown: VersionedRequest,
  context: WriteContext,
): Review & { apiVersion: string; kind: string } {
  return {
    kind: ADMISSION_REVIEW.kind,
    apiVersion: `${ADMISSION_REVIEW.group}/${version}`,
    request: admissionRequestFields(uid, shown, context),
  }
}

/** The `request` of a review: also what CEL expressions of policies and match conditions see (without the objects). */
export function admissionRequestFields(
  uid: string,
  { request, definition, kind, object, old }: VersionedRequest,
  context: WriteContext,
): Record<string, unknown> {
  const { subresource, operation } = request
  const namespace = namespaceOf(request)
  const { username, groups, extra } = context.user
  const door = (name: string): Record<string, string> => (subresource ? { [name]: subresource } : {})
  return {
    uid,
    kind: { group: kind.group, version: kind.version, kind: kind.kind },
    resource: resourceOf(definition),
    ...door('subResource'),
    requestKind: doorKind(request.definition, subresource),
    requestResource: resourceOf(request.definition),
    ...door('requestSubResource'),
    ...(request.name ? { name: request.name } : {}),
    ...(namespace ? { namespace } : {}),
    operation,
    userInfo: {
      ...(username ? { username } : {}),
      ...(context.user.uid ? { uid: context.user.uid } : {}),
      ...(groups.length > 0 ? { groups } : {}),
      ...(extra && Object.keys(extra).length > 0 ? { extra } : {}),
    },
    object: object ?? null,
    oldObject: old ?? null,
    dryRun: context.dryRun,
    options: operation === 'CONNECT' ? null : optionsOf(OPTIONS_KINDS[operation], context.options),
  }
}

const resourceOf = ({ group, version, resource }: ResourceDefinition): object => ({ group, version, resource })

function optionsOf(kind: string, options: OperationOptions | undefined): object {
  return { kind, apiVersion: 'meta.k8s.io/v1', ...options }
}

export interface AdmissionResponse {
  allowed: boolean
  /** Of the Status that a denial comes with. */
  status?: Partial<Status>
  /** Decoded from base64; absent where there is none. */
  patch?: Buffer
  patchType?: string
  warnings: readonly string[]
}

const RESPONSE_FIELDS = {
  uid: 'string',
  allowed: 'boolean',
  status: 'object',
  patch: 'bytes',
  patchType: 'string',
  auditAnnotations: 'object',
  warnings: 'strings',
} as const

/** Throws an Error for an answer that cannot be decoded. Undefined: the review holds no response. */
export function decodeResponse(review: Review): Record<string, unknown> | undefined {
  const { response } = review
  if (response === undefined || response === null) return undefined
  if (!isPlainObject(response)) {
    const type = Array.isArray(response) ? 'array' : typeof response === 'boolean' ? 'bool' : typeof response
    throw new Error(
      `json: cannot unmarshal ${type} into Go struct field AdmissionReview.response of type v1.AdmissionResponse`,
    )
  }
  checkTypes(response, 'AdmissionResponse.response', RESPONSE_FIELDS)
  return response
}

/** Throws an Error that says why the response is no valid one. */
export function verifyResponse(
  review: Review,
  response: Record<string, unknown> | undefined,
  { uid, version, mutating }: { uid: string; version: string; mutating: boolean },
): AdmissionResponse {
  if (!response) throw new Error('webhook response was absent')
  const patch = Buffer.from((response['patch'] as string) ?? '', 'base64')
  let patchType = response['patchType'] as string | null | undefined
  if (version === 'v1') {
    verifyIdentity(review, response, uid)
    if (mutating) verifyPatch(patch, patchType)
    else if (patch.length > 0) throw new Error('validating webhook may not return response.patch')
    else if (patchType !== undefined && patchType !== null) {
      throw new Error('validating webhook may not return response.patchType')
    }
  } else patchType = 'JSONPatch'
  return {
    allowed: response['allowed'] === true,
    ...(response['status'] ? { status: response['status'] as Partial<Status> } : {}),
    ...(mutating && patch.length > 0 ? { patch, patchType: patchType as string } : {}),
    warnings: (response['warnings'] as string[] | null) ?? [],
  }
}

function verifyIdentity(review: Review, response: Record<string, unknown>, uid: string): void {
  if (response['uid'] !== uid) {
    throw new Error(`expected response.uid=${quote(uid)}, got ${quote(String(response['uid'] ?? ''))}`)
  }
  const { apiVersion = '', kind = '' } = review
  if (apiVersion !== `${ADMISSION_REVIEW.group}/v1` || kind !== ADMISSION_REVIEW.kind) {
    const slash = apiVersion.includes('/') ? apiVersion : `/${apiVersion}`
    const expected = `${ADMISSION_REVIEW.group}/v1, Kind=${ADMISSION_REVIEW.kind}`
    throw new Error(`expected webhook response of ${expected}, got ${slash}, Kind=${kind}`)
  }
}

function verifyPatch(patch: Buffer, patchType: string | null | undefined): void {
  const typed = patchType !== undefined && patchType !== null
  if (patch.length > 0 && !typed) throw new Error('webhook returned response.patch but not response.patchType')
  if (patch.length === 0 && typed) throw new Error('webhook returned response.patchType but not response.patch')
  if (patchType === '') throw new Error('webhook returned invalid response.patchType of ""')
}
