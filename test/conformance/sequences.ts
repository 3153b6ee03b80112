/** Several requests in a row, made from tables: every kind by every verb, patch type, door and option. */
import type { DynamicObject } from '../../src/apimachinery/meta.ts'
import { collectionPath, type Subject } from './objects.ts'
import { applies } from './sequences.apply.ts'
import { encodings } from './sequences.encodings.ts'
import { watches } from './sequences.watch.ts'
import {
  type Case,
  get,
  JSON_PATCH,
  MERGE_PATCH,
  METADATA,
  METADATA_LIST,
  meta,
  patch,
  post,
  put,
  remove,
  STRATEGIC_PATCH,
  TABLE,
} from './steps.ts'

/** Names of kinds that do not take any. */
const NAMES: Record<string, string> = {
  IPAddress: '$ip',
  APIService: 'v1.$id.example.com',
  ClusterTrustBundle: 'example.com:signer:$id',
  CustomResourceDefinition: 'widgets.$id.example.com',
}

export function casesOf({ fact, object }: Subject): Case[] {
  if (!fact.verbs.includes('create')) return []
  const { status, ...main } = structuredClone(object)
  const name = NAMES[fact.kind] ?? '$id'
  main.metadata = { ...main.metadata, name, labels: { ...main.metadata.labels, case: '$id' } }
  delete main.metadata.finalizers
  if (fact.kind === 'APIService' || fact.kind === 'CustomResourceDefinition') main['spec'].group = '$id.example.com'
  if (fact.kind === 'Service') withoutAllocations(main['spec'])
  const collection = collectionPath(fact, '$id')
  const subresources = fact.subresources?.map((one) => one.name) ?? []
  return [
    ...writes(main as DynamicObject, collection, name),
    ...patches(main as DynamicObject, collection, name),
    ...reads(main as DynamicObject, collection, name),
    ...deletions(main as DynamicObject, collection, name),
    ...bodies(main as DynamicObject, collection),
    ...doors(main as DynamicObject, status, collection, name, subresources),
    ...watches(main as DynamicObject, collection, name),
    ...applies(main as DynamicObject, collection, name, subresources.includes('status') ? status : undefined),
    ...encodings(main as DynamicObject, collection, name, subresources.includes('status') ? status : undefined),
  ]
}

/** What only one of the cases could have. */
function withoutAllocations(spec: DynamicObject['spec']): void {
  for (const field of ['clusterIP', 'clusterIPs', 'healthCheckNodePort']) delete spec[field]
  for (const port of spec.ports) delete port.nodePort
}

function writes(object: DynamicObject, all: string, name: string): Case[] {
  const one = `${all}/${name}`
  const make = post(all, object)
  return [
    { name: 'create, read, create again', steps: [make, get(one), make, get(`${all}/absent`)] },
    {
      name: 'create as a dry run',
      steps: [post(`${all}?dryRun=All`, object), get(one), post(`${all}?dryRun=Some`, object)],
    },
    {
      name: 'create with a generated name',
      steps: [
        post(`${all}?dryRun=All`, {
          ...object,
          metadata: { ...object.metadata, name: undefined, generateName: 'made-' },
        }),
        post(`${all}?dryRun=All`, {
          ...object,
          metadata: { ...object.metadata, name: undefined, generateName: 'Bad_' },
        }),
        post(`${all}?dryRun=All`, { ...object, metadata: { ...object.metadata, name: undefined } }),
      ],
    },
    {
      name: 'create with system metadata',
      steps: [
        post(`${all}?dryRun=All`, {
          ...object,
          metadata: {
            ...object.metadata,
            uid: 'u',
            creationTimestamp: '2020-01-01T00:00:00Z',
            generation: 7,
            selfLink: '/x',
            deletionTimestamp: '2020-01-01T00:00:00Z',
            deletionGracePeriodSeconds: 3,
          },
        }),
        post(`${all}?dryRun=All`, { ...object, metadata: { ...object.metadata, resourceVersion: '5' } }),
        post(`${all}?dryRun=All`, { ...object, metadata: { ...object.metadata, namespace: 'other' } }),
      ],
    },
    { name: 'put what is there', steps: [make, put(one, 0), get(one)] },
    { name: 'put a label', steps: [make, put(one, 0, meta({ labels: { added: 'x' } })), get(one)] },
    {
      name: 'put as a dry run',
      steps: [make, put(`${one}?dryRun=All`, 0, meta({ labels: { added: 'x' } })), get(one)],
    },
    {
      name: 'put what is stale',
      steps: [make, put(one, 0, meta({ annotations: { a: '1' } })), put(one, 0, meta({ annotations: { a: '2' } }))],
    },
    {
      name: 'put without a version',
      steps: [make, put(one, 0, meta({ resourceVersion: null, annotations: { a: '1' } }))],
    },
    {
      name: 'put with another identity',
      steps: [
        make,
        put(one, 0, meta({ uid: '22222222-2222-4222-8222-222222222222' })),
        put(one, 0, meta({ name: 'other' })),
        put(one, 0, meta({ namespace: 'other' })),
        put(one, 0, meta({ creationTimestamp: '2020-01-01T00:00:00Z' })),
        put(one, 0, { kind: 'Other' }),
        put(one, 0, { apiVersion: 'other/v1' }),
      ],
    },
    { name: 'put what is absent', steps: [{ method: 'PUT', path: one, body: object }, get(one)] },
    {
      name: 'put bad metadata',
      steps: [
        make,
        put(one, 0, meta({ labels: { '-bad-': 'x' } })),
        put(one, 0, meta({ annotations: { 'a b': 'x' } })),
        put(one, 0, meta({ finalizers: ['nodomain'] })),
        put(one, 0, meta({ ownerReferences: [{ apiVersion: 'v1', kind: 'Pod', name: 'x', uid: '' }] })),
      ],
    },
  ]
}

function patches(object: DynamicObject, all: string, name: string): Case[] {
  const one = `${all}/${name}`
  const make = post(all, object)
  const label = meta({ labels: { added: 'x' } })
  return [
    {
      name: 'merge patch',
      steps: [
        make,
        patch(one, MERGE_PATCH, label),
        patch(one, MERGE_PATCH, label),
        patch(one, MERGE_PATCH, meta({ labels: { added: null } })),
        patch(one, MERGE_PATCH, {}),
      ],
    },
    {
      name: 'strategic merge patch',
      steps: [
        make,
        patch(one, STRATEGIC_PATCH, label),
        patch(one, STRATEGIC_PATCH, meta({ labels: { $patch: 'replace', only: 'y' } })),
        patch(one, STRATEGIC_PATCH, meta({ finalizers: ['example.com/a'] })),
        patch(one, STRATEGIC_PATCH, meta({ '$deleteFromPrimitiveList/finalizers': ['example.com/a'] })),
      ],
    },
    {
      name: 'JSON patch',
      steps: [
        make,
        patch(one, JSON_PATCH, [{ op: 'add', path: '/metadata/labels/added', value: 'x' }]),
        patch(one, JSON_PATCH, [{ op: 'test', path: '/metadata/labels/added', value: 'y' }]),
        patch(one, JSON_PATCH, [{ op: 'remove', path: '/metadata/labels/absent' }]),
        patch(one, JSON_PATCH, [
          { op: 'copy', from: '/metadata/labels/added', path: '/metadata/labels/copied' },
          { op: 'move', from: '/metadata/labels/added', path: '/metadata/labels/moved' },
        ]),
        patch(one, JSON_PATCH, [{ op: 'bogus', path: '/a' }]),
        patch(one, JSON_PATCH, { not: 'a list' }),
      ],
    },
    {
      name: 'patch as a dry run, of another version, of what is absent',
      steps: [
        make,
        patch(`${one}?dryRun=All`, MERGE_PATCH, label),
        patch(one, MERGE_PATCH, meta({ resourceVersion: '1', labels: { a: 'b' } })),
        patch(one, MERGE_PATCH, meta({ uid: '22222222-2222-4222-8222-222222222222' })),
        patch(one, MERGE_PATCH, meta({ name: 'other' })),
        patch(`${all}/absent`, MERGE_PATCH, label),
        patch(`${all}/absent`, STRATEGIC_PATCH, label),
        get(one),
      ],
    },
    {
      name: 'patch that is no patch',
      steps: [
        make,
        patch(one, MERGE_PATCH, '{"metadata":'),
        patch(one, STRATEGIC_PATCH, '[]'),
        patch(one, JSON_PATCH, ''),
        patch(one, 'application/json', label),
        patch(one, 'text/plain', label),
        patch(one, MERGE_PATCH, meta({ labels: 'x' })),
        patch(one, STRATEGIC_PATCH, meta({ labels: { a: 1 } })),
      ],
    },
    {
      name: 'patch with unknown fields',
      steps: [
        make,
        patch(one, MERGE_PATCH, { bogus: 1 }),
        patch(`${one}?fieldValidation=Strict`, MERGE_PATCH, meta({ bogus: 1 })),
        patch(`${one}?fieldValidation=Ignore`, STRATEGIC_PATCH, { bogus: 1 }),
        patch(`${one}?fieldValidation=Bogus`, MERGE_PATCH, { bogus: 1 }),
      ],
    },
  ]
}

function reads(object: DynamicObject, all: string, name: string): Case[] {
  const one = `${all}/${name}`
  const make = post(all, object)
  const own = `labelSelector=case%3D$id`
  return [
    {
      name: 'list',
      steps: [
        make,
        get(`${all}?${own}`),
        get(`${all}?${own}&fieldSelector=metadata.name%3D${name}`),
        get(`${all}?${own}&fieldSelector=metadata.name!%3D${name}`),
        get(`${all}?${own}&limit=1`),
        get(`${all}?labelSelector=case%3Dnone`),
      ],
    },
    {
      name: 'list what cannot be listed',
      steps: [
        get(`${all}?labelSelector=a%20b`),
        get(`${all}?fieldSelector=bogus.field%3Dx`),
        get(`${all}?fieldSelector=metadata.name`),
        get(`${all}?limit=x`),
        get(`${all}?continue=bogus`),
        get(`${all}?resourceVersion=bogus`),
        get(`${all}?resourceVersionMatch=Exact`),
        get(`${all}?resourceVersion=0&resourceVersionMatch=Bogus`),
        get(`${all}?watch=1&sendInitialEvents=true`),
      ],
    },
    {
      name: 'table and metadata only',
      steps: [
        make,
        get(one, TABLE),
        get(`${all}?${own}`, TABLE),
        get(`${all}?${own}&includeObject=None`, TABLE),
        get(one, METADATA),
        get(`${all}?${own}`, METADATA_LIST),
        get(one, 'text/csv'),
        get(one, 'application/json;as=Bogus;v=v1;g=meta.k8s.io'),
      ],
    },
  ]
}

function deletions(object: DynamicObject, all: string, name: string): Case[] {
  const one = `${all}/${name}`
  const make = post(all, object)
  const kept = post(all, { ...object, metadata: { ...object.metadata, finalizers: ['example.com/keep'] } })
  return [
    { name: 'delete', steps: [make, remove(one), get(one), remove(one)] },
    {
      name: 'delete as a dry run',
      steps: [
        make,
        remove(`${one}?dryRun=All`),
        get(one),
        remove(one, { dryRun: ['All'] }),
        remove(one, { dryRun: ['x'] }),
      ],
    },
    {
      name: 'delete with preconditions',
      steps: [
        make,
        remove(one, { preconditions: { uid: '22222222-2222-4222-8222-222222222222' } }),
        remove(one, { preconditions: { resourceVersion: '1' } }),
        remove(one, { propagationPolicy: 'Bogus' }),
        remove(one, { propagationPolicy: 'Orphan', orphanDependents: true }),
        remove(one, { gracePeriodSeconds: -5 }),
        get(one),
      ],
    },
    {
      name: 'delete in the foreground',
      steps: [
        make,
        remove(one, { propagationPolicy: 'Foreground' }),
        get(one),
        remove(one, { propagationPolicy: 'Background' }),
      ],
    },
    {
      name: 'delete and orphan',
      steps: [
        make,
        remove(`${one}?propagationPolicy=Orphan`),
        get(one),
        patch(one, MERGE_PATCH, meta({ finalizers: null })),
        get(one),
      ],
    },
    {
      name: 'delete what has finalizers',
      steps: [
        kept,
        remove(one),
        get(one),
        remove(one),
        patch(one, MERGE_PATCH, meta({ finalizers: ['example.com/keep', 'example.com/more'] })),
        patch(one, MERGE_PATCH, meta({ labels: { late: 'x' } })),
        patch(one, MERGE_PATCH, meta({ finalizers: null })),
        get(one),
      ],
    },
    {
      name: 'delete a collection',
      steps: [
        make,
        remove(`${all}?labelSelector=case%3D$id&dryRun=All`),
        get(one),
        remove(`${all}?labelSelector=case%3D$id`),
        get(one),
        remove(`${all}?labelSelector=a%20b`),
      ],
    },
  ]
}

function bodies(object: DynamicObject, all: string): Case[] {
  const text = JSON.stringify(object)
  const dry = `${all}?dryRun=All`
  return [
    {
      name: 'unknown and repeated fields',
      steps: [
        post(dry, { ...object, bogus: 1 }),
        post(`${dry}&fieldValidation=Strict`, {
          ...object,
          bogus: 1,
          metadata: { ...object.metadata, bogus: { a: 1 } },
        }),
        post(`${dry}&fieldValidation=Warn`, { ...object, bogus: 1 }),
        post(`${dry}&fieldValidation=Ignore`, { ...object, bogus: 1 }),
        post(`${dry}&fieldValidation=Bogus`, object),
        post(dry, `{"kind":"X",${text.slice(1)}`),
        post(`${dry}&fieldValidation=Strict`, `{"kind":"X",${text.slice(1)}`),
        post(dry, text.replace('"name"', '"NAME"')),
      ],
    },
    {
      name: 'bodies that cannot be read',
      steps: [
        post(dry, ''),
        post(dry, '{'),
        post(dry, '[]'),
        post(dry, 'null'),
        post(dry, '7'),
        post(dry, text.slice(0, -20)),
        post(dry, { ...object, kind: 'Other' }),
        post(dry, { ...object, apiVersion: 'bogus/v9' }),
        post(dry, { ...object, kind: undefined, apiVersion: undefined }),
        { ...post(dry, object), type: 'text/plain' },
        { ...post(dry, object), type: 'application/yaml' },
        { ...post(dry, 'a: [b'), type: 'application/yaml' },
        { ...post(dry, object), accept: 'application/yaml' },
        { ...post(dry, object), accept: 'text/html' },
      ],
    },
  ]
}

function doors(object: DynamicObject, status: unknown, all: string, name: string, subresources: string[]): Case[] {
  const one = `${all}/${name}`
  const make = post(all, object)
  const cases: Case[] = []
  if (subresources.includes('status')) {
    cases.push(
      { name: 'status: read', steps: [make, get(`${one}/status`), get(`${all}/absent/status`)] },
      {
        name: 'status: put',
        steps: [
          make,
          put(`${one}/status`, 0, { status, metadata: { labels: { through: 'status' } } }),
          get(one),
          put(one, 2, { status: null }),
        ],
      },
      { name: 'status: nothing else is written', steps: [make, put(`${one}/status`, 0, { spec: null, status })] },
      {
        name: 'status: not through the main door',
        steps: [make, put(one, 0, { status }), patch(one, MERGE_PATCH, { status })],
      },
      {
        name: 'status: patch',
        steps: [
          make,
          patch(`${one}/status`, MERGE_PATCH, { status }),
          patch(`${one}/status`, STRATEGIC_PATCH, { status }),
          patch(`${one}/status`, MERGE_PATCH, { status: null }),
          patch(`${one}/status`, JSON_PATCH, [{ op: 'test', path: '/kind', value: 'x' }]),
        ],
      },
      {
        name: 'status: stale, absent, deleted',
        steps: [
          make,
          patch(one, MERGE_PATCH, meta({ labels: { a: 'b' } })),
          put(`${one}/status`, 0, { status }),
          { method: 'PUT', path: `${all}/absent/status`, body: { ...object, metadata: { name: 'absent' } } },
          remove(`${one}/status`),
        ],
      },
    )
  } else cases.push({ name: 'status: there is none', steps: [make, get(`${one}/status`), put(`${one}/status`, 0)] })
  if (subresources.includes('scale')) {
    const scale = (replicas: unknown) => ({ spec: { replicas } })
    cases.push(
      {
        name: 'scale: read',
        steps: [make, get(`${one}/scale`), get(`${all}/absent/scale`), get(`${one}/scale`, TABLE)],
      },
      {
        name: 'scale: put',
        steps: [
          make,
          get(`${one}/scale`),
          put(`${one}/scale`, 1, scale(7)),
          put(`${one}/scale`, 1, scale(8)),
          get(one),
        ],
      },
      {
        name: 'scale: patch',
        steps: [
          make,
          patch(`${one}/scale`, MERGE_PATCH, scale(5)),
          patch(`${one}/scale`, MERGE_PATCH, scale(-1)),
          patch(`${one}/scale`, MERGE_PATCH, scale('x')),
          patch(`${one}/scale`, STRATEGIC_PATCH, scale(0)),
          patch(`${one}/scale`, JSON_PATCH, [{ op: 'replace', path: '/spec/replicas', value: 2 }]),
        ],
      },
      {
        name: 'scale: dry run and bad bodies',
        steps: [
          make,
          get(`${one}/scale`),
          put(`${one}/scale?dryRun=All`, 1, scale(9)),
          put(`${one}/scale`, 1, { kind: 'Other' }),
          put(`${one}/scale`, 1, { metadata: { name: 'other' } }),
          get(one),
        ],
      },
    )
  }
  cases.push({
    name: 'a door that is not there',
    steps: [
      make,
      get(`${one}/bogus`),
      post(`${one}/bogus`, {}),
      post(one, object),
      { method: 'PUT', path: all, body: object },
      patch(all, MERGE_PATCH, {}),
    ],
  })
  return cases
}
