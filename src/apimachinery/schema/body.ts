/** A request body to the object of the kind that a handler expects, with upstream's 400 when it is something else. Mirrors handlers/create.go. */
import type { Clock } from '../clock.ts'
import { newBadRequest, newInvalid, type StatusError } from '../errors.ts'
import { invalid } from '../field-error.ts'
import { formatGroupVersion, parseGroupVersion } from '../meta.ts'
import { isPlainObject } from './go-json.ts'
import { type Parsed, parseJson, parseYamlBody } from './parse.ts'
import { ParseError } from './parse-error.ts'
import { cannotHandle, type Decoded, type GroupVersionKind, META_GROUP, type Schema, type Schemas } from './schema.ts'

export type TextFormat = 'json' | 'yaml'

/** Decodes a body for `schema`, with defaults. What it leaves out of kind and apiVersion is taken from there. Throws 400. */
export function decodeBody(schemas: Schemas, schema: Schema, bytes: Buffer, format: TextFormat, clock: Clock): Decoded {
  try {
    return decodeAny(schemas, schema, bytes, format, clock)
  } catch (error) {
    throw isStackOverflow(error) ? tooDeep(schema.gvk.kind, bytes) : error
  }
}

function decodeAny(schemas: Schemas, schema: Schema, bytes: Buffer, format: TextFormat, clock: Clock): Decoded {
  const parsed = parseBody(bytes, format, schema.gvk.kind)
  if (schema.isCustom) return decodeCustom(schema, parsed, bytes, clock)
  const given = bodyKind(parsed, bytes, schema.gvk)
  const { group, version, kind } = given
  if (group === schema.gvk.group && version === schema.gvk.version && kind === schema.gvk.kind)
    return schema.decodeWithDefaults(parsed, clock)
  const other = schemeOf(group) === schemeOf(schema.gvk.group) ? schemas.forKind(group, version, kind) : undefined
  if (other === undefined && isFormerVersion(given, schema.gvk)) {
    throw newBadRequest(otherVersion(formatGroupVersion(given), schema))
  }
  if (other === undefined && isBareList(given)) throw newBadRequest(noConversion(given, 'v1.List', schema))
  if (other === undefined) throw newBadRequest(cannotHandle(given, schema.gvk.kind, unregistered(given)))
  other.decode(parsed, schema.gvk.kind)
  throw newBadRequest(
    kind === schema.gvk.kind ? otherVersion(other.apiVersion, schema) : noConversion(given, other.type.go, schema),
  )
}

/** Custom resources say what they are, and are decoded whatever that is. Throws 400, and 422 for another kind. */
function decodeCustom(schema: Schema, parsed: Parsed, bytes: Buffer, clock: Clock): Decoded {
  const { gvk } = schema
  const { value } = parsed
  if (isPlainObject(value) && !value['kind']) {
    throw unrecognized(gvk.kind, bytes, `Object 'Kind' is missing in '${marshalOf(value, bytes)}'`)
  }
  const given = bodyKind(parsed, bytes, { group: '', version: '', kind: gvk.kind })
  const decoded = schema.decodeWithDefaults(parsed, clock)
  if (given.group !== gvk.group || given.version !== gvk.version) {
    const said = formatGroupVersion(given)
    throw newBadRequest(
      `the API version in the data (${said}) does not match the expected API version (${schema.apiVersion})`,
    )
  }
  if (given.kind !== gvk.kind) {
    const of = { group: gvk.group, resource: given.kind }
    throw newInvalid(of, decoded.object.metadata.name ?? '', [invalid('kind', given.kind, `must be ${gvk.kind}`)])
  }
  return decoded
}

/** The body as JSON: as it came, or made from YAML. */
function marshalOf(value: unknown, bytes: Buffer): string {
  return bytes[0] === 0x7b ? bytes.toString('utf8') : JSON.stringify(value)
}

/** Throws 400, naming the kind that was expected. */
export function parseBody(bytes: Buffer, format: TextFormat, expected: string): Parsed {
  try {
    return format === 'yaml' ? parseYamlBody(bytes) : parseJson(bytes)
  } catch (error) {
    if (isStackOverflow(error)) throw tooDeep(expected, bytes)
    throw error instanceof ParseError ? unrecognized(expected, bytes, error.message) : error
  }
}

/** Nesting that Go still reads (10,000 levels) can be too deep for the stack of this process. */
function isStackOverflow(error: unknown): boolean {
  return error instanceof RangeError && error.message.includes('call stack')
}

function tooDeep(kind: string, bytes: Buffer): StatusError {
  return unrecognized(kind, bytes, 'exceeded max depth')
}

/** These two groups are served from schemes of their own: there, no other kind is known. */
function schemeOf(group: string): string {
  return group === 'apiextensions.k8s.io' || group === 'apiregistration.k8s.io' || group === META_GROUP ? group : ''
}

function unregistered(given: GroupVersionKind): string {
  return `no kind "${given.kind}" is registered for version "${formatGroupVersion(given)}" in scheme "pkg/runtime/scheme.go:111"`
}

/** Versions that no server serves any more, or not by default, but that are still known: manifests of old name them. */
const FORMER_VERSIONS = new Set(
  `admissionregistration.k8s.io/v1beta1 apps/v1beta1 apps/v1beta2 authentication.k8s.io/v1beta1 authorization.k8s.io/v1beta1 batch/v1beta1
  certificates.k8s.io/v1beta1 coordination.k8s.io/v1beta1 discovery.k8s.io/v1beta1 events.k8s.io/v1beta1 extensions/v1beta1
  flowcontrol.apiserver.k8s.io/v1beta1 flowcontrol.apiserver.k8s.io/v1beta2 flowcontrol.apiserver.k8s.io/v1beta3 networking.k8s.io/v1beta1
  node.k8s.io/v1alpha1 node.k8s.io/v1beta1 policy/v1beta1 rbac.authorization.k8s.io/v1alpha1 rbac.authorization.k8s.io/v1beta1
  resource.k8s.io/v1beta1 resource.k8s.io/v1beta2 scheduling.k8s.io/v1beta1 storage.k8s.io/v1alpha1 storage.k8s.io/v1beta1`.split(
    /\s+/,
  ),
)

/** The kind that was expected, in a version that it once had. `extensions` is where several groups came from. */
function isFormerVersion(given: GroupVersionKind, expected: GroupVersionKind): boolean {
  if (given.kind !== expected.kind || !FORMER_VERSIONS.has(formatGroupVersion(given))) return false
  return (
    given.group === expected.group ||
    (given.group === 'extensions' && /^(apps|networking\.k8s\.io)$/.test(expected.group))
  )
}

function otherVersion(given: string, expected: Schema): string {
  return `the API version in the data (${given}) does not match the expected API version (${expected.apiVersion})`
}

function noConversion(given: GroupVersionKind, goType: string, { gvk }: Schema): string {
  const internal = gvk.group === '' || gvk.group === 'events.k8s.io' ? 'core' : gvk.group.split('.')[0]
  return cannotHandle(given, gvk.kind, `converting (${goType}) to (${internal}.${gvk.kind}): unknown conversion`)
}

/** The List that clients put manifests in: a kind of the core group which no resource has, so the facts lack it. */
function isBareList({ group, version, kind }: GroupVersionKind): boolean {
  return group === '' && version === 'v1' && kind === 'List'
}

/**
 * The kind that a body says it is; what it leaves out is taken from `expected`. Throws the 400 that upstream answers for a body that is no
 * object or names no kind it can read.
 */
export function bodyKind(parsed: Parsed, body: Buffer, expected: GroupVersionKind): GroupVersionKind {
  const { value } = parsed
  if (value === null || value === undefined) return expected
  if (!isPlainObject(value))
    throw unrecognized(expected.kind, body, `${INTERPRET} ${cannotUnmarshal(value)} value of type ${TYPE_META}`)
  for (const field of ['apiVersion', 'kind']) {
    const given = value[field]
    if (given === undefined || given === null || typeof given === 'string') continue
    throw unrecognized(
      expected.kind,
      body,
      `${INTERPRET} ${cannotUnmarshal(given)} struct field .${field} of type string`,
    )
  }
  const apiVersion = (value['apiVersion'] as string | null | undefined) ?? ''
  if (apiVersion.split('/').length > 2) {
    throw unrecognized(expected.kind, body, `unexpected GroupVersion string: ${apiVersion}`)
  }
  const given = parseGroupVersion(apiVersion)
  const kind = (value['kind'] as string | null | undefined) || expected.kind
  if (given.version === '' && (given.group === '' || given.group === expected.group)) return { ...expected, kind }
  return { ...given, kind }
}

const INTERPRET = "couldn't get version/kind; json parse error:"
const TYPE_META =
  'struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }'

function cannotUnmarshal(value: unknown): string {
  const what = Array.isArray(value) ? 'array' : typeof value === 'boolean' ? 'bool' : typeof value
  return `json: cannot unmarshal ${what} into Go`
}

/** 400 of a body from which not even the kind can be read. */
export function unrecognized(kind: string, body: Buffer, why: string): StatusError {
  return newBadRequest(`the object provided is unrecognized (must be of type ${kind}): ${why} (${summary(body)})`)
}

const SUMMARY_BYTES = 30

function summary(body: Buffer): string {
  if (body.length === 0) return '<empty>'
  const encoding = body[0] === 0x7b ? 'utf8' : 'hex'
  const text = body.subarray(0, SUMMARY_BYTES).toString(encoding)
  return body.length > SUMMARY_BYTES ? `${text} ...` : text
}
