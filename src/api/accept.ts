/** The Accept header. Mirrors goautoneg's ParseAccept and apiserver's isPrettyPrint. */

export interface AcceptClause {
  type: string
  subtype: string
  q: number
  parameters: Record<string, string>
}

function parseClause(text: string): AcceptClause | undefined {
  const [range, ...rest] = text.trim().split(';')
  const [type, subtype, more] = range.split('/').map((part) => part.trim())
  if (more !== undefined || (!subtype && type !== '*')) return undefined
  const clause: AcceptClause = { type, subtype: subtype || '*', q: 1, parameters: {} }
  for (const parameter of rest) {
    const [key, value, extra] = parameter.split('=')
    if (!value || extra !== undefined) continue
    // Go answers 0 where the number cannot be read.
    if (key.trim() === 'q') clause.q = Number(value) || 0
    else clause.parameters[key.trim()] = value.trim()
  }
  return clause
}

/** Whether `a` is preferred to `b`. Not a consistent order upstream either: a higher q, or else the more specific range. */
function isPreferred(a: AcceptClause, b: AcceptClause): boolean {
  if (a.q > b.q) return true
  return (a.type !== '*' && b.type === '*') || (a.subtype !== '*' && b.subtype === '*')
}

/** Clauses in order of preference. Malformed clauses are skipped. */
export function parseAccept(header: string): AcceptClause[] {
  const clauses: AcceptClause[] = []
  for (const part of header.split(',')) {
    const clause = parseClause(part)
    if (!clause) continue
    // Insertion sort, as Go sorts short slices: with an inconsistent order the algorithm decides the result.
    let at = clauses.length
    while (at > 0 && isPreferred(clause, clauses[at - 1])) at--
    clauses.splice(at, 0, clause)
  }
  return clauses
}

/** Whether the clause's range covers the media type (`application/json`). */
export function clauseMatches(clause: AcceptClause, mediaType: string): boolean {
  const [type, subtype] = mediaType.split('/')
  return (clause.type === '*' || clause.type === type) && (clause.subtype === '*' || clause.subtype === subtype)
}

const TRUE = new Set(['1', 't', 'T', 'TRUE', 'true', 'True'])

/** `?pretty=true`, or the user agent of a person: curl, wget, a browser. */
export function isPrettyPrint(query: URLSearchParams, userAgent = ''): boolean {
  const pretty = query.get('pretty')
  if (pretty) return TRUE.has(pretty)
  return userAgent.startsWith('curl') || userAgent.startsWith('Wget') || userAgent.startsWith('Mozilla/5.0')
}
