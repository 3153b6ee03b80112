/** Lists: at which revision, which page, and what the continue token says. Mirrors apiserver/pkg/storage/{continue.go,etcd3/store.go}. */
import {
  newBadRequest,
  newExpired,
  newInvalid,
  newTooLargeResourceVersion,
  type StatusError,
} from '../apimachinery/errors.ts'
import { type FieldError, forbidden, invalid, notSupported } from '../apimachinery/field-error.ts'
import type { DynamicObject, KubeObject } from '../apimachinery/meta.ts'
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

/** Throws 400, 410 Expired, 422 on options that contradict each other, 504 for a revision that is not reached yet. */
export function listObjects(store: ObjectStore, options: ListOptions): StoreList {
  const { definition, environment } = store
  validateListOptions(options)
  const predicate = compilePredicate(definition, options.labelSelector, options.fieldSelector)
  const token = options.continue ? decodeContinue(options) : undefined
  const revision = token ? token.revision : exactRevision(options)
  const current = environment.storage.revision
  const wanted = parseResourceVersion(options.resourceVersion)
  if (!token && wanted > current) throw newTooLargeResourceVersion(wanted, current)
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
  const result = readPage(store, options, {
    under,
    start: token?.start,
    revision,
    limit: options.limit,
    matches: predicate.empty ? undefined : matches,
  })
  const objects = result.objects.map((stored) => viewed.get(stored) ?? store.view(stored))
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
  if (match === 'Exact' || (!match && options.limit)) return parseResourceVersion(version)
  return undefined
}

/** '' and '0' are 0. Throws 422 as upstream for what is no number. */
export function parseResourceVersion(version: string | undefined): number {
  if (!version) return 0
  if (!/^\d+$/.test(version)) {
    throw newInvalid({ group: '', resource: '' }, '', [
      invalid('resourceVersion', version, `strconv.ParseUint: parsing ${JSON.stringify(version)}: invalid syntax`),
    ])
  }
  return Number(version)
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
  const invalidToken = (why: string): StatusError => newBadRequest(`invalid continue token: ${why}`)
  let token: { v?: unknown; rv?: unknown; start?: unknown }
  try {
    const text = Buffer.from(options.continue ?? '', 'base64url').toString('utf8')
    token = JSON.parse(text)
  } catch {
    throw newBadRequest('continue key is not valid: illegal base64 data or not JSON')
  }
  if (token.v !== 'meta.k8s.io/v1')
    throw newBadRequest(`continue key is not valid: server does not recognize this encoded version ${token.v}`)
  const start = token.start
  if (typeof token.rv !== 'number' || token.rv === 0)
    throw newBadRequest('continue key is not valid: incorrect encoded start resourceVersion (version meta.k8s.io/v1)')
  if (typeof start !== 'string' || start === '')
    throw newBadRequest('continue key is not valid: encoded start key empty')
  if (start.includes('//') || /(^|\/)\.\.?(\/|$)/.test(start)) throw invalidToken(start)
  const under = options.namespace ? `${options.namespace}/` : ''
  return { start: under + start.replace(/^\//, ''), revision: token.rv < 0 ? undefined : token.rv }
}

/** The token for what follows `name`: the key just after it, relative to the listed prefix. */
function encodeContinue(name: string, namespace: string, revision: number): string {
  return encodeToken(`${namespace ? name.slice(namespace.length + 1) : name}\u0000`, revision)
}

function encodeToken(start: string, revision: number): string {
  return Buffer.from(JSON.stringify({ v: 'meta.k8s.io/v1', rv: revision, start })).toString('base64url')
}
