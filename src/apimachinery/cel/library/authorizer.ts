/** `authorizer.group('apps').resource('deployments').check('create').allowed()`. Mirrors apiserver/pkg/cel/library/authz.go. */
import { isDns1123Label, isDns1123Subdomain } from '../../names.ts'
import { type Declaration, namedType } from '../functions.ts'
import { CelError, Opaque, type Value } from '../values.ts'

/** What is asked; a path or a resource. */
export interface AccessAttributes {
  /** A service account instead of the user of the request: `[namespace, name]`. */
  serviceAccount?: readonly [namespace: string, name: string]
  verb: string
  path?: string
  group?: string
  resource?: string
  subresource?: string
  namespace?: string
  name?: string
  fieldSelector?: string
  labelSelector?: string
}

export interface AccessDecision {
  allowed: boolean
  reason: string
  error?: string
}

/** Answers whether the user of the request may. */
export type Authorize = (attributes: AccessAttributes) => AccessDecision

type Question = Omit<AccessAttributes, 'verb'>

/** An authorizer, or what has been said to it so far. */
export class AccessCheck extends Opaque {
  readonly type
  readonly authorize: Authorize
  readonly question: Question
  constructor(
    kind: 'authorizer' | 'pathcheck' | 'groupcheck' | 'resourcecheck',
    authorize: Authorize,
    question: Question = {},
  ) {
    super()
    this.type = namedType(kind)
    this.authorize = authorize
    this.question = question
  }
  equals(other: Value): boolean {
    return other === this
  }
}

export class Decision extends Opaque {
  readonly type = namedType('decision')
  readonly decision: AccessDecision
  constructor(decision: AccessDecision) {
    super()
    this.decision = decision
  }
  equals(other: Value): boolean {
    return other === this
  }
}

const check = (value: Value): AccessCheck => value as AccessCheck
const decision = (value: Value): AccessDecision => (value as Decision).decision

/** What is known, and one thing more. */
const more =
  (kind: 'resourcecheck' | 'groupcheck' | 'pathcheck', field: keyof Question, empty?: string) =>
  (value: Value, text: Value): Value => {
    if (empty !== undefined && (text as string).trim() === '') return new CelError(empty)
    const { authorize, question } = check(value)
    return new AccessCheck(kind, authorize, { ...question, [field]: text as string })
  }

function serviceAccount(value: Value, namespace: Value, name: Value): Value {
  if (isDns1123Subdomain(name as string).length > 0) return new CelError('Invalid service account name')
  if (isDns1123Label(namespace as string).length > 0) return new CelError('Invalid service account namespace')
  return new AccessCheck('authorizer', check(value).authorize, {
    serviceAccount: [namespace as string, name as string],
  })
}

function decide(value: Value, verb: Value): Value {
  const { authorize, question } = check(value)
  return new Decision(authorize({ ...question, verb: verb as string }))
}

export const AUTHORIZER_MEMBERS: Declaration[] = [
  ['authorizer_path', 'authorizer.path(string) pathcheck', more('pathcheck', 'path', 'path must not be empty')],
  ['authorizer_group', 'authorizer.group(string) groupcheck', more('groupcheck', 'group')],
  ['authorizer_serviceaccount', 'authorizer.serviceAccount(string, string) authorizer', serviceAccount],
  [
    'groupcheck_resource',
    'groupcheck.resource(string) resourcecheck',
    more('resourcecheck', 'resource', 'resource must not be empty'),
  ],
  [
    'resourcecheck_subresource',
    'resourcecheck.subresource(string) resourcecheck',
    more('resourcecheck', 'subresource'),
  ],
  ['resourcecheck_namespace', 'resourcecheck.namespace(string) resourcecheck', more('resourcecheck', 'namespace')],
  ['resourcecheck_name', 'resourcecheck.name(string) resourcecheck', more('resourcecheck', 'name')],
  ['pathcheck_check', 'pathcheck.check(string) decision', decide],
  ['resourcecheck_check', 'resourcecheck.check(string) decision', decide],
  ['decision_errored', 'decision.errored() bool', (value) => decision(value).error !== undefined],
  ['decision_error', 'decision.error() string', (value) => decision(value).error ?? ''],
  ['decision_allowed', 'decision.allowed() bool', (value) => decision(value).allowed],
  ['decision_reason', 'decision.reason() string', (value) => decision(value).reason],
  [
    'authorizer_fieldselector',
    'resourcecheck.fieldSelector(string) resourcecheck',
    more('resourcecheck', 'fieldSelector'),
  ],
  [
    'authorizer_labelselector',
    'resourcecheck.labelSelector(string) resourcecheck',
    more('resourcecheck', 'labelSelector'),
  ],
]
