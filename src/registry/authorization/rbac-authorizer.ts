/** Decides by the roles that are bound to a user, found anew for each question. Mirrors plugin/pkg/auth/authorizer/rbac and pkg/registry/rbac/validation/rule.go. */
import { newNotFound } from '../../apimachinery/errors.ts'
import { quote } from '../../apimachinery/go-text.ts'
import type { KubeObject } from '../../apimachinery/meta.ts'
import type { ClusterRole, ClusterRoleBinding, PolicyRule, RoleBinding, RoleRef, Subject } from '../../types/rbac-v1.ts'
import type { UserInfo } from '../user.ts'
import { type AccessAttributes, ALL_RIGHTS, type Authorizer, type Decision, type Rules } from './authorizer.ts'
import { ruleAllows } from './policy-rules.ts'

const GROUP = 'rbac.authorization.k8s.io'
/** Whoever is in it may do everything, whatever roles say: an authorizer of its own upstream, before this one. */
const SUPERUSERS = 'system:masters'

/** Where the objects are. */
export interface RoleReader {
  get<T extends KubeObject>(resource: string, namespace: string, name: string): T | undefined
  list<T extends KubeObject>(resource: string, namespace?: string): readonly T[]
}

interface Granted {
  rule: PolicyRule
  /** By what, for people. */
  source: string
}

export function createRbacAuthorizer(reader: RoleReader): Authorizer {
  return {
    authorize: (attributes) => decide(reader, attributes),
    rulesFor(user, namespace) {
      const errors: string[] = []
      const rules = [...grants(reader, user, namespace, errors)].map(({ rule }) => rule)
      return { rules: isSuperuser(user) ? [...ALL_RIGHTS, ...rules] : rules, errors } satisfies Rules
    },
  }
}

export const isSuperuser = ({ groups }: UserInfo): boolean => groups.includes(SUPERUSERS)

function decide(reader: RoleReader, attributes: AccessAttributes): Decision {
  if (isSuperuser(attributes.user)) return { allowed: true, reason: '' }
  const errors: string[] = []
  for (const { rule, source } of grants(reader, attributes.user, attributes.namespace ?? '', errors)) {
    if (ruleAllows(rule, attributes)) return { allowed: true, reason: `RBAC: allowed by ${source}` }
  }
  return { allowed: false, reason: errors.length === 0 ? '' : `rbac: RBAC: ${aggregate(errors)}` }
}

/** As Go prints several errors, each once. */
export function aggregate(errors: readonly string[]): string {
  const distinct = [...new Set(errors)]
  return distinct.length === 1 ? distinct[0]! : `[${distinct.join(', ')}]`
}

/** Rules of cluster role bindings, then those of the namespace's role bindings. Roles that are not there go to `errors`. */
function* grants(reader: RoleReader, user: UserInfo, namespace: string, errors: string[]): Iterable<Granted> {
  for (const binding of reader.list<ClusterRoleBinding>(`clusterrolebindings.${GROUP}`)) {
    const subject = subjectOf(binding.subjects, user, '')
    if (subject) yield* grantsOf(reader, binding, subject, '', errors)
  }
  if (namespace === '') return
  for (const binding of reader.list<RoleBinding>(`rolebindings.${GROUP}`, namespace)) {
    const subject = subjectOf(binding.subjects, user, namespace)
    if (subject) yield* grantsOf(reader, binding, subject, namespace, errors)
  }
}

function* grantsOf(
  reader: RoleReader,
  { metadata, roleRef }: RoleBinding,
  subject: Subject,
  namespace: string,
  errors: string[],
): Iterable<Granted> {
  const role = findRole(reader, roleRef, namespace)
  if (!role) {
    errors.push(noRole(roleRef).message)
    return
  }
  const [kind, name] =
    namespace === '' ? ['ClusterRoleBinding', metadata.name] : ['RoleBinding', `${metadata.name}/${namespace}`]
  const source = `${kind} ${quote(name ?? '')} of ${roleRef.kind} ${quote(roleRef.name)} to ${describe(subject, namespace)}`
  for (const rule of role.rules ?? []) yield { rule, source }
}

function describe({ kind, name, namespace }: Subject, bindingNamespace: string): string {
  return `${kind} ${quote(kind === 'ServiceAccount' ? `${name}/${namespace || bindingNamespace}` : name)}`
}

function subjectOf(subjects: readonly Subject[] | undefined, user: UserInfo, namespace: string): Subject | undefined {
  return subjects?.find((subject) => {
    switch (subject.kind) {
      case 'User':
        return subject.name === user.username
      case 'Group':
        return user.groups.includes(subject.name)
      case 'ServiceAccount': {
        const home = subject.namespace || namespace
        return home !== '' && user.username === `system:serviceaccount:${home}:${subject.name}`
      }
      default:
        return false
    }
  })
}

function findRole(reader: RoleReader, { kind, name }: RoleRef, namespace: string): ClusterRole | undefined {
  return kind === 'Role' ? reader.get(`roles.${GROUP}`, namespace, name) : reader.get(`clusterroles.${GROUP}`, '', name)
}

function noRole({ kind, name }: RoleRef): Error {
  return newNotFound({ group: GROUP, resource: kind === 'Role' ? 'role' : 'clusterrole' }, name)
}

/** The rules that a binding would grant; undefined: there is no such role. */
export function rulesOfRole(
  reader: RoleReader,
  roleRef: RoleRef,
  namespace: string,
): readonly PolicyRule[] | undefined {
  const role = findRole(reader, roleRef, namespace)
  return role && (role.rules ?? [])
}
