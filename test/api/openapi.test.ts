import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { encodeV2 } from '../../src/api/openapi/protobuf-v2.ts'
import { encodeV3 } from '../../src/api/openapi/protobuf-v3.ts'
import type { ServedResource } from '../../src/api/source.ts'
import { loadFacts } from '../../src/apimachinery/schema/load-facts.ts'
import { askDocuments, factsSource } from '../support/documents.ts'
import { canonical, fingerprint, inlineParameters } from '../support/openapi.ts'

type Json = ReturnType<typeof JSON.parse>

// Of a kube-apiserver 1.37.0 with default flags: fingerprints of canonical forms. Left out are the ten defaults of DEVIATION(openapi-zero-defaults).
const golden = (name: string): Json =>
  JSON.parse(readFileSync(new URL(`../golden/openapi/${name}.json`, import.meta.url), 'utf8'))
const recorded = golden('fingerprints')

const fingerprints = (members: Json): Record<string, string> =>
  Object.fromEntries(Object.entries(members).map(([name, member]) => [name, fingerprint(member)]))

describe('OpenAPI v2', () => {
  const document = JSON.parse(askDocuments()('/openapi/v2').body.toString())

  test('has the definitions of kube-apiserver, but for descriptions', () => {
    expect(fingerprints(document.definitions)).toEqual(recorded.definitions)
  })

  test('has the paths, operations and parameters of kube-apiserver', () => {
    expect(fingerprints(inlineParameters(document))).toEqual(recorded.paths)
  })

  test('has the same head', () => {
    const { swagger, info, securityDefinitions, security } = document
    expect(canonical({ swagger, info, securityDefinitions, security })).toEqual(canonical(recorded.rest))
  })

  test('keeps the parameters that old kubectl looks for where they are used', () => {
    const { parameters } = document.paths['/api/v1/namespaces/{namespace}/pods/{name}'].patch
    expect(parameters.map((parameter: Json) => parameter.name)).toEqual(
      expect.arrayContaining(['dryRun', 'fieldValidation']),
    )
    expect(Object.keys(document.parameters).filter((name) => /^(dryRun|fieldValidation|name)-/.test(name))).toEqual([])
  })
})

describe('OpenAPI v3', () => {
  const ask = askDocuments()
  const index = JSON.parse(ask('/openapi/v3').body.toString())

  test('lists the documents of kube-apiserver', () => {
    expect(Object.keys(index.paths)).toEqual(Object.keys(recorded.v3).sort())
  })

  test.each(Object.keys(recorded.v3))('%s is that of kube-apiserver, but for descriptions', (name) => {
    const { paths, components, ...rest } = JSON.parse(ask(index.paths[name].serverRelativeURL).body.toString())
    const { schemas, securitySchemes } = components
    expect({
      schemas: fingerprint(schemas ?? null),
      paths: fingerprint(paths),
      rest: fingerprint({ ...rest, securitySchemes }),
    }).toEqual(recorded.v3[name])
  })

  test('a document asked for by its hash may be kept, and is not sent again', () => {
    const url = index.paths['apis/apps/v1'].serverRelativeURL
    const answer = ask(url)
    expect(answer.headers).toMatchObject({ 'cache-control': 'public, immutable', vary: 'Accept' })
    expect(url).toContain(answer.headers.etag.replaceAll('"', ''))
    const again = ask(url, { 'if-none-match': answer.headers.etag })
    expect(again).toMatchObject({ status: 304, body: Buffer.alloc(0) })
  })

  test('a document asked for by an old hash is found at its new address', () => {
    const answer = ask('/openapi/v3/apis/apps/v1?hash=0123')
    expect(answer.status).toBe(301)
    expect(answer.headers.location).toBe(index.paths['apis/apps/v1'].serverRelativeURL)
  })
})

const CUSTOM_VERBS = ['delete', 'deletecollection', 'get', 'list', 'patch', 'create', 'update', 'watch']
const SPEC = {
  type: 'object',
  required: ['size'],
  properties: {
    size: { type: 'integer', format: 'int32', minimum: 1, default: 3 },
    replicas: { type: 'integer' },
    ports: {
      type: 'array',
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['name'],
      items: {
        type: 'object',
        required: ['name'],
        properties: {
          name: { type: 'string' },
          x: { 'x-kubernetes-int-or-string': true },
          any: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
        },
      },
    },
    nul: { type: 'string', nullable: true, enum: ['a', 'b'] },
    m: { type: 'object', additionalProperties: { type: 'string' } },
  },
}
const STATUS = { type: 'object', properties: { replicas: { type: 'integer' } } }

function custom(more: Partial<ServedResource>): ServedResource {
  return {
    group: 'example.com',
    version: 'v1',
    resource: 'widgets',
    singular: 'widget',
    kind: 'Widget',
    namespaced: true,
    verbs: CUSTOM_VERBS,
    type: '',
    custom: { listKind: 'WidgetList' },
    ...more,
  }
}

const CUSTOM: ServedResource[] = [
  custom({
    subresources: [
      { name: 'status', verbs: ['get', 'patch', 'update'] },
      {
        name: 'scale',
        verbs: ['get', 'patch', 'update'],
        kind: { group: 'autoscaling', version: 'v1', kind: 'Scale' },
      },
    ],
    custom: { listKind: 'WidgetList', schema: { type: 'object', properties: { spec: SPEC, status: STATUS } } },
  }),
  custom({
    version: 'v1alpha1',
    custom: { listKind: 'WidgetList', schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
  }),
  custom({
    resource: 'gadgets',
    singular: 'gadget',
    kind: 'Gadget',
    namespaced: false,
    custom: { listKind: 'GadgetList', schema: { type: 'object' } },
  }),
]

describe('OpenAPI of custom resources', () => {
  const facts = loadFacts()
  const versions = ['v1', 'v1alpha1'].map((version) => ({ version, priority: 100 }))
  const groups = [...facts.groups, { name: 'example.com', priority: 1000, versions }]
  const ask = askDocuments({ source: factsSource({ groups, resources: [...facts.resources, ...CUSTOM] }) })
  const real = golden('custom-resources')
  const ofExample = (members: Json): Json =>
    Object.fromEntries(Object.entries(members).filter(([name]) => /com\.example|example\.com/.test(name)))

  test('v2 has the definitions and paths of kube-apiserver', () => {
    const document = JSON.parse(ask('/openapi/v2').body.toString())
    expect(canonical(ofExample(document.definitions))).toEqual(real.v2.definitions)
    expect(fingerprints(ofExample(inlineParameters(document)))).toEqual(real.v2.paths)
  })

  test.each(['v1', 'v1alpha1'])('v3 of %s has the schemas and paths of kube-apiserver', (version) => {
    const { components, paths } = JSON.parse(ask(`/openapi/v3/apis/example.com/${version}`).body.toString())
    expect(Object.keys(components.schemas)).toEqual(real.v3[version].names)
    expect(canonical(ofExample(components.schemas))).toEqual(real.v3[version].schemas)
    expect(fingerprint(paths)).toEqual(real.v3[version].paths)
  })

  test('descriptions of the definition are given', () => {
    const schema = {
      type: 'object',
      description: 'A thing',
      properties: { spec: { type: 'object', description: 'Wanted' } },
    }
    const resources = [custom({ custom: { listKind: 'WidgetList', schema } })]
    const described = askDocuments({ source: factsSource({ groups, resources }) })
    const { definitions } = JSON.parse(described('/openapi/v2').body.toString())
    expect(definitions['com.example.v1.Widget'].description).toBe('A thing')
    expect(definitions['com.example.v1.Widget'].properties.spec.description).toBe('Wanted')
  })
})

describe('OpenAPI as protobuf', () => {
  // Small documents, and what gnostic's own encoder makes of them.
  const { v2, v3 } = golden('protobuf')

  test('v2 is written as gnostic writes it', () => {
    expect(encodeV2(v2.document).toString('base64')).toBe(v2.base64)
  })

  test('v3 is written as gnostic writes it', () => {
    expect(encodeV3(v3.document).toString('base64')).toBe(v3.base64)
  })

  test.each(['/openapi/v2', '/openapi/v3/apis/apps/v1'])(
    '%s is answered under the name of the format and the same ETag',
    (path) => {
      const ask = askDocuments()
      const form = path.slice(9, 11)
      const answer = ask(path, { accept: `application/com.github.proto-openapi.spec.${form}@v1.0+protobuf` })
      expect(answer.headers['content-type']).toBe(`application/com.github.proto-openapi.spec.${form}.v1.0+protobuf`)
      expect(answer.headers.etag).toBe(ask(path).headers.etag)
      expect(answer.body.length).toBeGreaterThan(50_000)
    },
  )
})
