/** Replaces in an answer what no two servers share: uids, times, resourceVersions, allocated addresses and ports. What the request itself said stays. */
import type { Answer } from './wire.ts'

const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g
const TIME = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)/g
const SERVICE_ADDRESS = /\b10\.0\.0\.\d+\b/g
/** A patch that cannot be decoded is told with the whole object, managedFields and all. */
const WHOLE_OBJECT = /(patch: Invalid value: )"(?:[^"\\]|\\.)*"/g
const YAML_MANAGED_FIELDS = /^ {2}managedFields:\n(?: {2}- .*\n| {4}.*\n)*/gm
const PORTS = new Set(['nodePort', 'healthCheckNodePort'])

/** Who the administrator is: the recorded server's token file says `admin`. */
const USERS = [['kubernetes-admin', 'admin']] as const

export interface Rules {
  /** Everything that was sent before, as one text: values found in it are no accident. */
  sent: string
  /** How a resourceVersion is shown; default `<rv>`. */
  version?(value: string): string
  /** Texts to give other names, such as a case's own prefix. */
  rename?: readonly (readonly [string, string])[]
}

export function normalise(answer: Answer, rules: Rules): Answer {
  const normal: Answer = { ...answer, body: walk(answer.body, '', rules) }
  if (answer.warnings) normal.warnings = answer.warnings.map((text) => normalText(text, rules))
  return normal
}

function walk(value: unknown, key: string, rules: Rules): unknown {
  if (typeof value === 'string') {
    if (key === 'resourceVersion' && !rules.sent.includes(`"resourceVersion":"${value}"`)) {
      return rules.version ? rules.version(value) : '<rv>'
    }
    return normalText(value, rules)
  }
  if (typeof value === 'number') return PORTS.has(key) && !rules.sent.includes(`${value}`) ? '<port>' : value
  if (Array.isArray(value)) return value.map((item) => walk(item, key, rules))
  if (value === null || typeof value !== 'object') return value
  const result: Record<string, unknown> = {}
  for (const [name, item] of Object.entries(value)) {
    // Descriptions of columns are upstream's prose, which KubEmu does not copy.
    if (name === 'managedFields' || (name === 'description' && key === 'columnDefinitions')) continue
    // The recorded server's token file gives the administrator a uid.
    if (name === 'uid' && item === 'admin') continue
    result[name] = walk(item, name, rules)
  }
  return result
}

function normalText(text: string, { sent, rename = [] }: Rules): string {
  const hide = (shown: string) => (found: string) => (sent.includes(found) ? found : shown)
  let normal = text
    .replace(YAML_MANAGED_FIELDS, '')
    .replace(WHOLE_OBJECT, '$1<object>')
    .replace(UUID, hide('<uid>'))
    .replace(TIME, hide('<time>'))
    .replace(SERVICE_ADDRESS, hide('<ip>'))
  for (const [from, to] of [...USERS, ...rename]) normal = normal.replaceAll(from, to)
  return normal
}
