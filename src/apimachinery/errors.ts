/** Status errors with upstream's codes, reasons and messages. Mirrors apimachinery/pkg/api/errors/errors.go. */
import { aggregate, type FieldError, fieldErrorMessage, fieldErrorReason } from './field-error.ts'
import { quote } from './go-text.ts'
import { formatGroupResource } from './meta.ts'

/** One of the reasons of a failure: which field, and what is wrong with it. */
export interface StatusCause {
  reason?: string
  message?: string
  field?: string
}

/** What a Status is about. */
export interface StatusDetails {
  name?: string
  group?: string
  kind?: string
  uid?: string
  causes?: StatusCause[]
  retryAfterSeconds?: number
}

/** How the API answers a request that failed, and some that did not. */
export interface Status {
  kind: 'Status'
  apiVersion: 'v1'
  metadata: { resourceVersion?: string; continue?: string }
  status: 'Success' | 'Failure'
  message?: string
  reason?: string
  details?: StatusDetails
  code?: number
}

/** What a message names: the plural resource (`pods`) or, for 422, the kind (`Pod`), with its group. */
export interface Qualified {
  group: string
  resource: string
}

/** An error that is answered to the client as the Status it carries. Every failure of the API is one of these. */
export class StatusError extends Error {
  /** What the client is answered. */
  readonly status: Status
  constructor(status: Status) {
    super(status.message)
    this.name = 'StatusError'
    this.status = status
  }
  /** The HTTP status code: 404, 409, 422. */
  get code(): number {
    return this.status.code ?? 500
  }
  /** `NotFound`, `Conflict`, `Invalid`: what programs look at. */
  get reason(): string {
    return this.status.reason ?? ''
  }
}

export function failure(code: number, reason: string, message: string, details?: StatusDetails): StatusError {
  return new StatusError({
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message,
    reason,
    ...(details ? { details } : {}),
    code,
  })
}

function details(of: Qualified, name?: string, more?: Partial<StatusDetails>): StatusDetails {
  return {
    ...(name ? { name } : {}),
    ...(of.group ? { group: of.group } : {}),
    ...(of.resource ? { kind: of.resource } : {}),
    ...more,
  }
}

const named = (of: Qualified): string => formatGroupResource(of.group, of.resource)

export function newNotFound(of: Qualified, name: string): StatusError {
  return failure(404, 'NotFound', `${named(of)} ${quote(name)} not found`, details(of, name))
}

/** The path names nothing this server serves; or, where there is no path, `resource` is nothing that it serves. */
export function newPathNotFound(resource?: string): StatusError {
  const which = resource === undefined ? '' : ` (${resource})`
  return failure(404, 'NotFound', `the server could not find the requested resource${which}`, {})
}

export function newAlreadyExists(of: Qualified, name: string): StatusError {
  return failure(409, 'AlreadyExists', `${named(of)} ${quote(name)} already exists`, details(of, name))
}

export function newGenerateNameConflict(of: Qualified, name: string): StatusError {
  const message = `${named(of)} ${quote(name)} already exists, the server was not able to generate a unique name for the object`
  return failure(409, 'AlreadyExists', message, details(of, name, { retryAfterSeconds: 1 }))
}

export function newConflict(of: Qualified, name: string, why: string): StatusError {
  const message = `Operation cannot be fulfilled on ${named(of)} ${quote(name)}: ${why}`
  return failure(409, 'Conflict', message, details(of, name))
}

/** The stale-write conflict of optimistic locking. */
export function newStaleWrite(of: Qualified, name: string): StatusError {
  return newConflict(
    of,
    name,
    'the object has been modified; please apply your changes to the latest version and try again',
  )
}

export function newForbidden(of: Qualified, name: string, why: string): StatusError {
  const message = of.resource
    ? name
      ? `${named(of)} ${quote(name)} is forbidden: ${why}`
      : `${named(of)} is forbidden: ${why}`
    : `forbidden: ${why}`
  return failure(403, 'Forbidden', message, details(of, name))
}

/** 422 with one cause per field error. `of.resource` is the Kind here, as upstream prints it. */
export function newInvalid(of: Qualified, name: string, errors: FieldError[]): StatusError {
  const causes = errors.map((error) => ({
    reason: fieldErrorReason(error),
    message: fieldErrorMessage(error, false),
    field: error.field === '' ? '<nil>' : error.field,
  }))
  const message = `${named(of)} ${quote(name)} is invalid${errors.length ? `: ${aggregate(errors)}` : ''}`
  return failure(422, 'Invalid', message, details(of, name, causes.length ? { causes } : {}))
}

export function newBadRequest(message: string): StatusError {
  return failure(400, 'BadRequest', message)
}

export function newExpired(message: string): StatusError {
  return failure(410, 'Expired', message)
}

/** What a watch below the compaction point is told. */
export function newTooOldResourceVersion(requested: number, oldest: number): StatusError {
  return newExpired(`too old resource version: ${requested} (${oldest})`)
}

export function newTimeout(message: string, retryAfterSeconds = 0): StatusError {
  return failure(504, 'Timeout', `Timeout: ${message}`, retryAfterSeconds > 0 ? { retryAfterSeconds } : {})
}

/** A list or get at a revision that this server has not reached. */
export function newTooLargeResourceVersion(requested: number, current: number): StatusError {
  return failure(504, 'Timeout', `Timeout: Too large resource version: ${requested}, current: ${current}`, {
    causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
    retryAfterSeconds: 1,
  })
}

/** The route exists, the method does not: what nearly every 405 says. */
export function newMethodNotAllowed(): StatusError {
  return failure(405, 'MethodNotAllowed', 'the server does not allow this method on the requested resource', {})
}

/** `method` is the verb as upstream prints it in 405: `POST` becomes `create` and so on in the caller. */
export function newMethodNotSupported(of: Qualified, method: string): StatusError {
  return failure(
    405,
    'MethodNotAllowed',
    `${method} is not supported on resources of kind ${quote(named(of))}`,
    details(of),
  )
}

/** Refused before its handler ran, a request is answered with empty details (`{}`), after that with none. */
export function newNotAcceptable(message: string, details?: StatusDetails): StatusError {
  return failure(406, 'NotAcceptable', message, details)
}

/** As newNotAcceptable for details: PATCH has them, POST and PUT have none. */
export function newUnsupportedMediaType(message: string, details?: StatusDetails): StatusError {
  return failure(415, 'UnsupportedMediaType', message, details)
}

export function newUnauthorized(message = 'Unauthorized'): StatusError {
  return failure(401, 'Unauthorized', message)
}

export function newGone(message: string): StatusError {
  return failure(410, 'Gone', message)
}

/** The server gave up on an operation (a verb) that the client may try again. */
export function newServerTimeout(of: Qualified, operation: string, retryAfterSeconds: number): StatusError {
  const message = `The ${operation} operation against ${named(of)} could not be completed at this time, please try again.`
  return failure(500, 'ServerTimeout', message, details(of, operation, retryAfterSeconds ? { retryAfterSeconds } : {}))
}

export function newRequestEntityTooLarge(message: string): StatusError {
  return failure(413, 'RequestEntityTooLarge', `Request entity too large: ${message}`)
}

export function newTooManyRequests(message: string, retryAfterSeconds: number, causes?: StatusCause[]): StatusError {
  return failure(429, 'TooManyRequests', message, {
    ...(causes ? { causes } : {}),
    ...(retryAfterSeconds > 0 ? { retryAfterSeconds } : {}),
  })
}

/** Whom one would ask is not there (any more). */
export function newServiceUnavailable(message: string): StatusError {
  return failure(503, 'ServiceUnavailable', message)
}

export function newInternalError(message: string): StatusError {
  return failure(500, 'InternalError', `Internal error occurred: ${message}`, { causes: [{ message }] })
}

/** Known to Kubernetes, not (yet) to KubEmu: answered clearly, never with a silent success. */
export function newNotImplemented(what: string): StatusError {
  return failure(501, 'NotImplemented', `kubemu does not support ${what}`)
}

const SERVER_RESPONSES: Record<number, [reason: string, message?: string]> = {
  400: ['BadRequest', 'the server rejected our request for an unknown reason'],
  401: ['Unauthorized', 'the server has asked for the client to provide credentials'],
  403: ['Forbidden'],
  404: ['NotFound', 'the server could not find the requested resource'],
  405: ['MethodNotAllowed', 'the server does not allow this method on the requested resource'],
  406: ['NotAcceptable'],
  409: ['Conflict', 'the server reported a conflict'],
  415: ['UnsupportedMediaType'],
  422: ['Invalid', 'the server rejected our request due to an error in our request'],
  429: ['TooManyRequests', 'the server has received too many requests and has asked us to try again later'],
  503: ['ServiceUnavailable', 'the server is currently unable to handle the request'],
  504: [
    'Timeout',
    'the server was unable to return a response in the time allotted, but may still be processing the request',
  ],
}

/** What an answer of another server means that is no Status. `said`: its body where that is text, else `unknown`. */
export function newServerResponse(code: number, method: string, said: string): StatusError {
  const causes = [{ reason: 'UnexpectedServerResponse', message: said }]
  const known = SERVER_RESPONSES[code]
  if (known) {
    const [reason, message = said] = known
    return failure(code, code === 409 && method === 'POST' ? 'AlreadyExists' : reason, message, { causes })
  }
  if (code >= 500) {
    const message = `an error on the server (${quote(said)}) has prevented the request from succeeding`
    return failure(code, 'InternalError', message, { causes })
  }
  const message = `the server responded with the status code ${code} but did not return more information`
  return failure(code, '', message, { causes })
}

export function isStatusError(error: unknown, reason?: string): error is StatusError {
  return error instanceof StatusError && (reason === undefined || error.reason === reason)
}

export const isNotFound = (error: unknown): error is StatusError => isStatusError(error, 'NotFound')
export const isConflict = (error: unknown): error is StatusError => isStatusError(error, 'Conflict')
export const isAlreadyExists = (error: unknown): error is StatusError => isStatusError(error, 'AlreadyExists')

/** A failure for which upstream has neither code nor reason: 500 with the bare message. */
export function newUnknownError(message: string): StatusError {
  return new StatusError({
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message,
    code: 500,
  })
}

/** A well-formed patch that does not apply. Clients are not told why; who applied it for them is (as the error's `cause`). */
export function newPatchRejected(why?: string): StatusError {
  const error = failure(422, 'Invalid', 'the server rejected our request due to an error in our request', {})
  if (why !== undefined) error.cause = why
  return error
}
