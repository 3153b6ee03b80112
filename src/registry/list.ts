/** Lists: at which revision, which page, and what the continue token says. Mirrors apiserver/pkg/storage/{continue.go,etcd3/store.go}. */
import {
  newBadRequest,
  newExpired,
  newInvalid,
  newTooLargeResourceVersion,
  newUnknownError,
  type StatusError,
} from '../apimachinery/errors.ts'
import { type FieldError, forbidden, notSupported } from '../apimachinery/field-error.ts'
import type { DynamicObject, KubeObject } from '../apimachinery/meta.ts'
import { jsonValueOf, readJson } from '../apimachinery/schema/go-json.ts'
import { StorageError } from '../storage/interface.ts'
import type { ObjectStore } from './object-store.ts'
import { compilePredicate } from './predicate.ts'

/** The query of a list or watch, as the client sent it. */
export interface ListOptions {
  /** '' for all namespaces and for cluster scope. */
  namespace: string
  labelSelector?: string
  fieldSelector?: string
  limit?: number
  continue?: string
  resourceVersion?: string
  resourceVersionMatch?: string
  /** For watches only: lists refuse it. */
  sendInitialEvents?: boolean
}

export interface StoreList {
  objects: DynamicObject[]
  resourceVersion: string
  continue?: string
  remainingItemCount?: number
}

const LIST_OPTIONS = { group: 'meta.k8s.io', resource: 'ListOptions' }
const EXPIRED_CONTINUE =
  'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.'

/** Throws ConversionNeeded, 400, 410 Expired, 422 on options that contradict each other, 504 for a revision that is not reached yet. */
export function listObjects(store: ObjectStore, options: ListOptions): StoreList {
  const { definition, environment } = store
  validateListOptions(options)
  const predicate = compilePredicate(definition, options.labelSelector, options.fieldSelector)
  const token = options.continue ? decodeContinue(options) : undefined
  const revision = token ? token.revision : exactRevision(options)
  const current = environment.storage.revision
  const wanted = parseResourceVersion(options.resourceVersion, newBadListVersion)
  if (!token && wanted > current) throw newTooLargeResourceVersion(wanted, current)
  // As upstream: what may come from the cache comes whole.
  const limit = options.resourceVersion === '0' && !token ? 0 : Math.max(0, options.limit ?? 0)
  const namespace = options.namespace || (definition.namespaced ? predicate.namespace : undefined)
  const under = namespace ? `${namespace}/` : ''
  if (predicate.name !== undefined && (under || !definition.namespaced) && !token && revision === undefined) {
    const found = store.find(namespace ?? '', predicate.name)
    return { objects: found && predicate.matches(found) ? [found] : [], resourceVersion: String(current) }
  }
  const viewed = new Map<KubeObject, DynamicObject>()
  const matches = (stored: KubeObject): boolean => {
    const view = store.view(stored)
    if (view !== stored) viewed.set(stored, view)
    return predicate.matches(view)
  }
  const page = { under, start: token?.start, revision, limit }
  const require = definition.hooks.conversion?.require
  if (require) {
    // What selectors look at has to be converted first, all of it in one call.
    const read = readPage(store, options, predicate.empty ? page : { ...page, limit: 0 })
    require(read.objects as DynamicObject[])
  }
  const result = readPage(store, options, { ...page, matches: predicate.empty ? undefined : matches })
  const { conversion, defaultOnRead } = definition.hooks
  const objects =
    conversion || defaultOnRead
      ? result.objects.map((stored) => viewed.get(stored) ?? store.view(stored))
      : (result.objects as DynamicObject[])
  const list: StoreList = { objects, resourceVersion: String(result.revision) }
  if (result.next !== undefined) {
    const last = result.objects.at(-1)
    const lastName = store.name(last?.metadata.namespace ?? '', last?.metadata.name ?? '')
    list.continue = encodeContinue(lastName, options.namespace, result.revision)
    if (predicate.empty) list.remainingItemCount = result.remaining
  }
  return list
}

function readPage(
  store: ObjectStore,
  options: ListOptions,
  page: Parameters<ObjectStore['environment']['storage']['list']>[1] & object,
) {
  const { storage } = store.environment
  try {
    return storage.list(store.definition.storagePrefix, page)
  } catch (error) {
    if (!(error instanceof StorageError)) throw error
    if (error.code === 'TooLarge') throw newTooLargeResourceVersion(page.revision ?? 0, storage.revision)
    if (error.code !== 'Expired') throw error
    if (!options.continue) throw newExpired('The resourceVersion for the provided list is too old.')
    const expired = newExpired(EXPIRED_CONTINUE)
    const start = (page.start ?? '').slice(options.namespace ? options.namespace.length + 1 : 0)
    expired.status.metadata.continue = encodeToken(start, -1)
    throw expired
  }
}

/** The revision that must be shown exactly, where the options ask for one. */
function exactRevision(options: ListOptions): number | undefined {
  const version = options.resourceVersion
  if (!version || version === '0') return undefined
  const match = options.resourceVersionMatch
  // Legacy: with a limit and no match, a revision means exactly that one.
  if (match === 'Exact' || (!match && options.limit)) return parseResourceVersion(version, newBadListVersion)
  return undefined
}

/** '' and '0' are 0. Throws for what is no number: 500 for gets and watches, as upstream, unless `failure` makes another error. */
export function parseResourceVersion(
  version: string | undefined,
  failure: (message: string) => StatusError = newUnknownError,
): number {
  if (!version) return 0
  if (/^\d+$/.test(version)) return Number(version)
  const text = JSON.stringify(version)
  throw failure(`resourceVersion: Invalid value: ${text}: strconv.ParseUint: parsing ${text}: invalid syntax`)
}

function newBadListVersion(message: string): StatusError {
  return newBadRequest(`invalid resource version: ${message}`)
}

function validateListOptions(options: ListOptions): void {
  const errors: FieldError[] = []
  const match = options.resourceVersionMatch
  const path = 'resourceVersionMatch'
  if (match) {
    if (!options.resourceVersion)
      errors.push(forbidden(path, 'resourceVersionMatch is forbidden unless resourceVersion is provided'))
    if (options.continue) errors.push(forbidden(path, 'resourceVersionMatch is forbidden when continue is provided'))
    if (match !== 'Exact' && match !== 'NotOlderThan')
      errors.push(notSupported(path, match, ['Exact', 'NotOlderThan', '']))
    if (match === 'Exact' && options.resourceVersion === '0') {
      errors.push(forbidden(path, 'resourceVersionMatch "exact" is forbidden for resourceVersion "0"'))
    }
  }
  if (options.sendInitialEvents !== undefined) {
    errors.push(forbidden('sendInitialEvents', 'sendInitialEvents is forbidden for list'))
  }
  if (errors.length > 0) throw newInvalid(LIST_OPTIONS, '', errors)
}

interface ContinueToken {
  /** Name to start at (inclusive), with its namespace. */
  start: string
  /** undefined: any, at the present revision (an inconsistent continuation). */
  revision: number | undefined
}

function decodeContinue(options: ListOptions): ContinueToken {
  if (options.resourceVersion && options.resourceVersion !== '0') {
    throw newBadRequest('specifying resource version is not allowed when using continue')
  }
  const token = parseToken(options.continue ?? '')
  const { rv, start } = token
  if (token.v !== 'meta.k8s.io/v1') throw badToken(`server does not recognize this encoded version ${token.v ?? ''}`)
  if (rv === 0) throw badToken('incorrect encoded start resourceVersion (version meta.k8s.io/v1)')
  if (start === '') throw badToken('encoded start key empty (version meta.k8s.io/v1)')
  if (start.includes('//') || /(^|\/)\.\.?(\/|$)/.test(start)) throw badToken(start)
  const under = options.namespace ? `${options.namespace}/` : ''
  return { start: under + start.replace(/^\//, ''), revision: rv < 0 ? undefined : rv }
}

function badToken(why: string): StatusError {
  return newBadRequest(`invalid continue token: continue key is not valid: ${why}`)
}

/** What Go's base64.RawURLEncoding and encoding/json make of a token, with their texts. */
function parseToken(text: string): { v?: string; rv: number; start: string } {
  const at = firstBadBase64(text)
  if (at >= 0) throw badToken(`illegal base64 data at input byte ${at}`)
  let token: Record<string, unknown>
  try {
    token = (jsonValueOf(readJson(Buffer.from(text, 'base64url').toString('utf8'))) ?? {}) as Record<string, unknown>
  } catch (error) {
    throw badToken(error instanceof Error ? error.message : String(error))
  }
  for (const [field, type, goType] of TOKEN_FIELDS) {
    const value = token[field]
    if (value === undefined || value === null || typeof value === type) continue
    throw badToken(
      `json: cannot unmarshal ${typeof value} into Go struct field continueToken.${field} of type ${goType}`,
    )
  }
  return { v: token.v as string | undefined, rv: Number(token.rv ?? 0), start: String(token.start ?? '') }
}

const TOKEN_FIELDS = [
  ['v', 'string', 'string'],
  ['rv', 'number', 'int64'],
  ['start', 'string', 'string'],
] as const

/** Position that Go names in its error; -1: the text is whole. */
function firstBadBase64(text: string): number {
  const bad = text.search(/[^A-Za-z0-9_-]/)
  if (bad >= 0) return bad
  return text.length % 4 === 1 ? text.length - 1 : -1
}

/** The token for what follows `name`: the key just after it, relative to the listed prefix. */
function encodeContinue(name: string, namespace: string, revision: number): string {
  return encodeToken(`${namespace ? name.slice(namespace.length + 1) : name}\u0000`, revision)
}

function encodeToken(start: string, revision: number): string {
  return Buffer.from(JSON.stringify({ v: 'meta.k8s.io/v1', rv: revision, start })).toString('base64url')
}
