/** Secrets. Mirrors pkg/registry/core/secret/strategy.go and ValidateSecret. */
import { type FieldError, invalid, key, required, tooLong } from '../../apimachinery/field-error.ts'
import { isConfigMapKey } from '../../apimachinery/names.ts'
import type { Secret } from '../../types/core-v1.ts'
import { defineResource } from '../definition.ts'
import { invalids, validateImmutable } from '../validation.ts'
import { ageCell } from './cells.ts'
import { base64Bytes, MAX_DATA_BYTES, validateFrozen } from './configmaps.ts'

const ACCOUNT_NAME = 'kubernetes.io/service-account.name'
const REDACTED = '<secret contents redacted>'

export const secrets = defineResource<Secret>('v1', 'secrets', {
  internalize: foldStringData,
  prepareForUpdate(secret, old) {
    secret.type ||= old.type
  },
  validate: validateSecret,
  validateUpdate: (secret, old) => [
    ...validateFrozen(secret, old, ['data']),
    ...validateSecret(secret),
    ...validateImmutable(secret.type, old.type, 'type'),
  ],
  warnings: tlsWarnings,
  selectableFields: { type: (secret) => secret.type ?? '' },
  row: (secret, { now }) => [
    secret.metadata.name ?? '',
    secret.type ?? '',
    Object.keys(secret.data ?? {}).length,
    ageCell(secret.metadata.creationTimestamp, now),
  ],
})

/** stringData is write-only: upstream's conversion moves it into data. */
function foldStringData(secret: Secret): void {
  if (!secret.stringData) return
  const encoded = Object.entries(secret.stringData).map(([name, text]) => [name, Buffer.from(text).toString('base64')])
  if (encoded.length > 0) secret.data = { ...secret.data, ...Object.fromEntries(encoded) }
  delete secret.stringData
}

function validateSecret(secret: Secret): FieldError[] {
  const errors: FieldError[] = []
  let bytes = 0
  for (const [name, value] of Object.entries(secret.data ?? {})) {
    errors.push(...invalids(key('data', name), name, isConfigMapKey(name)))
    bytes += base64Bytes(value)
  }
  if (bytes > MAX_DATA_BYTES) errors.push(tooLong('data', MAX_DATA_BYTES))
  return [...errors, ...validateType(secret)]
}

/** What each well-known type must hold. */
function validateType(secret: Secret): FieldError[] {
  const data = secret.data ?? {}
  const missing = (...names: string[]) =>
    names.filter((name) => data[name] === undefined).map((name) => required(key('data', name)))
  switch (secret.type) {
    case 'kubernetes.io/service-account-token':
      return secret.metadata.annotations?.[ACCOUNT_NAME] ? [] : [required(key('metadata.annotations', ACCOUNT_NAME))]
    case 'kubernetes.io/dockercfg':
      return validateJson(data['.dockercfg'], key('data', '.dockercfg'))
    case 'kubernetes.io/dockerconfigjson':
      return validateJson(data['.dockerconfigjson'], key('data', '.dockerconfigjson'))
    case 'kubernetes.io/basic-auth': {
      const both = missing('username', 'password')
      return both.length === 2 ? both : []
    }
    case 'kubernetes.io/ssh-auth':
      return data['ssh-privatekey'] ? [] : [required(key('data', 'ssh-privatekey'))]
    case 'kubernetes.io/tls':
      return missing('tls.crt', 'tls.key')
    default:
      return []
  }
}

function validateJson(encoded: string | undefined, path: string): FieldError[] {
  if (encoded === undefined) return [required(path)]
  const text = Buffer.from(encoded, 'base64').toString()
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && !Array.isArray(value)) return []
    const kind = Array.isArray(value) ? 'array' : typeof value === 'boolean' ? 'bool' : typeof value
    return [invalid(path, REDACTED, `json: cannot unmarshal ${kind} into Go value of type map[string]interface {}`)]
  } catch {
    return [invalid(path, REDACTED, goSyntaxError(text))]
  }
}

/** The commonest of Go's messages: text that ends too early, or does not begin as a value. */
function goSyntaxError(text: string): string {
  const first = text.trimStart()[0]
  if (first === undefined || first === '{' || first === '[' || first === '"') return 'unexpected end of JSON input'
  return `invalid character '${first}' looking for beginning of value`
}

function tlsWarnings(secret: Secret): string[] {
  if (secret.type !== 'kubernetes.io/tls') return []
  const pem = (name: string) => Buffer.from(secret.data?.[name] ?? '', 'base64').toString()
  const bad = !pem('tls.crt').includes('-----BEGIN CERTIFICATE-----') || !pem('tls.key').includes('PRIVATE KEY-----')
  const [certificate, privateKey] = [pem('tls.crt'), pem('tls.key')]
  if (!certificate || !privateKey || !bad) return []
  return certificate.includes('-----BEGIN CERTIFICATE-----')
    ? ['tls: failed to find any PEM data in key input']
    : ['tls: failed to find any PEM data in certificate input']
}
