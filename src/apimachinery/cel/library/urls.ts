/** URLs. Mirrors apiserver/pkg/cel/library/urls.go and Go's net/url. */
import { quote } from '../../go-text.ts'
import { type Declaration, namedType } from '../functions.ts'
import { CelError, CelList, Opaque, type Value, ValueMap } from '../values.ts'

export class Url extends Opaque {
  readonly type = namedType('url')
  readonly text: string
  readonly scheme: string
  readonly host: string
  readonly path: string
  readonly query: string
  constructor(text: string, scheme: string, host: string, path: string, query: string) {
    super()
    this.text = text
    this.scheme = scheme
    this.host = host
    this.path = path
    this.query = query
  }
  equals(other: Value): boolean {
    return other instanceof Url && this.text === other.text
  }
}

/** The URL of a request: absolute, or a path from the root. An error says what Go says. */
export function parseRequestUrl(text: string): Url | CelError {
  const failed = (why: string): CelError => new CelError(`parse ${quote(text)}: ${why}`)
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  if (/[\x00-\x1f\x7f]/.test(text)) return failed('net/url: invalid control character in URL')
  if (text === '') return failed('empty url')
  const scheme = /^([a-zA-Z][a-zA-Z0-9+.-]*):/.exec(text)?.[1]
  if (scheme === undefined && text.startsWith(':')) return failed('missing protocol scheme')
  const rest = scheme === undefined ? text : text.slice(scheme.length + 1)
  const [before, query = ''] = cut(rest, '?')
  if (!before.startsWith('/')) return failed('invalid URI for request')
  const hasAuthority = scheme !== undefined && before.startsWith('//')
  const slash = hasAuthority ? before.indexOf('/', 2) : 0
  const authority = hasAuthority ? before.slice(2, slash < 0 ? undefined : slash) : ''
  const path = hasAuthority ? (slash < 0 ? '' : before.slice(slash)) : before
  const host = authority.slice(authority.lastIndexOf('@') + 1)
  const problem = hostProblem(host) ?? escapeProblem(path)
  if (problem !== undefined) return failed(problem)
  const [shownPath] = cut(path, '#')
  return new Url(text, (scheme ?? '').toLowerCase(), host, shownPath, cut(query, '#')[0])
}

function cut(text: string, separator: string): [string, string?] {
  const at = text.indexOf(separator)
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)]
}

function escapeProblem(text: string): string | undefined {
  const wrong = /%(?![0-9a-fA-F]{2}).{0,2}/.exec(text)
  return wrong ? `invalid URL escape ${quote(wrong[0])}` : undefined
}

function hostProblem(host: string): string | undefined {
  if (host.startsWith('[') && !host.includes(']')) return "missing ']' in host"
  const port = /^(?:\[.*\]|[^:]*)((?::.*)?)$/.exec(host)?.[1] ?? ''
  if (port !== '' && !/^:\d*$/.test(port)) return `invalid port ${quote(port)} after host`
  const wrong = /[ "<>\\^`{|}]/.exec(host)
  return wrong ? `invalid character ${quote(wrong[0])} in host name` : undefined
}

const url = (value: Value): Url => value as Url

function hostname({ host }: Url): string {
  if (host.startsWith('[')) return host.slice(1, host.indexOf(']'))
  return cut(host, ':')[0]
}

function port({ host }: Url): string {
  return /:(\d*)$/.exec(host.slice(host.lastIndexOf(']') + 1))?.[1] ?? ''
}

/** As Go writes the path: what no path may hold is escaped. */
const escapedPath = ({ path }: Url): string =>
  path.replace(/[^A-Za-z0-9\-_.~$&+,/:;=@!'()*%[\]]/gu, (part) => encodeURIComponent(part))

function queryOf({ query }: Url): ValueMap {
  const values = new Map<string, string[]>()
  for (const part of query.split('&')) {
    if (part === '' || part.includes(';')) continue
    const [name, value = ''] = cut(part, '=').map((text) => decode(text ?? ''))
    if (name === undefined || value === undefined) continue
    values.set(name, [...(values.get(name) ?? []), value])
  }
  return new ValueMap([...values].map(([name, all]) => [name, new CelList(all)]))
}

function decode(text: string): string | undefined {
  return escapeProblem(text) === undefined ? decodeURIComponent(text.replaceAll('+', ' ')) : undefined
}

function toUrl(text: Value): Value {
  const parsed = parseRequestUrl(text as string)
  return parsed instanceof Url
    ? parsed
    : new CelError(`URL parse error during conversion from string: ${parsed.message}`)
}

export const URL_FUNCTIONS: Declaration[] = [
  ['string_to_url', 'url(string) url', toUrl],
  ['is_url_string', 'isURL(string) bool', (text) => parseRequestUrl(text as string) instanceof Url],
]

export const URL_MEMBERS: Declaration[] = [
  ['url_get_scheme', 'url.getScheme() string', (value) => url(value).scheme],
  ['url_get_host', 'url.getHost() string', (value) => url(value).host],
  ['url_get_hostname', 'url.getHostname() string', (value) => hostname(url(value))],
  ['url_get_port', 'url.getPort() string', (value) => port(url(value))],
  ['url_get_escaped_path', 'url.getEscapedPath() string', (value) => escapedPath(url(value))],
  ['url_get_query', 'url.getQuery() map<string, list<string>>', (value) => queryOf(url(value))],
]
