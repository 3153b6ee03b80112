/** Requests of all verbs, patch types and media types, about objects of random kinds. */
import { dump } from 'js-yaml'
import type { DynamicObject } from '../../src/apimachinery/meta.ts'
import { loadFacts } from '../../src/apimachinery/schema/load-facts.ts'
import { encodeProtobuf } from '../../src/apimachinery/schema/protobuf.ts'
import { Schemas } from '../../src/apimachinery/schema/schema.ts'
import { collectionPath, type Subject, subjects } from '../conformance/objects.ts'
import type { Draw } from './draw.ts'
import { jsonPatchOf, mergePatchOf, objectOf } from './objects.ts'
import { anything, nameOf, textOf, textValue } from './values.ts'

export interface FuzzRequest {
  method: string
  path: string
  headers: Record<string, string>
  body?: string | Buffer
  /** Answers go on until the client leaves. */
  isWatch?: boolean
}

export const NAMESPACE = 'fuzz'
const schemas = new Schemas(loadFacts())
const JSON_TYPE = 'application/json'
const PROTOBUF = 'application/vnd.kubernetes.protobuf'
const ACCEPTS = [
  ...[
    JSON_TYPE,
    JSON_TYPE,
    'application/yaml',
    PROTOBUF,
    '*/*',
    '',
    'text/html',
    'application/cbor',
    ';;',
    'application/json;q=0',
  ],
  ...['Table', 'PartialObjectMetadata', 'PartialObjectMetadataList', 'Bogus'].map(
    (as) => `${JSON_TYPE};as=${as};v=v1;g=meta.k8s.io,${JSON_TYPE}`,
  ),
  `${PROTOBUF};as=PartialObjectMetadata;v=v1;g=meta.k8s.io`,
]
const QUERIES = [
  ...[
    'dryRun=All',
    'dryRun=Bogus',
    'fieldValidation=Strict',
    'fieldValidation=Ignore',
    'fieldValidation=x',
    'fieldManager=fuzz',
  ],
  ...[
    'fieldManager=',
    `fieldManager=${'x'.repeat(200)}`,
    'force=true',
    'force=x',
    'pretty=true',
    'pretty=x',
    '%zz',
    'a=%00',
    '&&=&',
  ],
]
const LIST_QUERIES = [
  ...[
    'limit=1',
    'limit=-1',
    'limit=x',
    'limit=99999999999999999999',
    'continue=x',
    'continue=eyJ2IjoibWV0YS5rOHMuaW8vdjEifQ',
    'resourceVersion=0',
  ],
  ...[
    'resourceVersion=1',
    'resourceVersion=x',
    'resourceVersion=999999999',
    'resourceVersion=-1',
    'resourceVersionMatch=Exact',
    'resourceVersionMatch=x',
  ],
  ...[
    'labelSelector=app%3Dx',
    'labelSelector=a%20in%20(',
    'labelSelector=!a',
    'labelSelector=a%20notin%20(b,c)',
    'labelSelector=%00',
    'fieldSelector=metadata.name%3Da',
  ],
  ...[
    'fieldSelector=spec.nodeName!%3Da',
    'fieldSelector=bogus%3Da',
    'fieldSelector=a',
    'includeObject=Object',
    'includeObject=x',
    'timeoutSeconds=x',
  ],
]
const PATCHES = [
  'json-patch+json',
  'merge-patch+json',
  'strategic-merge-patch+json',
  'apply-patch+yaml',
  'apply-patch+cbor',
  'bogus',
]

/** Kinds that take care of others are written less: without them all answers would be the same. */
const RARE = new Set(['namespaces', 'customresourcedefinitions.apiextensions.k8s.io'])

export function requestOf(draw: Draw): FuzzRequest {
  let subject = draw.pick(subjects)
  if (RARE.has(subject.name) && draw.chance(70)) subject = draw.pick(subjects)
  const kind = draw.int(99)
  if (kind < 34) return create(draw, subject)
  if (kind < 50) return update(draw, subject)
  if (kind < 74) return patch(draw, subject)
  if (kind < 86) return read(draw, subject)
  if (kind < 94) return remove(draw, subject)
  if (kind < 98) return post(draw, subject)
  return odd(draw, subject)
}

const namespaceFor = (draw: Draw): string => (draw.chance(94) ? NAMESPACE : draw.pick(['default', 'missing', 'A_b']))
const ownName = (draw: Draw, { object }: Subject): string =>
  draw.chance(50) ? (object.metadata.name as string) : nameOf(draw)

function pathOf(draw: Draw, subject: Subject, namespace: string, ...more: string[]): string {
  const segments = more.map((segment) =>
    draw.chance(99) ? encodeURIComponent(wellFormed(segment)) : segment.replace(/[^\x21-\x7e]/g, ''),
  )
  return [collectionPath(subject.fact, namespace), ...segments].join('/')
}

/** A lone surrogate has no URL. */
const wellFormed = (text: string): string => Buffer.from(text, 'utf8').toString('utf8')

function query(draw: Draw, from: readonly string[], ...always: string[]): string {
  const parts = [...always, ...Array.from({ length: draw.chance(70) ? 0 : 1 + draw.int(1) }, () => draw.pick(from))]
  return parts.length > 0 ? `?${parts.join('&')}` : ''
}

function headersOf(draw: Draw, contentType?: string): Record<string, string> {
  const accept = draw.chance(75) ? JSON_TYPE : draw.pick(ACCEPTS)
  return { ...(accept ? { accept } : {}), ...(contentType ? { 'content-type': contentType } : {}) }
}

function create(draw: Draw, subject: Subject): FuzzRequest {
  const namespace = namespaceFor(draw)
  const object = objectOf(draw, subject, ownName(draw, subject), namespace)
  return { method: 'POST', path: pathOf(draw, subject, namespace) + query(draw, QUERIES), ...bodyOf(draw, object) }
}

function update(draw: Draw, subject: Subject): FuzzRequest {
  const namespace = namespaceFor(draw)
  const name = ownName(draw, subject)
  const object = objectOf(draw, subject, draw.chance(97) ? name : nameOf(draw), namespace)
  const path = pathOf(draw, subject, namespace, name, ...doorOf(draw, subject))
  return { method: 'PUT', path: path + query(draw, QUERIES), ...bodyOf(draw, object) }
}

const doorOf = (draw: Draw, { fact }: Subject): string[] =>
  fact.subresources?.length && draw.chance(35) ? [draw.pick(fact.subresources).name] : []

function patch(draw: Draw, subject: Subject): FuzzRequest {
  const namespace = namespaceFor(draw)
  const name = ownName(draw, subject)
  const path = pathOf(draw, subject, namespace, name, ...doorOf(draw, subject))
  const object = objectOf(draw, subject, name, namespace)
  const type = draw.chance(97) ? draw.pick(PATCHES.slice(0, 4)) : draw.pick(PATCHES)
  const always =
    type.startsWith('apply') && draw.chance(95) ? ['fieldManager=fuzz', ...(draw.chance(50) ? ['force=true'] : [])] : []
  const value =
    type === 'json-patch+json' ? jsonPatchOf(draw, object) : mergePatchOf(draw, object, type.startsWith('strategic'))
  const whole = type.startsWith('apply') && draw.chance(60) ? object : value
  const body = draw.chance(98) ? textOf(whole) : draw.pick(['', '{', 'null', '[]', '"x"', 'a: [', '\u0000'])
  return {
    method: 'PATCH',
    path: path + query(draw, QUERIES, ...always),
    headers: headersOf(draw, `application/${type}`),
    body,
  }
}

function read(draw: Draw, subject: Subject): FuzzRequest {
  const one = draw.chance(40)
  const namespace = namespaceFor(draw)
  const headers = headersOf(draw)
  if (one) {
    const path = pathOf(draw, subject, namespace, ownName(draw, subject), ...doorOf(draw, subject))
    return { method: draw.chance(95) ? 'GET' : 'HEAD', path: path + query(draw, LIST_QUERIES), headers }
  }
  const isWatch = draw.chance(15)
  const path =
    pathOf(draw, subject, namespace) + query(draw, LIST_QUERIES, ...(isWatch ? ['watch=1', 'timeoutSeconds=1'] : []))
  return { method: 'GET', path, headers, ...(isWatch ? { isWatch } : {}) }
}

function remove(draw: Draw, subject: Subject): FuzzRequest {
  const namespace = namespaceFor(draw)
  const collection = draw.chance(10)
  const path = pathOf(draw, subject, namespace, ...(collection ? [] : [ownName(draw, subject)]))
  if (draw.chance(60))
    return { method: 'DELETE', path: path + query(draw, [...QUERIES, ...LIST_QUERIES]), headers: headersOf(draw) }
  const options = {
    apiVersion: 'v1',
    kind: 'DeleteOptions',
    ...(draw.chance(40) ? { gracePeriodSeconds: draw.pick([0, 1, -1, 30]) } : {}),
    ...(draw.chance(40) ? { propagationPolicy: draw.pick(['Foreground', 'Background', 'Orphan', 'Bogus']) } : {}),
    ...(draw.chance(20) ? { preconditions: { uid: textValue(draw), resourceVersion: draw.pick(['1', 'x']) } } : {}),
    ...(draw.chance(10)
      ? { [draw.pick(['orphanDependents', 'dryRun', 'bogus', 'preconditions'])]: anything(draw) }
      : {}),
  }
  return { method: 'DELETE', path: path + query(draw, QUERIES), ...bodyOf(draw, options) }
}

/** Subresources that take a POST, and reviews. */
function post(draw: Draw, subject: Subject): FuzzRequest {
  const door = draw.pick([
    'eviction',
    'binding',
    'token',
    'scale',
    'exec',
    'log',
    'proxy',
    'portforward',
    'approval',
    'attach',
    'bogus',
  ])
  const kinds: Record<string, [string, string]> = {
    eviction: ['policy/v1', 'Eviction'],
    binding: ['v1', 'Binding'],
    token: ['authentication.k8s.io/v1', 'TokenRequest'],
  }
  const [apiVersion, kind] = kinds[door] ?? ['autoscaling/v1', 'Scale']
  const name = ownName(draw, subject)
  const body = {
    apiVersion,
    kind,
    metadata: { name },
    target: { kind: 'Node', name: nameOf(draw) },
    spec: { replicas: 1 },
    ...(draw.chance(30) ? { [draw.pick(['target', 'spec', 'metadata', 'deleteOptions'])]: anything(draw) } : {}),
  }
  const owner = draw.pick(
    subjects.filter((one) => one === subject || ['pods', 'serviceaccounts', 'deployments.apps'].includes(one.name)),
  )
  return {
    method: draw.pick(['POST', 'POST', 'GET', 'PUT']),
    path: pathOf(draw, owner, NAMESPACE, name, door),
    ...bodyOf(draw, body),
  }
}

function odd(draw: Draw, subject: Subject): FuzzRequest {
  const path = draw.chance(50)
    ? draw.pick([
        '/',
        '//',
        '/api',
        '/apis',
        '/apis/',
        '/api/v1/',
        '/apis/x/y/z',
        '/openapi/v2',
        '/openapi/v3',
        '/version',
        '/healthz',
        '/readyz?verbose',
        '/metrics',
        '/livez/x',
        '/api/v1/namespaces/%zz',
        '/apis/apps/v1/watch/deployments?timeoutSeconds=1',
        '/api/v1/%2e%2e/pods',
        '/api/v1/namespaces/fuzz/pods/../pods',
        '/logs',
      ])
    : pathOf(draw, subject, NAMESPACE, nameOf(draw), nameOf(draw), nameOf(draw))
  return {
    method: draw.pick(['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'HEAD', 'TRACE']),
    path,
    headers: headersOf(draw, JSON_TYPE),
    isWatch: path.includes('/watch/'),
  }
}

/** The object as JSON, YAML or protobuf; sometimes with the wrong label, cut off or torn. */
function bodyOf(draw: Draw, object: unknown): Pick<FuzzRequest, 'headers' | 'body'> {
  const choice = draw.int(99)
  const json = textOf(object)
  if (choice < 72) return { headers: headersOf(draw, JSON_TYPE), body: json }
  if (choice < 80) return { headers: headersOf(draw, 'application/yaml'), body: draw.chance(50) ? json : asYaml(json) }
  if (choice < 92) return { headers: headersOf(draw, PROTOBUF), body: torn(draw, asProtobuf(json)) }
  if (choice < 94)
    return {
      headers: headersOf(
        draw,
        draw.pick(['', 'text/plain', 'application/cbor', 'application/json; charset=latin1', PROTOBUF]),
      ),
      body: json,
    }
  if (choice < 97) return { headers: headersOf(draw, JSON_TYPE), body: json.slice(0, draw.int(json.length)) }
  return {
    headers: headersOf(draw, JSON_TYPE),
    body: json.replace(/"([a-z]+)":/, (all) => `${all}${textOf(anything(draw))},${all}`),
  }
}

function asYaml(json: string): string {
  try {
    return dump(JSON.parse(json), { noRefs: true })
  } catch {
    return json
  }
}

/** What cannot be encoded goes as JSON under protobuf's name. */
function asProtobuf(json: string): Buffer {
  try {
    const object = JSON.parse(json) as DynamicObject
    const [version = '', group = ''] = (object.apiVersion ?? '').split('/').reverse()
    const schema = schemas.forKind(group, version, object.kind ?? '')
    if (schema) return encodeProtobuf(schema, schema.decodeValue(object).object)
  } catch {
    // Wrong types have no wire form.
  }
  return Buffer.from(json)
}

function torn(draw: Draw, bytes: Buffer): Buffer {
  if (draw.chance(70) || bytes.length === 0) return bytes
  if (draw.chance(40)) return bytes.subarray(0, draw.int(bytes.length))
  const copy = Buffer.from(bytes)
  for (let i = draw.int(4); i >= 0; i--) copy[draw.int(copy.length - 1)] = draw.int(255)
  return copy
}
