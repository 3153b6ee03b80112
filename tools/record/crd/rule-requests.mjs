// Requests about validation rules (CEL) of custom resources: definitions that hold them, and objects that obey or break them.

const CRDS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'
const MERGE = 'application/merge-patch+json'

const crd = (plural, kind, schema, more = {}) => ({
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: `${plural}.rules.example.com` },
  spec: {
    group: 'rules.example.com',
    scope: 'Namespaced',
    names: { plural, kind, singular: plural.slice(0, -1), listKind: `${kind}List` },
    versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: schema }, ...more }],
  },
})

const object = (properties, rules, more = {}) => ({
  type: 'object',
  properties,
  ...(rules ? { 'x-kubernetes-validations': rules } : {}),
  ...more,
})
const string = { type: 'string' }
const short = { type: 'string', maxLength: 20 }
const integer = { type: 'integer' }
const spec = {
  name: short,
  long: string,
  count: integer,
  ratio: { type: 'number' },
  on: { type: 'boolean' },
  when: { type: 'string', format: 'date-time' },
  day: { type: 'string', format: 'date' },
  pause: { type: 'string', format: 'duration' },
  raw: { type: 'string', format: 'byte' },
  either: { 'x-kubernetes-int-or-string': true },
  any: { 'x-kubernetes-preserve-unknown-fields': true },
  loose: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
  tags: { type: 'array', items: short, maxItems: 10 },
  words: { type: 'array', items: string },
  set: { type: 'array', items: short, maxItems: 10, 'x-kubernetes-list-type': 'set' },
  ports: {
    type: 'array',
    maxItems: 10,
    items: object({ name: short, port: integer }, undefined, { required: ['name'] }),
    'x-kubernetes-list-type': 'map',
    'x-kubernetes-list-map-keys': ['name'],
  },
  labels: { type: 'object', additionalProperties: short, maxProperties: 10 },
  bag: { type: 'object', additionalProperties: string },
  nested: object({ 'a-b': short, namespace: short, 'x/y': integer, a__b: integer, '9x': integer }),
  pod: { type: 'object', 'x-kubernetes-embedded-resource': true, 'x-kubernetes-preserve-unknown-fields': true },
  choice: { type: 'string', enum: ['a', 'bb'] },
}

/** A definition whose `spec` has these rules. */
const ruled = (...rules) =>
  crd('things', 'Thing', object({ spec: object(spec, rules), status: object({ n: integer }) }))
const tried = (name, body) => ({ name, method: 'POST', path: `${CRDS}?dryRun=All`, body })
const rule = (text, more = {}) =>
  tried(`rule ${JSON.stringify({ rule: text, ...more })}`, ruled({ rule: text, ...more }))

const GOOD = [
  'self.count > 0',
  'self.name.startsWith("a") || !has(self.long)',
  "self.when > timestamp('2020-01-01T00:00:00Z')",
  "self.pause < duration('1h')",
  'self.raw.size() > 0',
  "self.either == 'a' || self.either == 1",
  'self.tags.all(t, t.size() > 2)',
  'self.ports.exists(p, p.port == 80)',
  'self.labels.all(k, self.labels[k] == "x")',
  "self.nested.a__dash__b == 'x' && self.nested.__namespace__ == 'y'",
  'self.nested.x__slash__y > 1 && self.nested.a__underscores__b > 2',
  "self.pod.kind == 'Pod' && self.pod.metadata.name == 'x'",
  "self.choice in ['a', 'b']",
  'self.set == oldSelf.set',
  'self == oldSelf',
  'self.ports.map(p, p.name).isSorted()',
  "quantity(self.name).isGreaterThan(quantity('1'))",
  'self.tags.transformMap(i, t, t).size() == 2',
  "self.?long.orValue('').size() < 5",
  'cidr(self.name).containsIP(ip("10.0.0.1"))',
]
const BAD = [
  'self.missing > 0',
  'self.any == 1',
  'self.loose.x == 1',
  'self.nested.a-b',
  'self.nested["a-b"] == "x"',
  'self.nested.9x == 1',
  'self.count',
  'self.name',
  '1 + 1',
  'self.count > "a"',
  'self.count.size() > 0',
  'self.name > 5',
  'other == 1',
  'self.count == 1 &&',
  'self.count = 1',
  'self.tags.all(t, t > 1)',
  'self.tags.map(x)',
  'self.labels.foo.bar == 1',
  'self.when > "2020"',
  'self.spec == 1',
  'self.pod.spec == 1',
  'self.metadata.name == "a"',
  'foo(self.count)',
  'self.ports[0].nope == 1',
  'self',
  'self.on ? 1 : 2',
  "self.name.matches('[')",
  "duration('bad') == self.pause",
  "[1, 'a'].size() > 0",
  'self.set.includes("a")',
  'authorizer.path("/x").check("get").allowed()',
  'request.name == "x"',
  '(self.count > 0',
  "self.name == 'abc",
  'self.name == "a" || self.name == "b" || self.nope == "c"',
  'self.words.all(w, w.contains(self.long))',
  "self.long.matches('^(a+)+$') && self.long.contains('b')",
  'self.words.all(a, self.words.all(b, a == b))',
  'self.words.all(a, self.words.all(b, self.words.all(c, a == b && b == c)))',
  'self.tags.all(a, self.tags.all(b, self.tags.all(c, a == b && b == c)))',
  "self.long == 'x'",
  'self.bag.all(k, self.bag[k].size() < 5)',
  'self.words.exists(w, w == self.long)',
  "self.words.join(',').size() < 100",
  'self.words.map(w, w + w).size() > 1',
]

const MORE = [
  tried('no rule', ruled({ rule: '' })),
  tried('a rule of spaces', ruled({ rule: '  ' })),
  rule('self.count > 0', { message: 'count is low' }),
  rule('self.count > 0', { message: '  ' }),
  rule('self.count > 0', { message: 'a\nb' }),
  rule('self.count >\n 0'),
  rule('self.count >\n 0', { message: 'low' }),
  rule('self.count > 0', { messageExpression: '"count is " + string(self.count)' }),
  rule('self.count > 0', { messageExpression: 'self.count' }),
  rule('self.count > 0', { messageExpression: 'self.nope' }),
  rule('self.count > 0', { messageExpression: ' ' }),
  rule('self.count > 0', { messageExpression: 'self.words.map(w, w + w).join(self.long)' }),
  rule('self.nope > 0', { messageExpression: 'self.nope' }),
  rule('self.count > 0', { reason: 'FieldValueForbidden' }),
  rule('self.count > 0', { reason: 'Nope' }),
  rule('self.count > 0', { fieldPath: '.count' }),
  rule('self.count > 0', { fieldPath: '.nope' }),
  rule('self.count > 0', { fieldPath: 'count' }),
  rule('self.count > 0', { fieldPath: ".nested['a-b']" }),
  rule('self.count > 0', { optionalOldSelf: true }),
  rule('self.count > 0', { optionalOldSelf: false }),
  rule('oldSelf.hasValue() || self.count > 0', { optionalOldSelf: true }),
  rule('oldSelf.hasValue() || self.count > 0'),
  rule('oldSelf.count > 0', { optionalOldSelf: true }),
  rule('!oldSelf.hasValue() || oldSelf.value().count <= self.count', { optionalOldSelf: true }),
  rule('oldSelf.?count.orValue(0) <= self.count', { optionalOldSelf: true }),
]

const within = (name, schema) => tried(name, crd('things', 'Thing', object({ spec: object(schema) })))
const PLACES = [
  within('oldSelf in a list', {
    list: { type: 'array', items: { type: 'integer', 'x-kubernetes-validations': [{ rule: 'self >= oldSelf' }] } },
  }),
  within('oldSelf in a set', {
    list: {
      type: 'array',
      'x-kubernetes-list-type': 'set',
      items: { type: 'integer', 'x-kubernetes-validations': [{ rule: 'self >= oldSelf' }] },
    },
  }),
  within('oldSelf in a list map', {
    ports: {
      ...spec.ports,
      items: object(spec.ports.items.properties, [{ rule: 'self.port >= oldSelf.port' }], { required: ['name'] }),
    },
  }),
  within('oldSelf in an atomic map', {
    m: object({ n: { ...integer, 'x-kubernetes-validations': [{ rule: 'self == oldSelf' }] } }, undefined, {
      'x-kubernetes-map-type': 'atomic',
    }),
  }),
  within('oldSelf deep in a list', {
    list: {
      type: 'array',
      items: object({ n: { ...integer, 'x-kubernetes-validations': [{ rule: 'self == oldSelf' }] } }),
    },
  }),
  within('a costly rule in an unbounded list', {
    list: { type: 'array', items: { ...string, 'x-kubernetes-validations': [{ rule: "self.contains('x')" }] } },
  }),
  within('a costly rule in a bounded list', {
    list: {
      type: 'array',
      maxItems: 100,
      items: { ...string, 'x-kubernetes-validations': [{ rule: "self.contains('x')" }] },
    },
  }),
  within('a costly rule of bounded texts', {
    list: {
      type: 'array',
      maxItems: 100,
      items: { ...short, 'x-kubernetes-validations': [{ rule: "self.contains('x')" }] },
    },
  }),
  within('a costly rule in a map', {
    m: {
      type: 'object',
      additionalProperties: { ...string, 'x-kubernetes-validations': [{ rule: "self.matches('a.*b')" }] },
    },
  }),
  within('lists in lists', {
    list: {
      type: 'array',
      items: { type: 'array', items: { ...integer, 'x-kubernetes-validations': [{ rule: 'self > 0' }] } },
    },
  }),
  within(
    'many costly rules',
    Object.fromEntries(
      Array.from({ length: 20 }, (_, i) => [
        `f${i}`,
        {
          type: 'array',
          maxItems: 60000,
          items: { ...integer, 'x-kubernetes-validations': [{ rule: 'self > 0 && self < 100 && self != 7' }] },
        },
      ]),
    ),
  ),
  within('rules on scalars', {
    n: { ...integer, 'x-kubernetes-validations': [{ rule: 'self > 0' }, { rule: 'self.x' }] },
    s: { ...string, 'x-kubernetes-validations': [{ rule: 'self > 0' }] },
  }),
  within('rules that speak of nothing known', {
    any: { 'x-kubernetes-preserve-unknown-fields': true, 'x-kubernetes-validations': [{ rule: 'self == 1' }] },
  }),
  within('a rule of int or string', {
    e: {
      'x-kubernetes-int-or-string': true,
      'x-kubernetes-validations': [{ rule: "type(self) == int || self == 'x'" }],
    },
  }),
  within('a rule beside a wrong schema', {
    n: { type: 'integer', format: 'x', nullable: true, 'x-kubernetes-validations': [{ rule: 'self.x' }], items: {} },
  }),
  tried(
    'a rule at the root',
    crd(
      'things',
      'Thing',
      object({ spec: object(spec) }, [{ rule: "self.metadata.name.startsWith('a') && self.spec.count > 0" }]),
    ),
  ),
  tried(
    'a rule of metadata labels',
    crd('things', 'Thing', object({ spec: object(spec) }, [{ rule: 'self.metadata.labels.size() > 0' }])),
  ),
  tried(
    'a rule of kind',
    crd(
      'things',
      'Thing',
      object({ spec: object(spec) }, [{ rule: "self.kind == 'Thing' && self.apiVersion.size() > 0" }]),
    ),
  ),
  tried(
    'rules in logic',
    crd(
      'things',
      'Thing',
      object({
        spec: object({ n: integer }, undefined, {
          allOf: [{ properties: { n: { 'x-kubernetes-validations': [{ rule: 'self > 0' }] } } }],
        }),
      }),
    ),
  ),
]

const rules = [...GOOD.map((text) => rule(text)), ...BAD.map((text) => rule(text)), ...MORE, ...PLACES]

const checked = crd(
  'checks',
  'Check',
  object(
    {
      spec: object(
        {
          ...spec,
          min: integer,
          max: integer,
          fixed: {
            ...short,
            'x-kubernetes-validations': [{ rule: 'self == oldSelf', message: 'fixed cannot change' }],
          },
          grows: {
            ...integer,
            'x-kubernetes-validations': [
              { rule: 'self >= oldSelf', messageExpression: "'was %d, is %d'.format([oldSelf, self])" },
            ],
          },
          even: { ...integer, 'x-kubernetes-validations': [{ rule: 'self % 2 == 0', message: 'must be even' }] },
          divisor: { ...integer, 'x-kubernetes-validations': [{ rule: '10 / self > 1' }] },
          keyed: {
            ...spec.ports,
            items: object(
              {
                name: short,
                port: {
                  ...integer,
                  'x-kubernetes-validations': [{ rule: 'self >= oldSelf', message: 'port cannot shrink' }],
                },
              },
              [{ rule: "self.name != 'bad'", message: 'bad name' }],
              { required: ['name'] },
            ),
          },
          plain: {
            type: 'array',
            maxItems: 10,
            items: object({
              n: { ...integer, 'x-kubernetes-validations': [{ rule: 'self < 10', message: 'n is large' }] },
            }),
          },
          sized: {
            type: 'object',
            maxProperties: 10,
            additionalProperties: {
              ...short,
              'x-kubernetes-validations': [{ rule: 'self.size() < 4', message: 'value is long' }],
            },
          },
          once: {
            ...short,
            'x-kubernetes-validations': [
              { rule: '!oldSelf.hasValue() || self == oldSelf.value()', optionalOldSelf: true, message: 'set once' },
            ],
          },
          fresh: {
            ...short,
            'x-kubernetes-validations': [
              { rule: "oldSelf.hasValue() || self == 'new'", optionalOldSelf: true, message: 'begins as new' },
            ],
          },
          maybe: {
            ...short,
            nullable: true,
            'x-kubernetes-validations': [{ rule: "self != 'no'", message: 'not no' }],
          },
          noisy: {
            ...short,
            'x-kubernetes-validations': [
              { rule: "self != 'x'", messageExpression: "self == 'x' ? '' : 'y'", message: 'fallback' },
            ],
          },
          failing: {
            ...short,
            'x-kubernetes-validations': [
              { rule: "self != 'x'", messageExpression: 'string(int(self))', message: 'fallback' },
            ],
          },
          lined: { ...short, 'x-kubernetes-validations': [{ rule: "self != 'x'", messageExpression: "'a\\nb'" }] },
          pattern: {
            ...short,
            pattern: '^[a-z]+$',
            'x-kubernetes-validations': [{ rule: "self != 'zzz'", message: 'not zzz' }],
          },
          quant: {
            ...short,
            'x-kubernetes-validations': [
              { rule: "isQuantity(self) && quantity(self).isLessThan(quantity('10'))", message: 'under 10' },
            ],
          },
          addr: { ...short, 'x-kubernetes-validations': [{ rule: 'ip(self).family() == 4' }] },
        },
        [
          {
            rule: '!has(self.min) || !has(self.max) || self.min <= self.max',
            messageExpression: "'min %d is over max %d'.format([self.min, self.max])",
            fieldPath: '.min',
          },
          {
            rule: "!has(self.name) || self.name != 'forbidden'",
            reason: 'FieldValueForbidden',
            message: 'that name',
            fieldPath: '.name',
          },
          { rule: "!has(self.name) || self.name != 'required'", reason: 'FieldValueRequired', fieldPath: '.long' },
          {
            rule: "!has(self.name) || self.name != 'twice'",
            reason: 'FieldValueDuplicate',
            message: 'said twice',
            fieldPath: '.name',
          },
          { rule: "!has(self.labels) || self.labels.all(k, k != 'z')", fieldPath: '.labels' },
          { rule: "!has(self.set) || self.set == ['a', 'b']", message: 'a and b' },
          { rule: '!has(self.either) || self.either != 5', message: 'not five' },
          { rule: '!has(self.when) || self.when.getFullYear() > 2000', message: 'old' },
          { rule: "!has(self.pause) || self.pause < duration('1h')", message: 'long pause' },
          { rule: "!has(self.raw) || self.raw == b'hi'", message: 'raw is not hi' },
          { rule: "!has(self.nested) || self.nested.a__dash__b == 'x'" },
          { rule: "!has(self.pod) || self.pod.metadata.name == 'p'", message: 'pod is p' },
          { rule: '!has(self.ratio) || self.ratio < 1.5', message: 'ratio' },
          { rule: '!has(self.tags) || self.tags.all(a, self.tags.exists_one(b, a == b))', message: 'tags repeat' },
        ],
      ),
      status: object({
        n: {
          ...integer,
          'x-kubernetes-validations': [
            { rule: 'self >= 0', message: 'n is negative' },
            { rule: 'self >= oldSelf', message: 'n shrinks' },
          ],
        },
      }),
    },
    [{ rule: "self.metadata.name != 'nope'", message: 'no such name' }],
  ),
  { subresources: { status: {} } },
)

const CHECKS = '/apis/rules.example.com/v1/namespaces/default/checks'
const check = (name, specification) => ({
  apiVersion: 'rules.example.com/v1',
  kind: 'Check',
  metadata: { name },
  spec: specification,
})
const create = (name, specification, as = 'a') => ({
  name: `create ${name}`,
  method: 'POST',
  path: `${CHECKS}?dryRun=All`,
  body: check(as, specification),
})
const make = (as, specification) => ({
  name: `make ${as}`,
  method: 'POST',
  path: CHECKS,
  body: check(as, specification),
})
const change = (name, as, specification) => ({
  name: `change ${name}`,
  method: 'PATCH',
  path: `${CHECKS}/${as}`,
  type: MERGE,
  body: { spec: specification },
})
const status = (name, as, body) => ({
  name: `status ${name}`,
  method: 'PATCH',
  path: `${CHECKS}/${as}/status`,
  type: MERGE,
  body: { status: body },
})

const objects = [
  create('nothing', {}),
  create('with a wrong name', {}, 'nope'),
  create('min over max', { min: 2, max: 1 }),
  create('min under max', { min: 1, max: 2 }),
  create('forbidden', { name: 'forbidden' }),
  create('required', { name: 'required' }),
  create('duplicate', { name: 'twice' }),
  create('a wrong label', { labels: { z: '1' } }),
  create('a set in another order', { set: ['b', 'a'] }),
  create('another set', { set: ['a', 'c'] }),
  create('five', { either: 5 }),
  create('six', { either: 'six' }),
  create('an old time', { when: '1999-01-01T00:00:00Z' }),
  create('a new time', { when: '2021-01-01T00:00:00Z' }),
  create('a long pause', { pause: '2h' }),
  create('a short pause', { pause: '2m' }),
  create('raw', { raw: 'aGk=' }),
  create('other raw', { raw: 'aGV5' }),
  create('escaped names', { nested: { 'a-b': 'x' } }),
  create('escaped names, wrong', { nested: { 'a-b': 'y' } }),
  create('escaped names, missing', { nested: {} }),
  create('an embedded object', { pod: { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' } } }),
  create('another embedded object', { pod: { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'q' } } }),
  create('a ratio that is whole', { ratio: 1 }),
  create('a large ratio', { ratio: 2.5 }),
  create('tags that repeat', { tags: ['a', 'b', 'a'] }),
  create('an odd number', { even: 3 }),
  create('a division by zero', { divisor: 0 }),
  create('a division', { divisor: 9 }),
  create('a bad item', {
    keyed: [
      { name: 'ok', port: 1 },
      { name: 'bad', port: 1 },
    ],
  }),
  create('a large item', { plain: [{ n: 1 }, { n: 11 }, { n: 12 }] }),
  create('a long value', { sized: { a: 'long value', b: 'ok' } }),
  create('what begins wrong', { fresh: 'old' }),
  create('what begins right', { fresh: 'new' }),
  create('null', { maybe: null }),
  create('no', { maybe: 'no' }),
  create('an empty message', { noisy: 'x' }),
  create('a failing message', { failing: 'x' }),
  create('a message of lines', { lined: 'x' }),
  create('a rule beside a pattern', { pattern: 'zzz' }),
  create('a pattern that fails, too', { pattern: 'ZZ', even: 3 }),
  create('a type that blocks rules', { even: 'x', min: 2, max: 1 }),
  create('an enum that blocks rules', { choice: 'c', min: 2, max: 1 }),
  create('a length that blocks rules', { name: 'a text that is much too long', min: 2, max: 1 }),
  create('a quantity', { quant: '5' }),
  create('a large quantity', { quant: '50' }),
  create('no quantity', { quant: 'x' }),
  create('an address', { addr: '10.0.0.1' }),
  create('no address', { addr: 'x' }),
  create('many errors', { even: 1, min: 2, max: 1, name: 'forbidden', sized: { a: 'long value' } }),
  make('one', {
    fixed: 'a',
    grows: 1,
    keyed: [
      { name: 'x', port: 5 },
      { name: 'y', port: 6 },
    ],
    once: 'a',
    fresh: 'new',
  }),
  change('what is fixed', 'one', { fixed: 'b' }),
  change('what is fixed to the same', 'one', { fixed: 'a' }),
  change('what is fixed, taken away', 'one', { fixed: null }),
  change('what is fixed, given again', 'one', { fixed: 'c' }),
  change('to grow', 'one', { grows: 2 }),
  change('to shrink', 'one', { grows: 1 }),
  change('an item by its key', 'one', {
    keyed: [
      { name: 'y', port: 7 },
      { name: 'x', port: 4 },
    ],
  }),
  change('an item that is new', 'one', { keyed: [{ name: 'z', port: 1 }] }),
  change('what is set once', 'one', { once: 'b' }),
  change('what began as new', 'one', { fresh: 'changed' }),
  status('n', 'one', { n: 2 }),
  status('n to shrink', 'one', { n: 1 }),
  status('n to be negative', 'one', { n: -1 }),
  { name: 'replace without resourceVersion', method: 'PUT', path: `${CHECKS}/one`, body: check('one', { even: 3 }) },
]

const loose = crd(
  'ratchets',
  'Ratchet',
  object({
    spec: object({
      ...spec,
      n: integer,
      list: { type: 'array', items: object({ n: integer, m: integer }) },
      keyed: spec.ports,
    }),
  }),
)
const strict = crd(
  'ratchets',
  'Ratchet',
  object({
    spec: object(
      {
        ...spec,
        n: { ...integer, 'x-kubernetes-validations': [{ rule: 'self < 5', message: 'n is large' }] },
        list: {
          type: 'array',
          items: object({ n: { ...integer, maximum: 5 }, m: integer }, [
            { rule: '!has(self.m) || self.m < 5', message: 'm is large' },
          ]),
          maxItems: 5,
        },
        keyed: {
          ...spec.ports,
          items: object(
            {
              name: short,
              port: { ...integer, 'x-kubernetes-validations': [{ rule: 'self < 100', message: 'port is large' }] },
            },
            undefined,
            { required: ['name'] },
          ),
        },
      },
      [{ rule: "!has(self.name) || self.name != 'wrong'", message: 'wrong name', fieldPath: '.name' }],
    ),
  }),
)
const RATCHETS = '/apis/rules.example.com/v1/namespaces/default/ratchets'
const ratchet = (name, specification) => ({
  name: `ratchet ${name}`,
  method: 'PATCH',
  path: `${RATCHETS}/r`,
  type: MERGE,
  body: specification,
})

const ratcheting = [
  {
    name: 'make r',
    method: 'POST',
    path: RATCHETS,
    body: {
      apiVersion: 'rules.example.com/v1',
      kind: 'Ratchet',
      metadata: { name: 'r' },
      spec: {
        n: 9,
        name: 'wrong',
        list: [{ n: 9, m: 9 }],
        keyed: [
          { name: 'a', port: 500 },
          { name: 'b', port: 1 },
        ],
      },
    },
  },
  {
    name: 'the rules come',
    method: 'PATCH',
    path: `${CRDS}/ratchets.rules.example.com`,
    type: MERGE,
    body: { spec: { versions: strict.spec.versions } },
    wait: 3000,
  },
  ratchet('a label', { metadata: { labels: { a: 'b' } } }),
  ratchet('another field', { spec: { long: 'x' } }),
  ratchet('the same value', { spec: { n: 9 } }),
  ratchet('another wrong value', { spec: { n: 10 } }),
  ratchet('a right value', { spec: { n: 1 } }),
  ratchet('back to wrong', { spec: { n: 9 } }),
  ratchet('an item beside', { spec: { list: [{ n: 9, m: 9 }, { n: 1 }] } }),
  ratchet('an item by key', {
    spec: {
      keyed: [
        { name: 'b', port: 2 },
        { name: 'a', port: 500 },
      ],
    },
  }),
  ratchet('an item by key, wrong', {
    spec: {
      keyed: [
        { name: 'b', port: 200 },
        { name: 'a', port: 500 },
      ],
    },
  }),
  ratchet('the name', { spec: { name: 'right' } }),
  ratchet('the name back', { spec: { name: 'wrong' } }),
]

export const ruleAreas = {
  rules: { definitions: [], requests: rules },
  'rule-objects': { definitions: [checked], requests: objects },
  ratcheting: { definitions: [loose], requests: ratcheting },
}
