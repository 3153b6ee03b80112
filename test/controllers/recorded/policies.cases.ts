/** ValidatingAdmissionPolicies: what their expressions have against the types that they are for. */
import type { DynamicObject } from '../../../src/apimachinery/meta.ts'
import type { Case, Step, Suite } from './case.ts'

const POLICIES = 'validatingadmissionpolicies.admissionregistration.k8s.io'
const CUSTOM = 'customresourcedefinitions.apiextensions.k8s.io'

/** `apps/v1/deployments`, `/v1/pods`. */
function rule(text: string): object {
  const [group, version, ...resource] = text.split('/')
  return { apiGroups: [group], apiVersions: [version], operations: ['CREATE'], resources: [resource.join('/')] }
}
const spec = (rules: string[], expressions: string[], more: object = {}): object => ({
  failurePolicy: 'Ignore',
  matchConstraints: { resourceRules: rules.map(rule) },
  validations: expressions.map((expression) => ({ expression })),
  ...more,
})
const policy = (rules: string[], expressions: string[], more: object = {}): Step => ({
  create: {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'ValidatingAdmissionPolicy',
    metadata: { name: 'p' },
    spec: spec(rules, expressions, more),
  } as DynamicObject,
})
const checked = (title: string, rules: string[], expressions: string[], more: object = {}): Case => ({
  title,
  steps: [policy(rules, expressions, more)],
})

const widgets = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'widgets.example.com' },
  spec: {
    group: 'example.com',
    scope: 'Namespaced',
    names: { plural: 'widgets', kind: 'Widget' },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        schema: {
          openAPIV3Schema: {
            type: 'object',
            properties: {
              spec: {
                type: 'object',
                properties: {
                  size: { type: 'integer' },
                  free: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
                  either: { 'x-kubernetes-int-or-string': true },
                  when: { type: 'string', format: 'date-time' },
                  parts: { type: 'array', items: { type: 'object', properties: { a: { type: 'string' } } } },
                  inner: {
                    type: 'object',
                    'x-kubernetes-embedded-resource': true,
                    'x-kubernetes-preserve-unknown-fields': true,
                  },
                },
              },
            },
          },
        },
      },
    ],
  },
} as unknown as DynamicObject

const cases: Case[] = [
  checked('expressions that fit leave no warning', ['/v1/pods'], ['object.spec.hostNetwork == true']),
  checked('a field that there is not', ['apps/v1/deployments'], ['object.spec.replicas > 5', 'object.spec.foo == 1']),
  checked('a value of another type', ['apps/v1/deployments'], ["object.spec.replicas == 'x'"]),
  checked('several kinds, in order', ['apps/v1/deployments', 'batch/v1/jobs'], ['object.nope == 1 || oldObject.nix']),
  checked('the core group stands for any', ['/v1/events', '/v1/deployments'], ['object.nope == 1']),
  checked('names may be singular', ['/v1/pod'], ['object.nope == 1']),
  checked(
    'wildcards and subresources are not checked',
    ['*/v1/pods', '/*/pods', '/v1/*', '/v1/nodes/status'],
    ['object.nope == 1'],
  ),
  checked('a kind that nobody serves', ['example.com/v1/things'], ['object.nope == 1']),
  checked('quantities have no type', ['/v1/pods'], ['object.spec.containers[0].resources.limits.size() > 0']),
  checked(
    'times and lists and maps',
    ['/v1/pods'],
    [
      "object.metadata.creationTimestamp == 'x'",
      'object.spec.containers.all(c, c.image > 5)',
      "object.metadata.labels + 'x' == 'y'",
      "object.spec.containers[0].ports[0].hostPort + 'x' == 'y'",
      'object.spec.containers[0].livenessProbe.httpGet.port + 1 == 3',
      'object.kind + 1 == 2 || object.apiVersion == 1',
    ],
  ),
  checked(
    'a type within itself is not known',
    ['apiextensions.k8s.io/v1/customresourcedefinitions'],
    [
      "object.spec.versions[0].schema.openAPIV3Schema.properties['a'].type == 'x'",
      "object.spec.versions[0].schema.openAPIV3Schema.type == 'x'",
      'object.metadata.managedFields[0].fieldsV1.nope == 1',
    ],
  ),
  checked('a message expression', ['/v1/pods'], [], {
    validations: [{ expression: 'true', messageExpression: 'string(object.meta)' }],
  }),
  checked('variables have types', ['/v1/pods'], ['variables.x > 1', "variables.y == 'a'"], {
    variables: [
      { name: 'x', expression: 'object.spec.hostNetwork' },
      { name: 'y', expression: 'object.spec.what' },
    ],
  }),
  checked('parameters', ['/v1/configmaps'], ['object.data.x == params.nope', 'params.data.x == 1'], {
    paramKind: { apiVersion: 'v1', kind: 'ConfigMap' },
  }),
  checked('parameters of a kind that nobody serves', ['/v1/configmaps'], ['object.data.x == params.nope'], {
    paramKind: { apiVersion: 'example.com/v1', kind: 'Thing' },
  }),
  checked(
    'the authorizer',
    ['/v1/pods'],
    ["authorizer.requestResource.check('x').allowed()", "authorizer.group('').resource('pods').check('x').allowed()"],
  ),
  {
    title: 'a policy that changes is checked again, labels do not count',
    steps: [
      policy(['/v1/pods'], ['object.nope == 1']),
      { patch: { resource: POLICIES, name: 'p', merge: { metadata: { labels: { a: 'b' } } } } },
      { patch: { resource: POLICIES, name: 'p', merge: { spec: { validations: [{ expression: 'true' }] } } } },
    ],
  },
  {
    title: 'custom resources',
    steps: [
      { create: widgets },
      { seconds: 5 },
      policy(
        ['example.com/v1/widgets'],
        [
          'object.data.x == 1',
          "object.spec.size == 'x'",
          'object.spec.free.any == 1',
          'object.metadata.labels == 1',
          'object.metadata.nope == 1',
          'object.spec.either + 1 == 2',
          'object.spec.parts[0].nope == 2',
          "object.spec.parts[0].a == 'x'",
          "object.spec.when == 'x'",
          'object.spec.inner.metadata.name == 1',
        ],
      ),
    ],
  },
]

export const policies: Suite = {
  name: 'policies',
  controllers: ['validatingadmissionpolicy-status'],
  components: [],
  shows: [POLICIES],
  cleans: [CUSTOM],
  exclusive: true,
  quietMs: 1500,
  cases,
}
