/** Who asks. Mirrors apiserver/pkg/authentication/user. */
export interface UserInfo {
  username: string
  groups: readonly string[]
  uid?: string
  extra?: Record<string, string[]>
}

const ANONYMOUS = 'system:anonymous'

/** Groups of the service accounts of a namespace. */
export const serviceAccountGroups = (namespace: string): string[] => [
  'system:serviceaccounts',
  `system:serviceaccounts:${namespace}`,
]

/** Namespace and name of the service account that goes by this name; undefined: it is no service account's. */
export function serviceAccountOf(username: string): { namespace: string; name: string } | undefined {
  const [, namespace, name] = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(username) ?? []
  return namespace && name ? { namespace, name } : undefined
}

/** Whom somebody else takes on: in these groups, or in those that the name brings, and in that of all users. */
export function impersonated(
  username: string,
  asked: readonly string[] = [],
  uid = '',
  extra?: UserInfo['extra'],
): UserInfo {
  const account = serviceAccountOf(username)
  const groups = asked.length > 0 || !account ? asked : serviceAccountGroups(account.namespace)
  const needed = username === ANONYMOUS ? 'system:unauthenticated' : 'system:authenticated'
  const isSaid = groups.includes(needed) || groups.includes('system:unauthenticated')
  return {
    username,
    groups: isSaid ? groups : [...groups, needed],
    ...(uid ? { uid } : {}),
    ...(extra && Object.keys(extra).length > 0 ? { extra } : {}),
  }
}
