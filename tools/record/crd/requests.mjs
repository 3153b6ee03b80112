// Requests about CustomResourceDefinitions and custom resources whose answers are recorded from a real API server (record.mjs).

const clone = (value) => structuredClone(value)

/** Sets (or, with undefined, removes) the value at a path of keys. */
function set(object, path, value) {
  const keys = path.split('/')
  const last = keys.pop()
  let at = object
  for (const key of keys) at = at[key] ??= {}
  if (value === undefined) delete at[last]
  else at[last] = value
  return object
}

export const widget = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'widgets.example.com' },
  spec: {
    group: 'example.com',
    scope: 'Namespaced',
    names: { plural: 'widgets', kind: 'Widget', shortNames: ['wd'], categories: ['all'] },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        subresources: {
          status: {},
          scale: {
            specReplicasPath: '.spec.replicas',
            statusReplicasPath: '.status.replicas',
            labelSelectorPath: '.status.selector',
          },
        },
        additionalPrinterColumns: [
          { name: 'Replicas', type: 'integer', jsonPath: '.spec.replicas' },
          { name: 'Color', type: 'string', jsonPath: '.spec.color', description: 'its color' },
          { name: 'Ready', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].status' },
          { name: 'Ratio', type: 'number', jsonPath: '.spec.ratio', priority: 1 },
          { name: 'On', type: 'boolean', jsonPath: '.spec.on', priority: 1 },
          { name: 'When', type: 'date', jsonPath: '.spec.when', priority: 1 },
          { name: 'Tags', type: 'string', jsonPath: '.spec.tags', priority: 1 },
          { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
        ],
        selectableFields: [{ jsonPath: '.spec.color' }, { jsonPath: '.spec.replicas' }],
        schema: {
          openAPIV3Schema: {
            type: 'object',
            required: ['spec'],
            properties: {
              spec: {
                type: 'object',
                required: ['color'],
                properties: {
                  color: { type: 'string', enum: ['red', 'green', 'blue'] },
                  replicas: { type: 'integer', minimum: 0, maximum: 10, default: 1 },
                  small: { type: 'integer', format: 'int32', multipleOf: 2 },
                  ratio: { type: 'number', minimum: 0, exclusiveMinimum: true, maximum: 1.5 },
                  on: { type: 'boolean' },
                  name: { type: 'string', minLength: 2, maxLength: 5, pattern: '^[a-z]+$' },
                  when: { type: 'string', format: 'date-time' },
                  day: { type: 'string', format: 'date' },
                  address: { type: 'string', format: 'ipv4' },
                  mail: { type: 'string', format: 'email' },
                  link: { type: 'string', format: 'uri' },
                  id: { type: 'string', format: 'uuid' },
                  data: { type: 'string', format: 'byte' },
                  length: { type: 'string', format: 'duration' },
                  host: { type: 'string', format: 'hostname' },
                  tags: {
                    type: 'array',
                    minItems: 1,
                    maxItems: 3,
                    'x-kubernetes-list-type': 'set',
                    items: { type: 'string' },
                  },
                  ports: {
                    type: 'array',
                    'x-kubernetes-list-type': 'map',
                    'x-kubernetes-list-map-keys': ['port', 'protocol'],
                    items: {
                      type: 'object',
                      required: ['port'],
                      properties: {
                        port: { type: 'integer' },
                        protocol: { type: 'string', default: 'TCP' },
                        note: { type: 'string' },
                      },
                    },
                  },
                  named: {
                    type: 'array',
                    'x-kubernetes-list-type': 'map',
                    'x-kubernetes-list-map-keys': ['name'],
                    items: { type: 'object', required: ['name'], properties: { name: { type: 'string' } } },
                  },
                  labels: {
                    type: 'object',
                    additionalProperties: { type: 'string' },
                    minProperties: 1,
                    maxProperties: 2,
                  },
                  limit: { 'x-kubernetes-int-or-string': true },
                  maybe: { type: 'string', nullable: true },
                  never: { type: 'string' },
                  free: {
                    type: 'object',
                    'x-kubernetes-preserve-unknown-fields': true,
                    properties: { known: { type: 'object', properties: { a: { type: 'string' } } } },
                  },
                  template: {
                    type: 'object',
                    'x-kubernetes-embedded-resource': true,
                    'x-kubernetes-preserve-unknown-fields': true,
                  },
                  nested: {
                    type: 'object',
                    default: {},
                    properties: {
                      mode: { type: 'string', default: 'fast' },
                      deep: { type: 'object', properties: { level: { type: 'integer', default: 3 } } },
                    },
                  },
                  one: {
                    type: 'object',
                    properties: { a: { type: 'string' }, b: { type: 'string' } },
                    oneOf: [{ required: ['a'] }, { required: ['b'] }],
                  },
                  any: {
                    type: 'object',
                    properties: { a: { type: 'integer' }, b: { type: 'integer' } },
                    anyOf: [{ properties: { a: { minimum: 5 } }, required: ['a'] }, { required: ['b'] }],
                  },
                  both: { type: 'string', allOf: [{ minLength: 3 }, { pattern: '^x' }] },
                  not: { type: 'string', not: { enum: ['bad'] } },
                },
              },
              status: {
                type: 'object',
                properties: {
                  replicas: { type: 'integer' },
                  selector: { type: 'string' },
                  phase: { type: 'string', enum: ['Up', 'Down'] },
                  conditions: {
                    type: 'array',
                    items: { type: 'object', properties: { type: { type: 'string' }, status: { type: 'string' } } },
                  },
                },
              },
            },
          },
        },
      },
    ],
  },
}

export const gadget = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'gadgets.example.com' },
  spec: {
    group: 'example.com',
    scope: 'Cluster',
    names: { plural: 'gadgets', singular: 'gadget', kind: 'Gadget', listKind: 'GadgetList' },
    versions: ['v1', 'v1beta1', 'v1alpha1'].map((name) => ({
      name,
      served: name !== 'v1alpha1',
      storage: name === 'v1',
      ...(name === 'v1beta1' ? { deprecated: true } : {}),
      schema: {
        openAPIV3Schema: {
          type: 'object',
          properties: {
            spec: {
              type: 'object',
              properties: {
                size: { type: 'integer', ...(name === 'v1' ? { default: 7 } : {}) },
                ...(name === 'v1' ? { color: { type: 'string' } } : {}),
              },
            },
          },
        },
      },
    })),
  },
}

const CRDS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'
const WIDGETS = '/apis/example.com/v1/namespaces/default/widgets'
const GADGETS = '/apis/example.com/v1/gadgets'

const simple = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'things.example.org' },
  spec: {
    group: 'example.org',
    scope: 'Namespaced',
    names: { plural: 'things', kind: 'Thing' },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        schema: {
          openAPIV3Schema: {
            type: 'object',
            properties: { spec: { type: 'object', properties: { a: { type: 'string' } } } },
          },
        },
      },
    ],
  },
}

/** name -> path in the definition and the value put there. */
const ROOT = 'spec/versions/0/schema/openAPIV3Schema'
const A = `${ROOT}/properties/spec/properties/a`
const definitionChanges = {
  'a valid definition': {},
  'no group': { 'spec/group': undefined },
  'a group without a dot': { 'spec/group': 'example', 'metadata/name': 'things.example' },
  'a name that is not plural and group': { 'metadata/name': 'things.example.net' },
  'no scope': { 'spec/scope': undefined },
  'a scope that is none': { 'spec/scope': 'Global' },
  'no names': { 'spec/names': {} },
  'an upper-case plural': { 'spec/names/plural': 'Things', 'metadata/name': 'Things.example.org' },
  'a kind with a dash at its end': { 'spec/names/kind': 'Thing-' },
  'a list kind like the kind': { 'spec/names/listKind': 'Thing' },
  'a bad short name': { 'spec/names/shortNames': ['t.h', 'Th'] },
  'a bad category': { 'spec/names/categories': ['All'] },
  'no versions': { 'spec/versions': [] },
  'no schema': { 'spec/versions/0/schema': undefined },
  'no storage version': { 'spec/versions/0/storage': false },
  'a bad version name': { 'spec/versions/0/name': 'V1' },
  preserveUnknownFields: { 'spec/preserveUnknownFields': true },
  'a conversion strategy that is none': { 'spec/conversion': { strategy: 'Magic' } },
  'a protected group': { 'spec/group': 'example.k8s.io', 'metadata/name': 'things.example.k8s.io' },
  'a protected group, badly approved': {
    'spec/group': 'example.k8s.io',
    'metadata/name': 'things.example.k8s.io',
    'metadata/annotations': { 'api-approved.kubernetes.io': 'yes' },
  },
  'a protected group, approved': {
    'spec/group': 'example.k8s.io',
    'metadata/name': 'things.example.k8s.io',
    'metadata/annotations': { 'api-approved.kubernetes.io': 'https://github.com/x/y' },
  },
  'a root without a type': { [`${ROOT}/type`]: undefined },
  'a root of another type': { [`${ROOT}/type`]: 'string' },
  'a nullable root': { [`${ROOT}/nullable`]: true },
  'a field without a type': { [A]: {} },
  'a field of an unknown type': { [`${A}/type`]: 'text' },
  'a field of type null': { [`${A}/type`]: 'null' },
  'a list without items': { [A]: { type: 'array' } },
  'a list with items without a type': { [A]: { type: 'array', items: {} } },
  'a list with a tuple': { [A]: { type: 'array', items: [{ type: 'string' }] } },
  'properties and additionalProperties': {
    [A]: { type: 'object', properties: { b: { type: 'string' } }, additionalProperties: { type: 'string' } },
  },
  'additionalProperties at the root': { [`${ROOT}/additionalProperties`]: { type: 'string' } },
  'a bad pattern': { [A]: { type: 'string', pattern: '(' } },
  'a pattern with lookahead': { [A]: { type: 'string', pattern: '(?=x)y' } },
  uniqueItems: { [A]: { type: 'array', uniqueItems: true, items: { type: 'string' } } },
  'a reference': { [A]: { type: 'string', $ref: '#/x' } },
  'a type in anyOf': { [A]: { type: 'string', anyOf: [{ type: 'string' }] } },
  'a description in not': { [A]: { type: 'string', not: { description: 'x' } } },
  'a default in allOf': { [A]: { type: 'string', allOf: [{ default: 'x' }] } },
  'a field that only logic knows': {
    [A]: { type: 'object', properties: { b: { type: 'string' } }, oneOf: [{ properties: { c: { minLength: 1 } } }] },
  },
  'int-or-string with its types': {
    [A]: { 'x-kubernetes-int-or-string': true, anyOf: [{ type: 'integer' }, { type: 'string' }] },
  },
  'int-or-string that preserves': {
    [A]: { 'x-kubernetes-int-or-string': true, 'x-kubernetes-preserve-unknown-fields': true },
  },
  'an embedded resource of no type': { [A]: { 'x-kubernetes-embedded-resource': true } },
  'an embedded resource without fields': { [A]: { type: 'object', 'x-kubernetes-embedded-resource': true } },
  'preserve-unknown-fields: false': { [A]: { type: 'object', 'x-kubernetes-preserve-unknown-fields': false } },
  'metadata that says more than names': {
    [`${ROOT}/properties/metadata`]: { type: 'object', properties: { labels: { type: 'object' } } },
  },
  'metadata that restricts the name': {
    [`${ROOT}/properties/metadata`]: { type: 'object', properties: { name: { type: 'string', maxLength: 3 } } },
  },
  'kind that is no string': { [`${ROOT}/properties/kind`]: { type: 'integer' } },
  'a list type that is none': { [A]: { type: 'array', items: { type: 'string' }, 'x-kubernetes-list-type': 'bag' } },
  'a list type of a string': { [A]: { type: 'string', 'x-kubernetes-list-type': 'set' } },
  'a list map without keys': { [A]: { type: 'array', items: { type: 'object' }, 'x-kubernetes-list-type': 'map' } },
  'a list map with a key that is no property': {
    [A]: {
      type: 'array',
      items: { type: 'object', properties: { b: { type: 'string' } } },
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['c'],
    },
  },
  'a list map with an optional key': {
    [A]: {
      type: 'array',
      items: { type: 'object', properties: { b: { type: 'string' } } },
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['b'],
    },
  },
  'a list map of scalars': {
    [A]: {
      type: 'array',
      items: { type: 'string' },
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['b'],
    },
  },
  'keys without a list map': { [A]: { type: 'array', items: { type: 'object' }, 'x-kubernetes-list-map-keys': ['b'] } },
  'a set of objects': { [A]: { type: 'array', items: { type: 'object' }, 'x-kubernetes-list-type': 'set' } },
  'a set of atomic objects': {
    [A]: {
      type: 'array',
      items: { type: 'object', 'x-kubernetes-map-type': 'atomic' },
      'x-kubernetes-list-type': 'set',
    },
  },
  'a map type of a list': { [A]: { type: 'array', items: { type: 'string' }, 'x-kubernetes-map-type': 'atomic' } },
  'a map type that is none': { [A]: { type: 'object', 'x-kubernetes-map-type': 'deep' } },
  'a default of another type': { [A]: { type: 'integer', default: 'x' } },
  'a default with unknown fields': { [A]: { type: 'object', default: { b: 1 } } },
  'a default in metadata': { [`${ROOT}/properties/metadata`]: { type: 'object', default: {} } },
  'an unknown format': { [A]: { type: 'string', format: 'moon-phase' } },
  'a status door with logic at the root': {
    'spec/versions/0/subresources': { status: {} },
    [`${ROOT}/oneOf`]: [{ required: ['spec'] }],
  },
  'scale without paths': { 'spec/versions/0/subresources': { scale: {} } },
  'scale with paths elsewhere': {
    'spec/versions/0/subresources': {
      scale: { specReplicasPath: 'spec.replicas', statusReplicasPath: '.spec.replicas', labelSelectorPath: '.x' },
    },
  },
  'a column without anything': { 'spec/versions/0/additionalPrinterColumns': [{}] },
  'a bad column': {
    'spec/versions/0/additionalPrinterColumns': [{ name: 'A', type: 'text', format: 'x', jsonPath: 'spec.a' }],
  },
  'selectable fields of all kinds': {
    'spec/versions/0/selectableFields': [
      { jsonPath: '.spec.a' },
      { jsonPath: '.spec.b' },
      { jsonPath: '.spec' },
      { jsonPath: '.spec.a' },
      { jsonPath: '.spec.a[0]' },
    ],
  },
  'a deprecation warning of a version that is not': { 'spec/versions/0/deprecationWarning': 'old' },
  'an empty deprecation warning': { 'spec/versions/0/deprecated': true, 'spec/versions/0/deprecationWarning': '' },
  'a rule without a text': { [A]: { type: 'string', 'x-kubernetes-validations': [{ rule: ' ' }] } },
}

function two(change) {
  const crd = clone(simple)
  crd.spec.versions.push({ ...clone(crd.spec.versions[0]), name: 'v2', storage: false })
  change(crd)
  return crd
}

const definitions = [
  ...Object.entries(definitionChanges).map(([name, changes]) => {
    const crd = clone(simple)
    for (const [path, value] of Object.entries(changes)) set(crd, path, clone(value))
    return [name, crd]
  }),
  [
    'two versions with a bad schema each',
    two((crd) => {
      set(crd, A, {})
      set(crd, `${ROOT.replace('0', '1')}/properties/spec/properties/a`, { type: 'text' })
    }),
  ],
  [
    'the same version twice',
    two((crd) => {
      crd.spec.versions[1].name = 'v1'
    }),
  ],
  [
    'two storage versions',
    two((crd) => {
      crd.spec.versions[1].storage = true
    }),
  ],
].map(([name, body]) => ({ name, method: 'POST', path: `${CRDS}?dryRun=All`, body }))

const object = (spec, more = {}) => ({
  apiVersion: 'example.com/v1',
  kind: 'Widget',
  metadata: { name: 'w' },
  spec: { color: 'red', ...spec },
  ...more,
})

const specs = {
  'the least': {},
  everything: {
    replicas: 2,
    small: 4,
    ratio: 0.5,
    on: true,
    name: 'abc',
    when: '2024-01-02T03:04:05Z',
    tags: ['a', 'b'],
    ports: [{ port: 1 }],
    labels: { a: 'b' },
    limit: '50%',
    maybe: null,
    free: { x: [1, { y: null }], known: { a: 'b', c: 'd' } },
    template: { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p', labels: { a: 'b' } }, spec: { x: 1 } },
    nested: { deep: {} },
  },
  'a color that is none': { color: 'pink' },
  'a color of another type': { color: 5 },
  'a null color': { color: null },
  'replicas as text': { replicas: 'two' },
  'replicas as text of a number': { replicas: '2' },
  'replicas as a fraction': { replicas: 1.5 },
  'replicas below': { replicas: -1 },
  'replicas above': { replicas: 11 },
  'null replicas': { replicas: null },
  'an int32 beyond': { small: 3000000000 },
  'an odd number': { small: 3 },
  'a ratio of zero': { ratio: 0 },
  'a ratio above': { ratio: 1.75 },
  'a ratio as text': { ratio: '1' },
  'on as text': { on: 'true' },
  'a short name': { name: 'a' },
  'a long name': { name: 'abcdef' },
  'a name with digits': { name: 'a1b' },
  'a time that is none': { when: 'noon' },
  'a day that is none': { day: '2024-02-30' },
  'an address that is none': { address: '1.2.3' },
  'a mail address that is none': { mail: 'nobody' },
  'a link that is none': { link: 'no link' },
  'an id that is none': { id: '123' },
  'data that is none': { data: '!!' },
  'a length that is none': { length: 'long' },
  'a length in words': { length: '3 days' },
  'a host that is none': { host: '-x-' },
  'a format for a number': { day: 5 },
  'no tags': { tags: [] },
  'too many tags': { tags: ['a', 'b', 'c', 'd'] },
  'a tag twice': { tags: ['a', 'b', 'a'] },
  'tags as text': { tags: 'a' },
  'a tag of another type': { tags: ['a', 1] },
  'null in tags': { tags: ['a', null] },
  'a port without its number': { ports: [{ protocol: 'UDP' }] },
  'a port twice': { ports: [{ port: 1 }, { port: 1, protocol: 'TCP' }, { port: 1, protocol: 'UDP' }] },
  'a named item twice': { named: [{ name: 'a' }, { name: 'b' }, { name: 'a' }] },
  'a port that is no object': { ports: [1] },
  'no labels in labels': { labels: {} },
  'too many labels': { labels: { a: 'b', c: 'd', e: 'f' } },
  'a label of another type': { labels: { a: 1 } },
  'a limit of neither type': { limit: true },
  'a limit as a number': { limit: 5 },
  'null that is not allowed': { never: null },
  'an embedded resource without a kind': { template: { apiVersion: 'v1' } },
  'an embedded resource with bad metadata': {
    template: { apiVersion: 'v1', kind: 'Pod', metadata: { labels: { 'a b': 'c' } } },
  },
  'an embedded resource with metadata of a wrong type': {
    template: { apiVersion: 'v1', kind: 'Pod', metadata: { labels: 'x' } },
  },
  'one of two': { one: { a: 'x' } },
  'none of two': { one: {} },
  'both of one': { one: { a: 'x', b: 'y' } },
  'neither of any': { any: { a: 1 } },
  any: { any: { b: 1 } },
  'all fail': { both: 'y' },
  'one of all fails': { both: 'yyy' },
  not: { not: 'bad' },
  'many mistakes': { replicas: 'x', name: 'ABCDEFG', tags: [1], color: 'none' },
  'a nested default': { nested: { deep: {} } },
  'a nested object of a wrong type': { nested: 'x' },
  'a spec with unknown fields': { unknown: 1, nested: { other: true }, ports: [{ port: 1, extra: 'x' }] },
}

const create = (name, body, query = 'dryRun=All') => ({ name, method: 'POST', path: `${WIDGETS}?${query}`, body })

const resources = [
  ...Object.entries(specs).map(([name, spec]) => create(name, object(spec))),
  create('no spec', { ...object(), spec: undefined }),
  create('a spec that is a text', { ...object(), spec: 'x' }),
  create('a status that is dropped', object({}, { status: { replicas: 1 } })),
  create('unknown fields at the root', object({}, { extra: 1 })),
  create(
    'unknown fields, strict',
    object({ unknown: 1, nested: { other: 1 } }, { extra: 1, metadata: { name: 'w', foo: 1 } }),
    'dryRun=All&fieldValidation=Strict',
  ),
  create(
    'unknown fields, warned of',
    object({ unknown: 1, ports: [{ port: 1, extra: 'x' }] }, { extra: 1 }),
    'dryRun=All&fieldValidation=Warn',
  ),
  create('unknown fields, ignored', object({ unknown: 1 }), 'dryRun=All&fieldValidation=Ignore'),
  {
    ...create('duplicate fields, strict', undefined, 'dryRun=All&fieldValidation=Strict'),
    text: '{"apiVersion":"example.com/v1","kind":"Widget","metadata":{"name":"w"},"spec":{"color":"red","color":"blue"}}',
  },
  create('metadata of a wrong type', { ...object(), metadata: { name: 'w', labels: 'x' } }),
  create('labels of a wrong type', { ...object(), metadata: { name: 'w', labels: { a: 1 } } }),
  create('a bad name', { ...object(), metadata: { name: 'W_' } }),
  create('no name', { ...object(), metadata: {} }),
  create('a finalizer without a domain', { ...object(), metadata: { name: 'w', finalizers: ['mine', 'example.com'] } }),
  create('another kind', { ...object(), kind: 'Gizmo' }),
  create('another version', { ...object(), apiVersion: 'example.com/v2' }),
  create('another group', { ...object(), apiVersion: 'v1', kind: 'ConfigMap' }),
  create('no kind', { ...object(), kind: undefined }),
  create('no apiVersion', { ...object(), apiVersion: undefined }),
  create('a list', []),
  create('a namespace that does not match', { ...object(), metadata: { name: 'w', namespace: 'other' } }),
  { ...create('a body that is no JSON'), text: '{' },
  { ...create('an empty body'), text: '' },
]

const merge = 'application/merge-patch+json'
const jsonPatch = 'application/json-patch+json'
const one = `${WIDGETS}/one`
const table = 'application/json;as=Table;v=v1;g=meta.k8s.io'
const patch = (name, body, type = merge, path = one) => ({ name, method: 'PATCH', path, type, body })
const get = (name, path, accept) => ({ name, method: 'GET', path, accept })

/** Played in order on one server. */
const life = [
  get('the definition', `${CRDS}/widgets.example.com`),
  get('the definition as a table', `${CRDS}/widgets.example.com`, table),
  get('discovery of the group', '/apis/example.com'),
  get('discovery of the version', '/apis/example.com/v1'),
  get('discovery of the old version', '/apis/example.com/v1beta1'),
  get('discovery of a version that is not served', '/apis/example.com/v1alpha1'),
  get('an empty list', WIDGETS),
  create(
    'create',
    object(
      { replicas: 2, tags: ['x', 'y'], when: '2020-01-01T00:00:00Z' },
      { metadata: { name: 'one', labels: { a: 'b' } } },
    ),
    '',
  ),
  create('create again', object({}, { metadata: { name: 'one' } }), ''),
  create('create another', object({ color: 'blue', ratio: 0.5, on: true }, { metadata: { name: 'two' } }), ''),
  get('get', one),
  get('list', WIDGETS),
  get('list in all namespaces', '/apis/example.com/v1/widgets'),
  get('list by a label', `${WIDGETS}?labelSelector=a%3Db`),
  get('list by a selectable field', `${WIDGETS}?fieldSelector=spec.color%3Dblue`),
  get('list by a number', `${WIDGETS}?fieldSelector=spec.replicas%3D2`),
  get('list by another field', `${WIDGETS}?fieldSelector=spec.name%3Dx`),
  get('list by name', `${WIDGETS}?fieldSelector=metadata.name%3Dtwo`),
  get('list as a table', WIDGETS, table),
  get('get as partial metadata', one, 'application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io'),
  get('list as partial metadata', WIDGETS, 'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io'),
  get('protobuf only', one, 'application/vnd.kubernetes.protobuf'),
  get('what is not there', `${WIDGETS}/nope`),
  get('a door that is not there', `${one}/log`),
  patch('merge patch', { spec: { replicas: 3, maybe: 'x' } }),
  patch('merge patch that removes', { spec: { maybe: null } }),
  patch('merge patch that changes nothing', { spec: { replicas: 3 } }),
  patch('merge patch that is invalid', { spec: { replicas: 'x' } }),
  patch('merge patch with an unknown field, strict', { spec: { nope: 1 } }, merge, `${one}?fieldValidation=Strict`),
  patch('merge patch with an unknown field, warned of', { spec: { nope: 1 } }, merge, `${one}?fieldValidation=Warn`),
  patch('merge patch of status through the main door', { status: { phase: 'Up' } }),
  patch('JSON patch', [{ op: 'replace', path: '/spec/replicas', value: 4 }], jsonPatch),
  patch('JSON patch with a test that fails', [{ op: 'test', path: '/spec/replicas', value: 5 }], jsonPatch),
  patch('strategic merge patch', { spec: { replicas: 5 } }, 'application/strategic-merge-patch+json'),
  patch(
    'merge patch of status',
    {
      status: {
        phase: 'Up',
        replicas: 4,
        selector: 'a=b',
        conditions: [
          { type: 'Other', status: 'x' },
          { type: 'Ready', status: 'True' },
        ],
      },
      spec: { replicas: 9 },
      metadata: { labels: { c: 'd' } },
    },
    merge,
    `${one}/status`,
  ),
  patch('merge patch of status that is invalid', { status: { phase: 'Sideways' } }, merge, `${one}/status`),
  patch('merge patch of what is not there', { spec: {} }, merge, `${WIDGETS}/nope`),
  get('status', `${one}/status`),
  get('scale', `${one}/scale`),
  patch('scale', { spec: { replicas: 6 } }, merge, `${one}/scale`),
  patch('scale above', { spec: { replicas: 60 } }, merge, `${one}/scale`),
  patch('scale below', { spec: { replicas: -1 } }, merge, `${one}/scale`),
  get('after scaling', one),
  get('the table at the end', WIDGETS, table),
  { name: 'PUT without resourceVersion', method: 'PUT', path: one, body: object({}, { metadata: { name: 'one' } }) },
  {
    name: 'PUT of what is not there',
    method: 'PUT',
    path: `${WIDGETS}/nope`,
    body: object({}, { metadata: { name: 'nope', resourceVersion: '1' } }),
  },
  {
    name: 'PUT with another name',
    method: 'PUT',
    path: one,
    body: object({}, { metadata: { name: 'two', resourceVersion: '1' } }),
  },
  {
    name: 'PUT that is stale',
    method: 'PUT',
    path: one,
    body: object({}, { metadata: { name: 'one', resourceVersion: '1' } }),
  },
  { name: 'POST to an object', method: 'POST', path: one, body: object() },
  { name: 'POST without a namespace', method: 'POST', path: '/apis/example.com/v1/widgets', body: object() },
  {
    name: 'create through the storage version',
    method: 'POST',
    path: GADGETS,
    body: { apiVersion: 'example.com/v1', kind: 'Gadget', metadata: { name: 'g' }, spec: { color: 'red' } },
  },
  get('get in the old version', '/apis/example.com/v1beta1/gadgets/g'),
  {
    name: 'create through the old version',
    method: 'POST',
    path: '/apis/example.com/v1beta1/gadgets',
    body: {
      apiVersion: 'example.com/v1beta1',
      kind: 'Gadget',
      metadata: { name: 'h' },
      spec: { size: 1, color: 'red' },
    },
  },
  get('get in the new version', `${GADGETS}/h`),
  get('list in the old version', '/apis/example.com/v1beta1/gadgets'),
  get('a table of what has no columns', GADGETS, table),
  get('a version that is not served', '/apis/example.com/v1alpha1/gadgets/h'),
  get('cluster scope in a namespace', '/apis/example.com/v1/namespaces/default/gadgets'),
  get('a door that was not asked for', `${GADGETS}/h/status`),
  patch('generation without a status door', { status: { x: 1 }, spec: { size: 2 } }, merge, `${GADGETS}/h`),
  { name: 'delete one', method: 'DELETE', path: `${GADGETS}/h` },
  { name: 'delete what is gone', method: 'DELETE', path: `${GADGETS}/h` },
  patch('a kind that cannot change', { spec: { names: { kind: 'Gizmo' } } }, merge, `${CRDS}/gadgets.example.com`),
  patch('a scope that cannot change', { spec: { scope: 'Namespaced' } }, merge, `${CRDS}/gadgets.example.com`),
  patch(
    'a stored version that cannot go',
    {
      spec: {
        versions: [{ name: 'v9', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } }],
      },
    },
    merge,
    `${CRDS}/gadgets.example.com`,
  ),
  { name: 'delete all', method: 'DELETE', path: WIDGETS },
  get('the list after', WIDGETS),
  { name: 'delete the definition', method: 'DELETE', path: `${CRDS}/gadgets.example.com` },
]

export const areas = {
  definitions: { definitions: [], requests: definitions },
  resources: { definitions: [widget], requests: resources },
  life: { definitions: [widget, gadget], requests: life },
}
