/** May somebody do something: what access reviews, admission and policies ask. Mirrors apiserver/pkg/authorization/authorizer. */
import { quote } from '../../apimachinery/go-text.ts'
import type { PolicyRule } from '../../types/rbac-v1.ts'
import type { UserInfo } from '../user.ts'

/** As kube-apiserver's --authorization-mode. */
export type AuthorizationMode = 'AlwaysAllow' | 'RBAC'

/** Who wants to do what. Of resources `path` is absent; of other paths (`/metrics`) only `verb` and `path` count. */
export interface AccessAttributes {
  user: UserInfo
  verb: string
  group?: string
  version?: string
  resource?: string
  subresource?: string
  namespace?: string
  name?: string
  path?: string
}

export interface Decision {
  allowed: boolean
  /** For people: why, or why not. */
  reason: string
}

/** What somebody may do in a namespace, as rules of roles. */
export interface Rules {
  rules: readonly PolicyRule[]
  /** Why there may be more of them: roles that are not there. */
  errors: readonly string[]
}

export interface Authorizer {
  authorize(attributes: AccessAttributes): Decision
  rulesFor(user: UserInfo, namespace: string): Rules
}

/** Who may not do what, in the words of a Forbidden status. */
export function refusal({ user, verb, group, resource, subresource, namespace, path }: AccessAttributes): string {
  const who = `User ${quote(user.username)} cannot ${verb}`
  if (path !== undefined) return `${who} path ${quote(path)}`
  const what = `resource ${quote(subresource ? `${resource}/${subresource}` : (resource ?? ''))} in API group ${quote(group ?? '')}`
  return `${who} ${what} ${namespace ? `in the namespace ${quote(namespace)}` : 'at the cluster scope'}`
}

/** Everything that rules can allow. */
export const ALL_RIGHTS: readonly PolicyRule[] = [
  { verbs: ['*'], apiGroups: ['*'], resources: ['*'] },
  { verbs: ['*'], nonResourceURLs: ['*'] },
]

/** DEVIATION(no-authorization): the answer of a cluster whose authorizer allows all (AlwaysAllow), with a reason that says so. */
export const ALLOW_ALL: Authorizer = {
  authorize: () => ({
    allowed: true,
    reason: 'kubemu runs with --authorization-mode=AlwaysAllow: everything is allowed',
  }),
  rulesFor: () => ({
    rules: ALL_RIGHTS,
    errors: [],
  }),
}
