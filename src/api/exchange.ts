/** One request and its answer, as handlers see them: what was asked, by whom, of which store, and what to send back with. */
import type { IncomingMessage, OutgoingHttpHeader, ServerResponse } from 'node:http'
import type { Logger } from '../apimachinery/logger.ts'
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
  /** Names and values of the answer's headers, by turns. */
  headers: OutgoingHttpHeader[]
  /** Texts of `Warning: 299` headers, in order. */
  warnings: string[]
  turns: Turns
  logger: Logger
  ending: Ending
  /** Answered with 504: whatever its handler still says is not heard. */
  timedOut: boolean
  /** Called once, when the answer was sent or the client is gone. */
  atEnd: (() => void)[]
  /** Where the resource is that the path names; absent: nowhere here. */
  store: Store | undefined
  /** Known when it is settled that the resource is served. */
  accept: Negotiated | undefined
}

/** An exchange about a resource that is served. */
export interface ResourceExchange extends Exchange {
  store: Store
  accept: Negotiated
}

/** A warning that is said once, however often it comes up. */
export function warn({ warnings }: Exchange, text: string): void {
  if (!warnings.includes(text)) warnings.push(text)
}

/** The write that this exchange asks for. */
export function writeRequest(exchange: ResourceExchange): WriteRequest {
  return {
    namespace: exchange.info.namespace,
    user: exchange.user,
    subresource: exchange.info.subresource,
    dryRun: exchange.query.getAll('dryRun').includes('All'),
    options: operationOptions(exchange.query),
    warn: (message) => warn(exchange, message),
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
