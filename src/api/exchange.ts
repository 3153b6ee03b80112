/** One request and its answer, as handlers see them: what was asked, by whom, of which store, and what to send back with. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { OperationOptions, UserInfo } from '../registry/definition.ts'
import type { WriteRequest } from '../registry/environment.ts'
import type { Registry } from '../registry/registry.ts'
import type { Store } from '../registry/store.ts'
import type { Ending } from './ending.ts'
import type { Negotiated } from './negotiation.ts'
import type { RequestInfo } from './request-info.ts'
import type { Turns } from './turns.ts'

export interface Exchange {
  req: IncomingMessage
  res: ServerResponse
  info: RequestInfo
  query: URLSearchParams
  /** Empty where the method has none. */
  body: Buffer
  user: UserInfo
  registry: Registry
  /** Texts of `Warning: 299` headers, in order, without repeats. */
  warnings: Set<string>
  turns: Turns
  ending: Ending
  /** Answered with 504: whatever its handler still says is not heard. */
  timedOut: boolean
}

/** An exchange about a resource that is served. */
export interface ResourceExchange extends Exchange {
  store: Store
  accept: Negotiated
}

/** The write that this exchange asks for. */
export function writeRequest(exchange: ResourceExchange): WriteRequest {
  return {
    namespace: exchange.info.namespace,
    user: exchange.user,
    subresource: exchange.info.subresource,
    dryRun: exchange.query.getAll('dryRun').includes('All'),
    options: operationOptions(exchange.query),
    warn: (message) => exchange.warnings.add(message),
    fieldManager: exchange.query.get('fieldManager') || managerOf(exchange.req.headers['user-agent'] ?? ''),
  }
}

const NO_OPTIONS: OperationOptions = {}

function operationOptions(query: URLSearchParams): OperationOptions {
  if (query.size === 0) return NO_OPTIONS
  const options: OperationOptions = {}
  if (query.has('dryRun')) options.dryRun = query.getAll('dryRun')
  const manager = query.get('fieldManager')
  if (manager) options.fieldManager = manager
  const validation = query.get('fieldValidation')
  if (validation) options.fieldValidation = validation
  return options
}

const MAX_MANAGER_BYTES = 128

/** The program that a user agent names. Mirrors prefixFromUserAgent in endpoints/handlers/create.go. */
function managerOf(userAgent: string): string {
  const slash = userAgent.indexOf('/')
  const program = slash < 0 ? userAgent : userAgent.slice(0, slash)
  if (/^[\x20-\x7e]*$/.test(program)) return program.slice(0, MAX_MANAGER_BYTES)
  let name = ''
  for (const char of program.replace(/[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/gu, '')) {
    if (Buffer.byteLength(name + char) > MAX_MANAGER_BYTES) break
    name += char
  }
  return name
}
