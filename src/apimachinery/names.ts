/**
 * What names, keys and values must look like. Each function answers upstream's messages, none when the text is valid.
 * Mirrors apimachinery/pkg/util/validation/validation.go and pkg/api/validate/content.
 */
import { byteLength } from './go-text.ts'

export const DNS_LABEL_MAX_LENGTH = 63
export const DNS_SUBDOMAIN_MAX_LENGTH = 253

const DNS_1123_LABEL = '[a-z0-9]([-a-z0-9]*[a-z0-9])?'
const DNS_1123_SUBDOMAIN = `${DNS_1123_LABEL}(\\.${DNS_1123_LABEL})*`
const UNDERSCORE_LABEL = '_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?'
const UNDERSCORE_SUBDOMAIN = `${UNDERSCORE_LABEL}(\\.${UNDERSCORE_LABEL})*`
const DNS_1035_LABEL = '[a-z]([-a-z0-9]*[a-z0-9])?'
const WILDCARD_SUBDOMAIN = `\\*\\.${DNS_1123_SUBDOMAIN}`
const LABEL_KEY = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]'
const LABEL_VALUE = `(${LABEL_KEY})?`
const PERCENT = '[0-9]+%'
const HTTP_HEADER_NAME = '[-A-Za-z0-9]+'
const ENV_VAR_NAME = '[-._a-zA-Z][-._a-zA-Z0-9]*'
const CONFIG_MAP_KEY = '[-._a-zA-Z0-9]+'
const C_IDENTIFIER = '[A-Za-z_][A-Za-z0-9_]*'
const HTTP_PATH = "[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+"

const whole = (pattern: string): RegExp => new RegExp(`^${pattern}$`)
const dns1123Label = whole(DNS_1123_LABEL)
const dns1123Subdomain = whole(DNS_1123_SUBDOMAIN)
const dns1123SubdomainCaseless = new RegExp(`^${DNS_1123_SUBDOMAIN}$`, 'i')
const underscoreSubdomain = whole(UNDERSCORE_SUBDOMAIN)
const dns1035Label = whole(DNS_1035_LABEL)
const wildcardSubdomain = whole(WILDCARD_SUBDOMAIN)
const labelKey = whole(LABEL_KEY)
const labelValue = whole(LABEL_VALUE)
const percent = whole(PERCENT)
const httpHeaderName = whole(HTTP_HEADER_NAME)
const envVarName = whole(ENV_VAR_NAME)
const configMapKey = whole(CONFIG_MAP_KEY)
const cIdentifier = whole(C_IDENTIFIER)
const httpPath = whole(HTTP_PATH)

/** `must be no more than 63 characters`. */
export const maxLengthMessage = (length: number): string => `must be no more than ${length} characters`
/** The wording of the newer label checks, which count the same but say bytes. */
const maxBytesMessage = (length: number): string => `must be no more than ${length} bytes`
export const rangeMessage = (low: number, high: number): string => `must be between ${low} and ${high}, inclusive`
export const EMPTY_MESSAGE = 'must be non-empty'

/** `<rule> (e.g. 'a',  or 'b', regex used for validation is '...')`, with upstream's spacing. */
export function regexMessage(rule: string, pattern: string, ...examples: string[]): string {
  if (examples.length === 0) return `${rule} (regex used for validation is '${pattern}')`
  const list = examples.map((example) => `'${example}', `).join(' or ')
  return `${rule} (e.g. ${list}regex used for validation is '${pattern}')`
}

const SUBDOMAIN_RULE =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character"

export function isDns1123Label(value: string): string[] {
  const messages = tooLong(value, DNS_LABEL_MAX_LENGTH)
  if (dns1123Label.test(value)) return messages
  const rule =
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character"
  messages.push(
    dns1123Subdomain.test(value) ? 'must not contain dots' : regexMessage(rule, DNS_1123_LABEL, 'my-name', '123-abc'),
  )
  return messages
}

export function isDns1123Subdomain(value: string): string[] {
  const messages = tooLong(value, DNS_SUBDOMAIN_MAX_LENGTH)
  if (!dns1123Subdomain.test(value)) messages.push(regexMessage(SUBDOMAIN_RULE, DNS_1123_SUBDOMAIN, 'example.com'))
  return messages
}

export function isDns1123SubdomainCaseless(value: string): string[] {
  const messages = byteLength(value) > DNS_SUBDOMAIN_MAX_LENGTH ? [maxBytesMessage(DNS_SUBDOMAIN_MAX_LENGTH)] : []
  const rule =
    "an RFC 1123 subdomain must consist of alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character"
  if (!dns1123SubdomainCaseless.test(value)) messages.push(regexMessage(rule, DNS_1123_SUBDOMAIN, 'Example.com'))
  return messages
}

export function isDns1123SubdomainWithUnderscore(value: string): string[] {
  const messages = tooLong(value, DNS_SUBDOMAIN_MAX_LENGTH)
  const rule =
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '_', '-' or '.', and must start and end with an alphanumeric character"
  if (!underscoreSubdomain.test(value)) messages.push(regexMessage(rule, UNDERSCORE_SUBDOMAIN, 'example.com'))
  return messages
}

export function isDns1035Label(value: string): string[] {
  const messages = tooLong(value, DNS_LABEL_MAX_LENGTH)
  const rule =
    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character"
  if (!dns1035Label.test(value)) messages.push(regexMessage(rule, DNS_1035_LABEL, 'my-name', 'abc-123'))
  return messages
}

export function isWildcardDns1123Subdomain(value: string): string[] {
  const messages = tooLong(value, DNS_SUBDOMAIN_MAX_LENGTH)
  const rule =
    "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character"
  if (!wildcardSubdomain.test(value)) messages.push(regexMessage(rule, WILDCARD_SUBDOMAIN, '*.example.com'))
  return messages
}

const LABEL_KEY_RULE =
  "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character"

/** Keys that were found valid: there are few, and every object has the same ones. */
const validKeys = new Set<string>()
const MAX_VALID_KEYS = 4096

/** A label key: `name` or `prefix/name`. */
export function isQualifiedName(value: string): string[] {
  if (validKeys.has(value)) return []
  const messages = qualifiedNameMessages(value)
  if (messages.length > 0) return messages
  if (validKeys.size >= MAX_VALID_KEYS) validKeys.clear()
  validKeys.add(value)
  return []
}

function qualifiedNameMessages(value: string): string[] {
  const parts = value.split('/')
  const pattern = regexMessage(LABEL_KEY_RULE, LABEL_KEY, 'MyName', 'my.name', '123-abc')
  if (parts.length > 2) {
    return [`a valid label key ${pattern} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`]
  }
  const messages: string[] = []
  const name = parts[parts.length - 1]
  if (parts.length === 2) {
    if (parts[0] === '') messages.push(`prefix part ${EMPTY_MESSAGE}`)
    else messages.push(...isPrefix(parts[0]).map((message) => `prefix part ${message}`))
  }
  if (name === '') messages.push(`name part ${EMPTY_MESSAGE}`)
  else if (byteLength(name) > 63) messages.push(`name part ${maxBytesMessage(63)}`)
  if (!labelKey.test(name)) messages.push(`name part ${pattern}`)
  return messages
}

function isPrefix(value: string): string[] {
  const messages = byteLength(value) > DNS_SUBDOMAIN_MAX_LENGTH ? [maxBytesMessage(DNS_SUBDOMAIN_MAX_LENGTH)] : []
  if (!dns1123Subdomain.test(value)) messages.push(regexMessage(SUBDOMAIN_RULE, DNS_1123_SUBDOMAIN, 'example.com'))
  return messages
}

export function isLabelValue(value: string): string[] {
  const messages = byteLength(value) > 63 ? [maxBytesMessage(63)] : []
  const rule =
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character"
  if (!labelValue.test(value)) messages.push(regexMessage(rule, LABEL_VALUE, 'MyValue', 'my_value', '12345'))
  return messages
}

/** A name that can be a segment of a URL path. */
export function isPathSegmentName(name: string): string[] {
  return name === '.' || name === '..' ? [`may not be '${name}'`] : isPathSegmentPrefix(name)
}

/** As isPathSegmentName, for a generateName: a suffix will follow. */
export function isPathSegmentPrefix(name: string): string[] {
  return ['/', '%'].filter((char) => name.includes(char)).map((char) => `may not contain '${char}'`)
}

/** A service port's name (IANA_SVC_NAME). */
export function isPortName(value: string): string[] {
  const messages = tooLong(value, 15)
  if (!/^[-a-z0-9]+$/.test(value)) {
    messages.push('must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)')
  }
  if (!/[a-z]/.test(value)) messages.push('must contain at least one letter (a-z)')
  if (value.includes('--')) messages.push('must not contain consecutive hyphens')
  if (value.startsWith('-') || value.endsWith('-')) messages.push('must not begin or end with a hyphen')
  return messages
}

export function isPortNumber(port: number): string[] {
  return isInRange(port, 1, 65535)
}

export function isInRange(value: number, low: number, high: number): string[] {
  return value >= low && value <= high ? [] : [rangeMessage(low, high)]
}

/** A Unix user or group id. */
export function isUnixId(id: number): string[] {
  return isInRange(id, 0, 2147483647)
}

export function isPercent(value: string): string[] {
  const rule = "a valid percent string must be a numeric string followed by an ending '%'"
  return percent.test(value) ? [] : [regexMessage(rule, PERCENT, '1%', '93%')]
}

export function isHttpHeaderName(value: string): string[] {
  const rule = "a valid HTTP header must consist of alphanumeric characters or '-'"
  return httpHeaderName.test(value) ? [] : [regexMessage(rule, HTTP_HEADER_NAME, 'X-Header-Name')]
}

export function isCIdentifier(value: string): string[] {
  const rule =
    "a valid C identifier must start with alphabetic character or '_', followed by a string of alphanumeric characters or '_'"
  return cIdentifier.test(value) ? [] : [regexMessage(rule, C_IDENTIFIER, 'my_name', 'MY_NAME', 'MyName')]
}

/** The strict rule of envFrom prefixes and old objects; a container's env uses isRelaxedEnvVarName. */
export function isEnvVarName(value: string): string[] {
  const rule =
    "a valid environment variable name must consist of alphabetic characters, digits, '_', '-', or '.', and must not start with a digit"
  const messages = envVarName.test(value)
    ? []
    : [regexMessage(rule, ENV_VAR_NAME, 'my.env-name', 'MY_ENV.NAME', 'MyEnvName1')]
  return [...messages, ...climbsDirectories(value)]
}

export function isRelaxedEnvVarName(value: string): string[] {
  const messages = value === '' ? [`environment variable name ${EMPTY_MESSAGE}`] : []
  if (!/^[\x20-\x3c\x3e-\x7e]*$/.test(value)) {
    messages.push("a valid environment variable name must consist only of printable ASCII characters other than '='")
  }
  return messages
}

/** A key of a ConfigMap or Secret. */
export function isConfigMapKey(value: string): string[] {
  const messages = tooLong(value, DNS_SUBDOMAIN_MAX_LENGTH)
  const rule = "a valid config key must consist of alphanumeric characters, '-', '_' or '.'"
  if (!configMapKey.test(value)) {
    messages.push(regexMessage(rule, CONFIG_MAP_KEY, 'key.name', 'KEY_NAME', 'key-name'))
  }
  return [...messages, ...climbsDirectories(value)]
}

export function isHttpPath(value: string): string[] {
  return httpPath.test(value) ? [] : [regexMessage('Invalid path', HTTP_PATH)]
}

export function isDecimalInteger(value: string): string[] {
  if (value === '') return [EMPTY_MESSAGE]
  return /^(0|-?[1-9][0-9]*)$/.test(value) ? [] : ['must be a valid decimal integer in canonical form']
}

/** For a generateName: a trailing dash is fine, for a suffix will follow. Upstream replaces the character before it as well. */
export function maskTrailingDash(name: string): string {
  return name.length > 1 && name.endsWith('-') ? `${name.slice(0, -2)}a` : name
}

function tooLong(value: string, max: number): string[] {
  return byteLength(value) > max ? [maxLengthMessage(max)] : []
}

function climbsDirectories(value: string): string[] {
  if (value === '.' || value === '..') return [`must not be '${value}'`]
  return value.startsWith('..') ? ["must not start with '..'"] : []
}
