/** URLs as Go reads them, errors included. Mirrors net/url (Parse), as far as validation asks. */
import { quote } from './go-text.ts'

export interface GoUrl {
  scheme: string
  /** With the port. */
  host: string
  /** `user:password` as given; absent: none, not even an empty one. */
  user?: string
  path: string
  /** Without the question mark. */
  query: string
  fragment: string
}

const SCHEME = /^[A-Za-z][A-Za-z0-9+.-]*$/
// biome-ignore lint/suspicious/noControlCharactersInRegex: that they are there is what is asked
const CONTROL = /[\x00-\x1f\x7f]/
const BAD_ESCAPE = /%(?![0-9A-Fa-f]{2}).{0,2}/s

/** The parts of a URL, or what Go's error says. */
export function parseUrl(text: string): GoUrl | { error: string } {
  const hash = text.indexOf('#')
  const whole = hash < 0 ? text : text.slice(0, hash)
  const wrong = (about: string, why: string) => ({ error: `parse ${quote(about)}: ${why}` })
  if (CONTROL.test(whole)) return wrong(whole, 'net/url: invalid control character in URL')
  const colon = schemeEnd(whole)
  if (colon === 0) return wrong(whole, 'missing protocol scheme')
  const scheme = colon > 0 ? whole.slice(0, colon).toLowerCase() : ''
  let rest = colon > 0 ? whole.slice(colon + 1) : whole
  const question = rest.indexOf('?')
  const query = question < 0 ? '' : rest.slice(question + 1)
  if (question >= 0) rest = rest.slice(0, question)
  const url: GoUrl = { scheme, host: '', path: '', query, fragment: hash < 0 ? '' : text.slice(hash + 1) }
  if (!rest.startsWith('/')) {
    // Opaque, as in mailto:.
    if (scheme !== '') return url
    if (rest.split('/')[0].includes(':')) return wrong(whole, 'first path segment in URL cannot contain colon')
  }
  if (rest.startsWith('//') && (scheme !== '' || !rest.startsWith('///'))) {
    const end = rest.indexOf('/', 2)
    const authority = end < 0 ? rest.slice(2) : rest.slice(2, end)
    rest = end < 0 ? '' : rest.slice(end)
    const problem = readAuthority(url, authority)
    if (problem) return wrong(whole, problem)
  }
  const found = BAD_ESCAPE.exec(rest) ?? BAD_ESCAPE.exec(url.fragment)
  if (found) return wrong(BAD_ESCAPE.test(rest) ? whole : text, `invalid URL escape ${quote(found[0])}`)
  return { ...url, path: rest }
}

/** Where the scheme's colon is; -1: there is no scheme, 0: it is missing before its colon. */
function schemeEnd(text: string): number {
  const colon = text.indexOf(':')
  if (colon <= 0) return colon
  return SCHEME.test(text.slice(0, colon)) ? colon : -1
}

/** Takes user and host into the URL. Answers what is wrong with them. */
function readAuthority(url: GoUrl, authority: string): string | undefined {
  const at = authority.lastIndexOf('@')
  const host = authority.slice(at + 1)
  if (at >= 0) {
    url.user = authority.slice(0, at)
    if (!/^[A-Za-z0-9\-._:~!$&'()*+,;=%@]*$/.test(url.user)) return 'net/url: invalid userinfo'
  }
  const port = host.startsWith('[') ? host.slice(host.lastIndexOf(']') + 1) : (/:.*$/.exec(host)?.[0] ?? '')
  if (host.startsWith('[') && !host.includes(']')) return "missing ']' in host"
  if (!/^(:\d*)?$/.test(port)) return `invalid port ${quote(port)} after host`
  const bad = /[^A-Za-z0-9\-._~!$&'()*+,;=:[\]<>"%\u0080-\uffff]/u.exec(host)
  if (bad) return `invalid character ${quote(bad[0])} in host name`
  // Only bytes beyond ASCII may be escaped in a host.
  const ascii = /%(?![89A-Fa-f][0-9A-Fa-f]).{0,2}/.exec(host)
  if (ascii) return `invalid URL escape ${quote(ascii[0])}`
  url.host = host
  return undefined
}
