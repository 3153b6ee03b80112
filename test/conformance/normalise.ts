/** Replaces in an answer what no two servers share: uids, times, resourceVersions, allocated addresses and ports. What the request itself said stays. */
import type { Answer } from './wire.ts'

const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g
const TIME = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)/g
/** Of the default range and of the ServiceCIDR that is among the rich objects. */
const SERVICE_ADDRESS = /\b10\.(?:0|77)\.0\.\d+\b/g
/** A patch that cannot be decoded is told with the whole object, its version and all. */
const QUOTED_VERSION = /(\\"resourceVersion\\":\\")\d+/g
/** The recorded server's token file gives the administrator a uid. */
const YAML_ADMIN_UID = /^ {2}uid: admin\n/gm
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
    if (name === 'description' && key === 'columnDefinitions') continue
    // The recorded server's token file gives the administrator a uid.
    if (name === 'uid' && item === 'admin') continue
    result[name] = walk(item, name, rules)
  }
  return ownersInOrder(result)
}

/** Entries of managedFields are sorted by their times, which may or may not fall into the same second: here by what they say. */
function ownersInOrder(fields: Record<string, unknown>): Record<string, unknown> {
  const owners = fields['managedFields']
  if (!Array.isArray(owners)) return fields
  const texts = new Map(owners.map((entry) => [entry, JSON.stringify(entry)]))
  const text = (entry: unknown) => texts.get(entry) ?? ''
  return { ...fields, managedFields: owners.toSorted((a, b) => (text(a) < text(b) ? -1 : 1)) }
}

/** A recorded answer with its owners in the order in which answers are compared. */
export function withOwnersInOrder(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withOwnersInOrder)
  if (value === null || typeof value !== 'object') return value
  const entries = Object.entries(value).map(([name, item]) => [name, withOwnersInOrder(item)])
  return ownersInOrder(Object.fromEntries(entries))
}

function normalText(text: string, { sent, rename = [] }: Rules): string {
  const hide = (shown: string) => (found: string) => (sent.includes(found) ? found : shown)
  let normal = text
    .replace(YAML_ADMIN_UID, '')
    .replace(QUOTED_VERSION, '$1<rv>')
    .replace(UUID, hide('<uid>'))
    .replace(TIME, hide('<time>'))
    .replace(SERVICE_ADDRESS, hide('<ip>'))
  for (const [from, to] of [...USERS, ...rename]) normal = normal.replaceAll(from, to)
  return normal
}
