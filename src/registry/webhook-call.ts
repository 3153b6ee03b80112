/**
 * Posts a review to a webhook and reads the review it answers with: admission and conversion. Errors have the texts of client-go's REST
 * client and apimachinery's decoder. Mirrors client-go/rest/request.go (Do, Into) and apimachinery/pkg/runtime/serializer.
 */

import { newServerResponse, type Status, StatusError } from '../apimachinery/errors.ts'
import { quote } from '../apimachinery/go-text.ts'
import { goJsonType } from '../apimachinery/patch/values.ts'
import { isPlainObject } from '../apimachinery/schema/go-json.ts'
import { parseJson, parseYamlBody } from '../apimachinery/schema/parse.ts'
import type { Outbound, OutboundAnswer, OutboundTarget } from './outbound.ts'

/** Kinds that a webhook's answer can be of: `admission.k8s.io`, `AdmissionReview`, `v1`, `v1beta1`. */
export interface ReviewKind {
  group: string
  kind: string
  versions: readonly string[]
}

export interface Review {
  apiVersion?: string
  kind?: string
  [field: string]: unknown
}

export interface WebhookCall {
  target: OutboundTarget
  review: Review & { apiVersion: string; kind: string }
  known: ReviewKind
  timeoutMs: number
  /** As `?timeout=10s` says it; absent: it is not said. */
  timeoutSeconds?: number
}

const MAX_ERROR_BYTES = 2048

/** The answer, of the kind and version that was sent or without any. Rejects with an Error whose message says what went wrong. */
export async function callWebhook(outbound: Outbound | undefined, call: WebhookCall): Promise<Review> {
  if (!outbound) throw new Error('this server calls nobody')
  const answer = await outbound.call(call.target, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: Buffer.from(`${JSON.stringify(call.review)}\n`),
    timeoutMs: call.timeoutMs,
    ...(call.timeoutSeconds ? { query: `timeout=${call.timeoutSeconds}s` } : {}),
    followRedirects: true,
  })
  if (answer.status < 200 || answer.status > 206) throw refusal(answer)
  if (answer.body.length === 0) {
    throw new Error(`0-length response with status code: ${answer.status} and content type: ${answer.contentType}`)
  }
  return decodeReview(parseAnswer(answer.body), call)
}

function refusal({ status, contentType, body }: OutboundAnswer): StatusError {
  const isText = contentType === '' || contentType.startsWith('text/')
  const said = asStatus(body)
  if (said) return new StatusError(said)
  return newServerResponse(
    status,
    'POST',
    isText ? body.subarray(0, MAX_ERROR_BYTES).toString('utf8').trim() : 'unknown',
  )
}

function asStatus(body: Buffer): Status | undefined {
  try {
    const value = JSON.parse(body.toString('utf8')) as Partial<Status>
    return value?.kind === 'Status' && value.apiVersion === 'v1' && value.status !== 'Success'
      ? (value as Status)
      : undefined
  } catch {
    return undefined
  }
}

const TYPE_META =
  'Go value of type struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }'

/** JSON or YAML, as any decoder of the API takes it. */
function parseAnswer(body: Buffer): Record<string, unknown> {
  const isJson = /^\s*[{[]/.test(body.toString('utf8', 0, 64))
  const { value } = isJson ? parseJson(body) : parseYamlBody(body)
  if (isPlainObject(value)) return value
  const why = `json: cannot unmarshal ${goJsonType(value)} into ${TYPE_META}`
  throw new Error(`couldn't get version/kind; json parse error: ${why}`)
}

function decodeReview(answer: Record<string, unknown>, { review, known }: WebhookCall): Review {
  const sent = review.apiVersion
  const apiVersion = String(answer['apiVersion'] || sent)
  const kind = String(answer['kind'] || review.kind)
  const [, version = ''] = apiVersion.split('/')
  const isKnown = known.versions.some((candidate) => apiVersion === `${known.group}/${candidate}`)
  if (!isKnown || kind !== known.kind) {
    throw new Error(
      `no kind ${quote(kind)} is registered for version ${quote(apiVersion)} in scheme "pkg/runtime/scheme.go:111"`,
    )
  }
  if (apiVersion !== sent) {
    const asked = `${sent.split('/')[1]}.${review.kind}`
    throw new Error(`converting (${version}.${kind}) to (${asked}): unknown conversion`)
  }
  return answer
}

type Check = 'string' | 'boolean' | 'object' | 'strings' | 'bytes'

const GO_TYPES: Record<Check, string> = {
  string: 'string',
  boolean: 'bool',
  object: 'v1.Status',
  strings: '[]string',
  bytes: '[]uint8',
}

/** Throws what encoding/json says of a field of another type: `at` is `AdmissionResponse.response`. */
export function checkTypes(value: Record<string, unknown>, at: string, fields: Record<string, Check>): void {
  for (const [name, check] of Object.entries(fields)) {
    const field = value[name]
    if (field === undefined || field === null || hasType(field, check)) continue
    const type = check === 'strings' && Array.isArray(field) ? 'string' : GO_TYPES[check]
    const wrong = check === 'strings' && Array.isArray(field) ? field.find((one) => typeof one !== 'string') : field
    throw new Error(`json: cannot unmarshal ${goJsonType(wrong)} into Go struct field ${at}.${name} of type ${type}`)
  }
}

function hasType(value: unknown, check: Check): boolean {
  if (check === 'object') return isPlainObject(value)
  if (check === 'strings') return Array.isArray(value) && value.every((one) => typeof one === 'string')
  return typeof value === (check === 'bytes' ? 'string' : check)
}
