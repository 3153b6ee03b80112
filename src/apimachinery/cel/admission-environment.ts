/** What expressions of admission policies and match conditions may speak of. Mirrors apiserver/pkg/admission/plugin/cel/{compile,composition}.go. */
import { type Environment, makeEnvironment, type StructDeclaration } from './environment.ts'
import { namedType } from './functions.ts'
import { patchStruct } from './patch-types.ts'
import * as T from './types.ts'

export interface AdmissionUse {
  /** `params` is declared: the policy has a paramKind. */
  params?: boolean
  /** `authorizer` and `authorizer.requestResource` are declared. */
  authorizer?: boolean
  /** Expressions may make an `Object` or a `JSONPatch`. */
  patches?: boolean
  /** The expressions are stored already; new ones may not use what older servers do not know. */
  stored?: boolean
  /** What the request's objects are known to be; absent: they may be anything. */
  types?: Typed
}

/** Types of `object`, `oldObject` and `params`, and the structs that they are made of. */
export interface Typed {
  object: T.CelType
  params?: T.CelType
  struct(name: string): StructDeclaration | undefined
}

type Fields = Record<string, T.CelType>

const STRINGS = T.listType(T.STRING)
const TEXTS = T.mapType(T.STRING, T.STRING)
const struct = (name: string): T.CelType => T.structType(`kubernetes.${name}`)

const STRUCTS: Record<string, Fields> = {
  GroupVersionKind: { group: T.STRING, version: T.STRING, kind: T.STRING },
  GroupVersionResource: { group: T.STRING, version: T.STRING, resource: T.STRING },
  UserInfo: { username: T.STRING, uid: T.STRING, groups: STRINGS, extra: T.mapType(T.STRING, STRINGS) },
  AdmissionRequest: {
    kind: struct('GroupVersionKind'),
    resource: struct('GroupVersionResource'),
    subResource: T.STRING,
    requestKind: struct('GroupVersionKind'),
    requestResource: struct('GroupVersionResource'),
    requestSubResource: T.STRING,
    name: T.STRING,
    namespace: T.STRING,
    operation: T.STRING,
    userInfo: struct('UserInfo'),
    dryRun: T.BOOL,
    options: T.DYN,
  },
  NamespaceSpec: { finalizers: STRINGS },
  NamespaceCondition: {
    status: T.STRING,
    type: T.STRING,
    lastTransitionTime: T.TIMESTAMP,
    message: T.STRING,
    reason: T.STRING,
  },
  NamespaceStatus: { conditions: T.listType(struct('NamespaceCondition')), phase: T.STRING },
  NamespaceMetadata: {
    name: T.STRING,
    generateName: T.STRING,
    namespace: T.STRING,
    labels: TEXTS,
    annotations: TEXTS,
    UID: T.STRING,
    creationTimestamp: T.TIMESTAMP,
    deletionGracePeriodSeconds: T.INT,
    deletionTimestamp: T.TIMESTAMP,
    generation: T.INT,
    resourceVersion: T.STRING,
    finalizers: STRINGS,
  },
  Namespace: {
    metadata: struct('NamespaceMetadata'),
    spec: struct('NamespaceSpec'),
    status: struct('NamespaceStatus'),
  },
}

/** A struct with these fields. */
export function structOf(name: string, fields: Readonly<Fields>): StructDeclaration {
  return { name, field: (field) => (Object.hasOwn(fields, field) ? fields[field] : undefined) }
}

const DECLARED = new Map(
  Object.entries(STRUCTS).map(([name, fields]) => [`kubernetes.${name}`, structOf(`kubernetes.${name}`, fields)]),
)

/** Of the variables that a policy declares itself. */
const VARIABLES = 'kubernetes.variables'

const stateless = new Map<string, Environment>()

/** The environment of expressions that have no `variables`: match conditions of webhooks. The same use gives the same one. */
export function admissionEnvironment(use: AdmissionUse = {}): Environment {
  const key = JSON.stringify([use.params, use.authorizer, use.patches, use.stored].map(Boolean))
  const environment = stateless.get(key) ?? build(use, undefined)
  stateless.set(key, environment)
  return environment
}

/**
 * The environment of a policy with `variables`. `declared` holds what is known of them so far, by name, and may grow: an expression that is compiled
 * later sees more of them. An undefined type is dyn: the variable did not compile.
 */
export function policyEnvironment(
  use: AdmissionUse,
  declared: ReadonlyMap<string, T.CelType | undefined>,
): Environment {
  return build(use, {
    name: VARIABLES,
    field: (name) => (declared.has(name) ? (declared.get(name) ?? T.DYN) : undefined),
  })
}

function build(
  { params, authorizer, patches, stored, types }: AdmissionUse,
  declared: StructDeclaration | undefined,
): Environment {
  const variables: Fields = {
    object: types?.object ?? T.DYN,
    oldObject: types?.object ?? T.DYN,
    namespaceObject: struct('Namespace'),
    request: struct('AdmissionRequest'),
    ...(params ? { params: types?.params ?? T.DYN } : {}),
    ...(authorizer ? { authorizer: namedType('authorizer') } : {}),
    // Upstream's type checks know of no such variable.
    ...(authorizer && !types ? { 'authorizer.requestResource': namedType('resourcecheck') } : {}),
    ...(declared ? { variables: T.structType(VARIABLES) } : {}),
  }
  return makeEnvironment(variables, {
    stored: stored ?? false,
    jsonPatch: patches ?? false,
    struct: (name) => {
      if (declared && name === VARIABLES) return declared
      return DECLARED.get(name) ?? types?.struct(name) ?? (patches ? patchStruct(name) : undefined)
    },
  })
}
