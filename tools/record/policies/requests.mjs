// Admission policies, and requests that they allow, deny, warn of and change. Each policy concerns the objects with its own label, so they do not meet.

const API = '/apis/admissionregistration.k8s.io/v1'
const CONFIGMAPS = '/api/v1/namespaces/policies/configmaps'
const MERGE = 'application/merge-patch+json'
const CORE = [{ apiGroups: [''], apiVersions: ['v1'], operations: ['*'], resources: ['*'] }]

/** What is there before anything is asked. */
export const setup = []
/** What is asked when the policies are in force. */
export const requests = []

const make = (path, body) => setup.push({ method: 'POST', path, body })
const object = (kind, name, spec) => ({ apiVersion: 'admissionregistration.k8s.io/v1', kind, metadata: { name }, spec })

function bound(kind, name, spec, bindings) {
  const { matchConstraints, ...rest } = spec
  const plural = kind === 'ValidatingAdmissionPolicy' ? 'validatingadmissionpolic' : 'mutatingadmissionpolic'
  make(
    `${API}/${plural}ies`,
    object(kind, name, {
      matchConstraints: { resourceRules: CORE, objectSelector: { matchLabels: { case: name } }, ...matchConstraints },
      ...rest,
    }),
  )
  bindings.forEach((binding, i) => {
    const own = { policyName: name, ...binding }
    make(`${API}/${plural}ybindings`, object(`${kind}Binding`, `${name}-${i}`, own))
  })
}

const validating = (name, spec, ...bindings) =>
  bound(
    'ValidatingAdmissionPolicy',
    name,
    spec,
    (bindings.length > 0 ? bindings : [{}]).map((binding) => ({ validationActions: ['Deny'], ...binding })),
  )
const mutating = (name, spec, ...bindings) =>
  bound(
    'MutatingAdmissionPolicy',
    name,
    { reinvocationPolicy: 'Never', ...spec },
    bindings.length > 0 ? bindings : [{}],
  )

const configMap = (label, data = {}, metadata = {}) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'c', labels: { case: label }, ...metadata },
  data,
})
const ask = (name, label, data, metadata) =>
  requests.push({ name, method: 'POST', path: `${CONFIGMAPS}?dryRun=All`, body: configMap(label, data, metadata) })
const other = (name, method, path, body, type) =>
  requests.push({ name, method, path, ...(body ? { body } : {}), ...(type ? { type } : {}) })

make('/api/v1/namespaces', {
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: { name: 'policies', labels: { team: 'a' } },
})
make(CONFIGMAPS, {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'limits', labels: { params: 'yes' } },
  data: { max: '2' },
})
make(CONFIGMAPS, {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'more', labels: { params: 'yes' } },
  data: { max: '3' },
})

// Validations
validating('plain', { validations: [{ expression: "!('bad' in object.data)" }] })
ask('a plain denial', 'plain', { bad: '1' })
ask('nothing against it', 'plain', { good: '1' })

validating('said', {
  validations: [{ expression: "!('bad' in object.data)", message: 'no bad data', reason: 'Forbidden' }],
})
ask('a denial with a message and a reason', 'said', { bad: '1' })

validating('large', { validations: [{ expression: "!('bad' in object.data)", reason: 'RequestEntityTooLarge' }] })
ask('another reason', 'large', { bad: '1' })

validating('written', {
  validations: [
    {
      expression: 'false',
      messageExpression: "'key ' + object.metadata.name + ' of ' + request.userInfo.username",
      message: 'fallback',
    },
  ],
})
ask('a written message', 'written')
validating('unwritten', {
  validations: [{ expression: 'false', messageExpression: 'string(object.data.missing)', message: 'fallback' }],
})
ask('a message that fails', 'unwritten', { a: 'b' })
validating('blank', { validations: [{ expression: 'false', messageExpression: "'  '" }] })
ask('a blank message', 'blank')

validating('several', {
  validations: [
    { expression: 'object.data.size() < 1', message: 'first' },
    { expression: "object.data.a == 'x'", message: 'second' },
  ],
})
ask('the first of several', 'several', { a: 'y' })
ask('the second of several', 'several')

validating('failing', { validations: [{ expression: "object.data.missing == 'x'" }] })
ask('an expression that fails', 'failing', { a: 'b' })
validating('ignored', {
  failurePolicy: 'Ignore',
  validations: [
    { expression: "object.data.missing == 'x'" },
    { expression: "'a' in object.data", message: 'a is missing' },
  ],
})
ask('an expression that fails and is ignored', 'ignored', { a: 'b' })
ask('a denial beside what is ignored', 'ignored', { b: 'b' })

validating('costly', {
  validations: [{ expression: 'lists.range(1000).all(a, lists.range(1000).all(b, a + b >= 0))' }],
})
ask('an expression that costs too much', 'costly')

// Variables
validating('variables', {
  variables: [
    { name: 'keys', expression: 'object.data.map(k, k)' },
    { name: 'count', expression: 'variables.keys.size()' },
    { name: 'broken', expression: 'object.data.missing' },
  ],
  validations: [
    {
      expression: 'variables.count < 2',
      messageExpression: "'has ' + string(variables.count) + ' keys: ' + variables.keys.join(',')",
    },
  ],
})
ask('variables', 'variables', { a: '1', b: '2' })
ask('variables that are fine', 'variables', { a: '1' })
validating('brokenvariable', {
  variables: [{ name: 'broken', expression: 'object.data.missing' }],
  validations: [{ expression: "variables.broken == 'x'" }],
})
ask('a variable that fails', 'brokenvariable', { a: '1' })

// Match conditions
validating('conditions', {
  matchConditions: [
    { name: 'named', expression: "object.metadata.name.startsWith('c')" },
    { name: 'data', expression: "has(object.data) && 'on' in object.data" },
  ],
  validations: [{ expression: 'false', message: 'conditions held' }],
})
ask('conditions that hold', 'conditions', { on: '1' })
ask('conditions that do not', 'conditions', { off: '1' })
validating('failingcondition', {
  matchConditions: [{ name: 'a', expression: "object.data.missing == 'x'" }],
  validations: [{ expression: 'false' }],
})
ask('a condition that fails', 'failingcondition', { a: '1' })
validating('ignoredcondition', {
  failurePolicy: 'Ignore',
  matchConditions: [{ name: 'a', expression: "object.data.missing == 'x'" }],
  validations: [{ expression: 'false' }],
})
ask('a condition that fails and is ignored', 'ignoredcondition', { a: '1' })
validating('halfcondition', {
  matchConditions: [
    { name: 'a', expression: "object.data.missing == 'x'" },
    { name: 'b', expression: 'false' },
  ],
  validations: [{ expression: 'false' }],
})
ask('a condition that fails beside one that does not hold', 'halfcondition', { a: '1' })

// Actions
validating('warned', { validations: [{ expression: 'false', message: 'be careful' }] }, { validationActions: ['Warn'] })
ask('a warning', 'warned')
validating('audited', { validations: [{ expression: 'false' }] }, { validationActions: ['Audit'] })
ask('an audit', 'audited')
validating(
  'both',
  { validations: [{ expression: 'false', message: 'both' }] },
  { validationActions: ['Warn', 'Audit'] },
  { validationActions: ['Deny'] },
)
ask('a warning and a denial', 'both')
validating('annotated', { auditAnnotations: [{ key: 'k', valueExpression: 'string(object.data.missing)' }] })
ask('an annotation that fails', 'annotated', { a: 'b' })
validating('unannotated', { auditAnnotations: [{ key: 'k', valueExpression: "'value'" }] })
ask('an annotation', 'unannotated', { a: 'b' })

// Parameters
const params = { paramKind: { apiVersion: 'v1', kind: 'ConfigMap' } }
const limit = {
  ...params,
  validations: [
    {
      expression: 'object.data.size() <= int(params.data.max)',
      messageExpression: "'at most ' + params.data.max + ' by ' + params.metadata.name",
    },
  ],
}
validating('params', limit, { paramRef: { name: 'limits', parameterNotFoundAction: 'Deny' } })
ask('parameters', 'params', { a: '1', b: '2', c: '3' })
ask('parameters that allow it', 'params', { a: '1', b: '2' })
validating('selected', limit, {
  paramRef: { selector: { matchLabels: { params: 'yes' } }, parameterNotFoundAction: 'Deny' },
})
ask('parameters by label', 'selected', { a: '1', b: '2', c: '3' })
validating('otherwise', limit, { paramRef: { name: 'limits', namespace: 'default', parameterNotFoundAction: 'Deny' } })
ask('parameters that are missing', 'otherwise', { a: '1' })
validating('allowedwithout', limit, { paramRef: { name: 'nope', parameterNotFoundAction: 'Allow' } })
ask('parameters that may be missing', 'allowedwithout', { a: '1', b: '2', c: '3' })
validating('noref', { ...params, validations: [{ expression: 'params != null', message: 'params are null' }] })
ask('no reference to parameters', 'noref')
validating(
  'unknownkind',
  { paramKind: { apiVersion: 'nope.example.com/v1', kind: 'Nope' }, validations: [{ expression: 'true' }] },
  { paramRef: { name: 'x', parameterNotFoundAction: 'Deny' } },
)
ask('parameters of a kind that nobody serves', 'unknownkind')
validating(
  'unknownignored',
  {
    failurePolicy: 'Ignore',
    paramKind: { apiVersion: 'nope.example.com/v1', kind: 'Nope' },
    validations: [{ expression: 'false' }],
  },
  { paramRef: { name: 'x', parameterNotFoundAction: 'Deny' } },
)
ask('parameters of an unknown kind, ignored', 'unknownignored')

// What is matched
validating('updates', {
  matchConstraints: { resourceRules: [{ ...CORE[0], operations: ['UPDATE'], resources: ['configmaps'] }] },
  validations: [{ expression: 'object.data == oldObject.data', message: 'data is fixed' }],
})
ask('another operation', 'updates', { a: '1' })
other('make for updates', 'POST', CONFIGMAPS, configMap('updates', { a: '1' }, { name: 'u' }))
other('an update against it', 'PATCH', `${CONFIGMAPS}/u?dryRun=All`, { data: { a: '2' } }, MERGE)
other('an update that is fine', 'PATCH', `${CONFIGMAPS}/u?dryRun=All`, { metadata: { labels: { x: 'y' } } }, MERGE)
validating('deletes', {
  matchConstraints: { resourceRules: [{ ...CORE[0], operations: ['DELETE'], resources: ['configmaps'] }] },
  validations: [{ expression: "object == null && oldObject.data.keep != 'yes'", message: 'keep it' }],
})
other('make what is kept', 'POST', CONFIGMAPS, configMap('deletes', { keep: 'yes' }, { name: 'kept' }))
other('make what is not kept', 'POST', CONFIGMAPS, configMap('deletes', { keep: 'no' }, { name: 'unkept' }))
other('delete what is kept', 'DELETE', `${CONFIGMAPS}/kept`)
other('delete what is not kept', 'DELETE', `${CONFIGMAPS}/unkept`)
validating('excluded', {
  matchConstraints: { excludeResourceRules: [{ ...CORE[0], resources: ['configmaps'] }] },
  validations: [{ expression: 'false' }],
})
ask('an excluded resource', 'excluded')
validating('namedonly', {
  matchConstraints: { resourceRules: [{ ...CORE[0], resourceNames: ['special'] }] },
  validations: [{ expression: 'false', message: 'special' }],
})
ask('another name', 'namedonly')
ask('a name that is meant', 'namedonly', {}, { name: 'special' })
validating('namespaced', {
  matchConstraints: { namespaceSelector: { matchLabels: { team: 'b' } } },
  validations: [{ expression: 'false' }],
})
ask('another namespace', 'namespaced')
validating(
  'bindingscope',
  { validations: [{ expression: 'false', message: 'by binding' }] },
  { matchResources: { namespaceSelector: { matchLabels: { team: 'b' } } } },
  { matchResources: { resourceRules: [{ ...CORE[0], resources: ['configmaps'] }] } },
)
ask('a binding that matches beside one that does not', 'bindingscope')
validating('context', {
  validations: [
    {
      expression: "namespaceObject.metadata.labels.team == 'a' && namespaceObject.metadata.name == 'policies'",
      message: 'namespaceObject',
    },
    {
      expression:
        "request.operation == 'CREATE' && request.name == 'c' && request.namespace == 'policies' && request.kind.kind == 'ConfigMap' && request.resource.resource == 'configmaps' && request.dryRun",
      message: 'request',
    },
    { expression: "oldObject == null && object.kind == 'ConfigMap' && object.apiVersion == 'v1'", message: 'objects' },
    {
      expression: "request.userInfo.username == 'nobody'",
      messageExpression: "'user ' + request.userInfo.username + ' in ' + request.userInfo.groups.join(',')",
    },
  ],
})
ask('what expressions are told', 'context')
validating('authorized', {
  validations: [
    {
      expression:
        "authorizer.group('').resource('pods').namespace('policies').check('create').allowed() && authorizer.requestResource.check('create').allowed() && authorizer.path('/healthz').check('get').allowed()",
      message: 'not allowed',
    },
  ],
})
ask('an authorizer', 'authorized')
validating('clusterwide', {
  matchConstraints: { resourceRules: [{ ...CORE[0], resources: ['namespaces'] }] },
  validations: [{ expression: "namespaceObject == null && object.metadata.name == 'x'", message: 'a namespace' }],
})
other('a namespace', 'POST', '/api/v1/namespaces?dryRun=All', {
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: { name: 'nn', labels: { case: 'clusterwide' } },
})
validating('equivalent', {
  matchConstraints: {
    resourceRules: [{ apiGroups: ['autoscaling'], apiVersions: ['v1'], operations: ['*'], resources: ['*'] }],
  },
  validations: [
    {
      expression: 'false',
      messageExpression:
        "object.apiVersion + ' ' + request.requestKind.version + ' ' + request.kind.version + ' ' + string(object.spec.targetCPUUtilizationPercentage)",
    },
  ],
})
other(
  'another version of the same',
  'POST',
  '/apis/autoscaling/v2/namespaces/policies/horizontalpodautoscalers?dryRun=All',
  {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: { name: 'h', labels: { case: 'equivalent' } },
    spec: {
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'd' },
      maxReplicas: 3,
      metrics: [
        { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 55 } } },
      ],
    },
  },
)
validating('exact', {
  matchConstraints: {
    matchPolicy: 'Exact',
    resourceRules: [{ apiGroups: ['autoscaling'], apiVersions: ['v1'], operations: ['*'], resources: ['*'] }],
  },
  validations: [{ expression: 'false' }],
})
other(
  'another version of the same, exactly',
  'POST',
  '/apis/autoscaling/v2/namespaces/policies/horizontalpodautoscalers?dryRun=All',
  {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: { name: 'h', labels: { case: 'exact' } },
    spec: { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'd' }, maxReplicas: 3 },
  },
)
const pod = (label, spec = {}) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'p', labels: { case: label } },
  spec: {
    containers: [
      { name: 'a', image: 'x:1', resources: { limits: { cpu: '500m' } } },
      { name: 'b', image: 'y:1' },
    ],
    ...spec,
  },
})
const PODS = '/api/v1/namespaces/policies/pods'
validating('pods', {
  variables: [
    {
      name: 'limited',
      expression: 'object.spec.containers.filter(c, has(c.resources.limits) && has(c.resources.limits.cpu))',
    },
  ],
  validations: [
    {
      expression: "variables.limited.all(c, quantity(c.resources.limits.cpu).isLessThan(quantity('1')))",
      message: 'cpu is high',
    },
    {
      expression: 'variables.limited.size() == object.spec.containers.size()',
      messageExpression:
        "'no limits: ' + object.spec.containers.filter(c, !has(c.resources.limits)).map(c, c.name).join(', ')",
    },
  ],
})
other('a pod without limits', 'POST', `${PODS}?dryRun=All`, pod('pods'))
other(
  'a pod with a high limit',
  'POST',
  `${PODS}?dryRun=All`,
  pod('pods', { containers: [{ name: 'a', image: 'x:1', resources: { limits: { cpu: '2' } } }] }),
)

// Mutations
mutating('adds', {
  mutations: [
    {
      patchType: 'JSONPatch',
      jsonPatch: {
        expression:
          "[JSONPatch{op: 'add', path: '/data/added', value: 'yes'}, JSONPatch{op: 'add', path: '/metadata/labels/' + jsonpatch.escapeKey('example.com/new'), value: object.metadata.name}]",
      },
    },
  ],
})
ask('a JSON patch', 'adds', { a: '1' })
ask('a JSON patch that does not apply', 'adds', undefined)
mutating('tests', {
  mutations: [
    {
      patchType: 'JSONPatch',
      jsonPatch: {
        expression:
          "[JSONPatch{op: 'test', path: '/data/a', value: 'x'}, JSONPatch{op: 'replace', path: '/data/a', value: 'y'}]",
      },
    },
  ],
})
ask('a test that passes', 'tests', { a: 'x' })
ask('a test that fails', 'tests', { a: 'z' })
mutating('removes', {
  mutations: [{ patchType: 'JSONPatch', jsonPatch: { expression: "[JSONPatch{op: 'remove', path: '/data/nope'}]" } }],
})
ask('removing what is not there', 'removes', { a: 'x' })
mutating('structs', {
  mutations: [
    {
      patchType: 'JSONPatch',
      jsonPatch: { expression: "[JSONPatch{op: 'add', path: '/metadata/annotations', value: {'a': string(1 + 1)}}]" },
    },
  ],
})
ask('a map as value', 'structs', { a: 'x' })
mutating('mistyped', {
  mutations: [
    { patchType: 'JSONPatch', jsonPatch: { expression: "[JSONPatch{op: 'add', path: '/data', value: [1]}]" } },
  ],
})
ask('a value of a wrong type', 'mistyped', { a: 'x' })
mutating('unknownfield', {
  mutations: [{ patchType: 'JSONPatch', jsonPatch: { expression: "[JSONPatch{op: 'add', path: '/nope', value: 1}]" } }],
})
ask('a field that is unknown', 'unknownfield', { a: 'x' })
mutating('failingpatch', {
  mutations: [
    {
      patchType: 'JSONPatch',
      jsonPatch: { expression: "[JSONPatch{op: 'add', path: '/data/x', value: object.data.missing}]" },
    },
  ],
})
ask('a patch expression that fails', 'failingpatch', { a: 'x' })
mutating('failingignored', {
  failurePolicy: 'Ignore',
  mutations: [
    {
      patchType: 'JSONPatch',
      jsonPatch: { expression: "[JSONPatch{op: 'add', path: '/data/x', value: object.data.missing}]" },
    },
    { patchType: 'JSONPatch', jsonPatch: { expression: "[JSONPatch{op: 'add', path: '/data/x', value: 'second'}]" } },
  ],
})
ask('a patch expression that fails and is ignored', 'failingignored', { a: 'x' })
mutating('applies', {
  mutations: [
    {
      patchType: 'ApplyConfiguration',
      applyConfiguration: {
        expression:
          "Object{metadata: Object.metadata{labels: {'applied': 'yes'}}, data: {'b': string(object.data.size())}}",
      },
    },
  ],
})
ask('an apply configuration', 'applies', { a: '1' })
mutating('sidecar', {
  mutations: [
    {
      patchType: 'ApplyConfiguration',
      applyConfiguration: {
        expression:
          "Object{spec: Object.spec{initContainers: [Object.spec.initContainers{name: 'side', image: 'side:1', restartPolicy: 'Always'}], containers: object.spec.containers.map(c, Object.spec.containers{name: c.name, env: [Object.spec.containers.env{name: 'ADDED', value: c.image}]})}}",
      },
    },
  ],
})
other('a sidecar', 'POST', `${PODS}?dryRun=All`, pod('sidecar'))
mutating('atomic', {
  mutations: [
    {
      patchType: 'ApplyConfiguration',
      applyConfiguration: {
        expression: "Object{spec: Object.spec{containers: [Object.spec.containers{name: 'a', command: ['x']}]}}",
      },
    },
  ],
})
other('an atomic list', 'POST', `${PODS}?dryRun=All`, pod('atomic'))
mutating('misnamed', {
  mutations: [
    {
      patchType: 'ApplyConfiguration',
      applyConfiguration: { expression: "Object{metadata: Object.spec{labels: {'applied': 'yes'}}}" },
    },
  ],
})
ask('a struct in a wrong place', 'misnamed', { a: '1' })
mutating('notdeclared', {
  mutations: [{ patchType: 'ApplyConfiguration', applyConfiguration: { expression: "Object{nope: 'x'}" } }],
})
ask('a configuration with an unknown field', 'notdeclared', { a: '1' })
mutating('wrongtype', {
  mutations: [{ patchType: 'ApplyConfiguration', applyConfiguration: { expression: "Object{data: {'a': 1}}" } }],
})
ask('a configuration of a wrong type', 'wrongtype', { a: '1' })
mutating(
  'mutparams',
  {
    ...params,
    mutations: [
      { patchType: 'ApplyConfiguration', applyConfiguration: { expression: "Object{data: {'max': params.data.max}}" } },
    ],
  },
  { paramRef: { name: 'limits', parameterNotFoundAction: 'Deny' } },
)
ask('a mutation with parameters', 'mutparams', { a: '1' })
mutating(
  'mutmissing',
  {
    ...params,
    mutations: [
      { patchType: 'ApplyConfiguration', applyConfiguration: { expression: "Object{data: {'max': params.data.max}}" } },
    ],
  },
  { paramRef: { name: 'nope', parameterNotFoundAction: 'Deny' } },
)
ask('a mutation with parameters that are missing', 'mutmissing', { a: '1' })
mutating(
  'mutunknown',
  {
    paramKind: { apiVersion: 'nope.example.com/v1', kind: 'Nope' },
    mutations: [{ patchType: 'ApplyConfiguration', applyConfiguration: { expression: 'Object{}' } }],
  },
  { paramRef: { name: 'x', parameterNotFoundAction: 'Deny' } },
)
ask('a mutation with parameters of an unknown kind', 'mutunknown', { a: '1' })
mutating('mutconditions', {
  matchConditions: [{ name: 'a', expression: "'on' in object.data" }],
  variables: [{ name: 'v', expression: "'from ' + object.metadata.name" }],
  mutations: [
    { patchType: 'ApplyConfiguration', applyConfiguration: { expression: "Object{data: {'v': variables.v}}" } },
  ],
})
ask('a mutation whose condition holds', 'mutconditions', { on: '1' })
ask('a mutation whose condition does not', 'mutconditions', { off: '1' })
mutating('mutfailingcondition', {
  matchConditions: [{ name: 'a', expression: "object.data.missing == 'x'" }],
  mutations: [{ patchType: 'ApplyConfiguration', applyConfiguration: { expression: 'Object{}' } }],
})
ask('a mutation whose condition fails', 'mutfailingcondition', { off: '1' })
mutating('chain', {
  mutations: [
    { patchType: 'JSONPatch', jsonPatch: { expression: "[JSONPatch{op: 'add', path: '/data/one', value: '1'}]" } },
    {
      patchType: 'JSONPatch',
      jsonPatch: { expression: "[JSONPatch{op: 'add', path: '/data/two', value: object.data.one + '2'}]" },
    },
  ],
})
ask('a mutation that sees the one before', 'chain', { a: '1' })
mutating('again', {
  reinvocationPolicy: 'IfNeeded',
  mutations: [
    {
      patchType: 'JSONPatch',
      jsonPatch: {
        expression: "has(object.data.other) ? [JSONPatch{op: 'add', path: '/data/saw', value: object.data.other}] : []",
      },
    },
  ],
})
mutating('again2', {
  matchConstraints: { objectSelector: { matchLabels: { case: 'again' } } },
  mutations: [
    { patchType: 'JSONPatch', jsonPatch: { expression: "[JSONPatch{op: 'add', path: '/data/other', value: 'here'}]" } },
  ],
})
ask('a mutation that is asked again', 'again', { a: '1' })
other('an update that is mutated', 'POST', CONFIGMAPS, configMap('chain', { a: '1' }, { name: 'm' }))
other('a patch that is mutated', 'PATCH', `${CONFIGMAPS}/m?dryRun=All`, { data: { one: 'changed' } }, MERGE)
