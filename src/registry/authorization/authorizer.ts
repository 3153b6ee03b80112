/** May somebody do something: what access reviews, admission and policies ask. Mirrors apiserver/pkg/authorization/authorizer. */
import type { UserInfo } from '../user.ts'

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

export interface Authorizer {
  authorize(attributes: AccessAttributes): Decision
}

/** DEVIATION(no-authorization): the answer of a cluster whose authorizer allows all (AlwaysAllow), with a reason that says so. */
export const ALLOW_ALL: Authorizer = {
  authorize: () => ({ allowed: true, reason: 'kubemu has no authorizer: everything is allowed' }),
}
