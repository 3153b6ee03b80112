/** The resources with which users say what emulated objects do: Stages, also under KWOK's own group, and ContainerBehaviors. Mirrors kwok kustomize/crd. */
import type { KubeObject } from '../apimachinery/meta.ts'

type Schema = Record<string, unknown>

const TEXT: Schema = { type: 'string' }
const WHOLE: Schema = { type: 'integer', format: 'int64', minimum: 0 }
const FLAG: Schema = { type: 'boolean' }
const TEXTS: Schema = { type: 'array', items: TEXT }
const TEXT_MAP: Schema = { type: 'object', additionalProperties: TEXT }

const list = (items: Schema): Schema => ({ type: 'array', items })
const object = (properties: Record<string, Schema>, required?: string[]): Schema => ({
  type: 'object',
  properties,
  ...(required ? { required } : {}),
})

const EXPRESSION = object({ expression: TEXT })
const FROM = object({ expressionFrom: TEXT, jq: EXPRESSION, cel: EXPRESSION })
const OPERATOR: Schema = { type: 'string', enum: ['In', 'NotIn', 'Exists', 'DoesNotExist'] }
const REQUIREMENT = { key: TEXT, operator: OPERATOR, values: TEXTS }
const AS_USER = object({ username: TEXT }, ['username'])
const EVENT = object({ type: TEXT, reason: TEXT, message: TEXT })
const FINALIZERS = object({ add: list(object({ value: TEXT })), remove: list(object({ value: TEXT })), empty: FLAG })
const PATCH = object({
  subresource: TEXT,
  root: TEXT,
  template: TEXT,
  type: { type: 'string', enum: ['json', 'merge', 'strategic'] },
  impersonation: AS_USER,
})
const APPLY = object({ template: TEXT, subresource: TEXT, type: TEXT, impersonation: AS_USER })

const STAGE_SPEC = object(
  {
    resourceRef: object({ apiGroup: { type: 'string', default: 'v1' }, kind: TEXT }, ['kind']),
    selector: object({
      matchLabels: TEXT_MAP,
      matchAnnotations: TEXT_MAP,
      matchExpressions: list(object({ cel: EXPRESSION, jq: object(REQUIREMENT), ...REQUIREMENT })),
    }),
    weight: { ...WHOLE, default: 0 },
    weightFrom: FROM,
    delay: object({
      durationMilliseconds: WHOLE,
      durationFrom: FROM,
      jitterDurationMilliseconds: WHOLE,
      jitterDurationFrom: FROM,
    }),
    next: object({
      event: EVENT,
      finalizers: FINALIZERS,
      delete: FLAG,
      patches: list(PATCH),
      statusTemplate: TEXT,
      statusSubresource: { type: 'string', default: 'status' },
      statusPatchAs: AS_USER,
    }),
    immediateNextStage: FLAG,
    steps: list(object({ patch: PATCH, event: EVENT, finalizers: FINALIZERS, delete: FLAG, apply: APPLY })),
  },
  ['resourceRef'],
)

const COUNT: Schema = { type: 'integer', format: 'int32' }

const BEHAVIOR_SPEC = object({
  selector: object({
    images: TEXTS,
    commands: TEXTS,
    containers: TEXTS,
    namespaces: TEXTS,
    matchLabels: TEXT_MAP,
    matchAnnotations: TEXT_MAP,
  }),
  behavior: object({
    exitsAfter: TEXT,
    exitCode: COUNT,
    reason: TEXT,
    message: TEXT,
    times: COUNT,
    startsAfter: TEXT,
    readyAfter: TEXT,
    ready: FLAG,
    livenessFailsAfter: TEXT,
    stopsAfter: TEXT,
    stopExitCode: COUNT,
    pulledAfter: TEXT,
    pullError: TEXT,
  }),
})

const CONDITIONS = list({ type: 'object', 'x-kubernetes-preserve-unknown-fields': true })

function definition(group: string, plural: string, kind: string, spec: Schema): KubeObject {
  const singular = kind.toLowerCase()
  const status = object({ conditions: CONDITIONS })
  const openAPIV3Schema = object({ apiVersion: TEXT, kind: TEXT, metadata: { type: 'object' }, spec, status }, ['spec'])
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      scope: 'Cluster',
      names: { kind, listKind: `${kind}List`, plural, singular },
      versions: [
        { name: 'v1alpha1', served: true, storage: true, schema: { openAPIV3Schema }, subresources: { status: {} } },
      ],
    },
  } as KubeObject
}

/** As objects to apply, before those of their kinds. */
export const STAGE_DEFINITIONS: readonly KubeObject[] = [
  definition('kubemu.dev', 'stages', 'Stage', STAGE_SPEC),
  definition('kwok.x-k8s.io', 'stages', 'Stage', STAGE_SPEC),
  definition('kubemu.dev', 'containerbehaviors', 'ContainerBehavior', BEHAVIOR_SPEC),
]

const KINDS = new Set([
  'kubemu.dev/v1alpha1/Stage',
  'kwok.x-k8s.io/v1alpha1/Stage',
  'kubemu.dev/v1alpha1/ContainerBehavior',
])

/** An object of one of these kinds. */
export const isStaging = ({ apiVersion, kind }: KubeObject): boolean => KINDS.has(`${apiVersion}/${kind}`)
