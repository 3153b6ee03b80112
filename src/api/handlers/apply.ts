/** Server-side apply: a patch that says what its manager wants, and nothing else. Mirrors applyPatcher in endpoints/handlers/patch.go. */
import { newBadRequest, newConflict, newUnknownError, StatusError } from '../../apimachinery/errors.ts'
import { type DynamicObject, parseGroupVersion } from '../../apimachinery/meta.ts'
import { ParseError } from '../../apimachinery/schema/parse-error.ts'
import { cannotHandle } from '../../apimachinery/schema/schema.ts'
import { parseYaml, type Yaml } from '../../apimachinery/schema/yaml.ts'
import { decodeMerged, type FieldValidation, type Kind, zeroOf } from '../../registry/decode.ts'
import { applyFields } from '../../registry/managed-fields.ts'
import { type ResourceExchange, warn, writeRequest } from '../exchange.ts'

export const APPLY_PATCH = 'application/apply-patch+yaml'

/** The next object from the present one (undefined: there is none). Throws 400 for a body that is no configuration. */
export function applyChange(
  exchange: ResourceExchange,
  kind: Kind,
  fieldValidation: FieldValidation,
): (old: DynamicObject | undefined) => DynamicObject {
  const { registry, store } = exchange
  const yaml = parseConfiguration(exchange.body)
  const config = yaml.value as DynamicObject
  const force = isTrue(exchange.query.get('force'))
  return (old) => {
    checkKind(config, kind)
    const zero = zeroOf(registry, kind)
    const request = writeRequest(exchange)
    const { object } = applyFields(store, kind, old ?? zero, zero, config, request, force)
    checkDuplicates(exchange, yaml, fieldValidation)
    if (store.definition.custom && kind !== store.definition) throw newUnknownError(noWayTo(kind, config))
    const draft = decodeApplied(exchange, kind, object, config)
    if (!draft.metadata.name) {
      const why = `the name of the object (${exchange.info.name} based on URL) was undeterminable: name must be provided`
      throw newBadRequest(why)
    }
    if (!old && draft.metadata.uid) {
      const why = `uid mismatch: the provided object specified uid ${draft.metadata.uid}, and no existing object was found`
      throw newConflict(store.qualified, exchange.info.name, why)
    }
    return draft
  }
}

/** What a configuration's type allows and decoding does not (a quantity that is none) is the server's error upstream. */
function decodeApplied(
  { registry }: ResourceExchange,
  kind: Kind,
  object: DynamicObject,
  config: DynamicObject,
): DynamicObject {
  try {
    return decodeMerged(registry, kind, object)
  } catch (error) {
    if (!(error instanceof StatusError)) throw error
    const lead = cannotHandle(kind, kind.kind, '')
    const why = withoutPlace(error.message.startsWith(lead) ? error.message.slice(lead.length) : error.message)
    const type = `${kind.group}/${kind.version}, Kind=${kind.kind}`
    throw newUnknownError(`${conversionLead(kind, config)}unable to convert unstructured object to ${type}: ${why}`)
  }
}

function conversionLead({ group, version, kind }: Kind, { metadata }: DynamicObject): string {
  const name = `${metadata.namespace ?? ''}/${metadata.name ?? ''}`
  return `failed to convert new object (${name}; ${group}/${version}, Kind=${kind}) to proper version: `
}

/** Nobody can apply to the Scale of a custom resource: the real server takes its converter for the wrong kind. */
function noWayTo(kind: Kind, config: DynamicObject): string {
  const why = `request to convert CR to an invalid group/version: ${kind.group}/${kind.version}`
  return conversionLead(kind, config) + why
}

/** The converter of maps to structs does not know the way to a value. */
function withoutPlace(text: string): string {
  if (text.startsWith('illegal base64 data')) return `error decoding from json: ${text}`
  const short = text.replace(/Go struct field \S+ of type/, 'Go value of type')
  return short.replace(/json: cannot unmarshal number [-+.\de]+ into Go value of type/, 'cannot convert float64 to')
}

/** As upstream reads flags of a query: whatever is not said to be false is true. */
function isTrue(text: string | null): boolean {
  return text !== null && text !== '0' && text.toLowerCase() !== 'false'
}

function parseConfiguration(body: Buffer): Yaml {
  try {
    const yaml = parseYaml(body.toString('utf8'))
    const { value } = yaml
    if (typeof value === 'object' && !Array.isArray(value)) {
      const config = (value ?? {}) as DynamicObject
      return { ...yaml, value: { ...config, metadata: config.metadata ?? {} } }
    }
    const what = Array.isArray(value) ? 'array' : typeof value === 'boolean' ? 'bool' : typeof value
    throw newBadRequest(
      `error decoding patch: error unmarshaling JSON: while decoding JSON: json: cannot unmarshal ${what} into Go value of type map[string]interface {}`,
    )
  } catch (error) {
    if (error instanceof ParseError) throw newBadRequest(`${leadOf(body)}: ${error.message}`)
    throw error
  }
}

/** What looks like JSON is not read as YAML at first. */
function leadOf(body: Buffer): string {
  const isJson = body.toString('utf8').trimStart().startsWith('{')
  return isJson ? 'error decoding patch: error converting YAML to JSON' : 'error encoding patch'
}

function checkKind(config: DynamicObject, { group, version, kind }: Kind): void {
  const { apiVersion = '', kind: given = '' } = config
  const of = parseGroupVersion(String(apiVersion))
  if (of.group === group && of.version === version && given === kind) return
  throw newBadRequest(`invalid object type: ${of.group}/${of.version}, Kind=${given}`)
}

function checkDuplicates(exchange: ResourceExchange, { duplicates }: Yaml, fieldValidation: FieldValidation): void {
  if (fieldValidation === 'Ignore' || duplicates.length === 0) return
  const text = `error converting YAML to JSON: yaml: unmarshal errors:\n  ${duplicates.join('\n  ')}`
  if (fieldValidation === 'Strict') throw newBadRequest(`error strict decoding patch: ${text}`)
  warn(exchange, text)
}
