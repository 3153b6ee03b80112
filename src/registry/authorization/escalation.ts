/**
 * Nobody grants what he does not hold, unless he may `escalate` the role or `bind` it. Checked after mutating admission and before validation.
 * Mirrors pkg/registry/rbac/{role,clusterrole,rolebinding,clusterrolebinding}/policybased and escalation_check.go.
 */
import { deepEqual } from '../../apimachinery/equality.ts'
import { newForbidden, newNotFound } from '../../apimachinery/errors.ts'
import { quote } from '../../apimachinery/go-text.ts'
import type { DynamicObject } from '../../apimachinery/meta.ts'
import type { ClusterRole, PolicyRule, RoleBinding } from '../../types/rbac-v1.ts'
import type { WriteContext } from '../definition.ts'
import { ALL_RIGHTS } from './authorizer.ts'
import { describeRules, missingRights } from './policy-rules.ts'
import { aggregate, isSuperuser, rulesOfRole } from './rbac-authorizer.ts'

const GROUP = 'rbac.authorization.k8s.io'

/** Throws 403. `old`: absent on create. */
export function checkRoleEscalation(
  resource: 'roles' | 'clusterroles',
  role: DynamicObject,
  old: DynamicObject | undefined,
  context: WriteContext,
): void {
  const { user, authorizer, internal } = context
  if (internal || isSuperuser(user)) return
  const { name = '', namespace = '' } = role.metadata
  const attributes = { user, group: GROUP, version: '*', resource, name: old ? name : '', namespace }
  if (authorizer.authorize({ ...attributes, verb: 'escalate' }).allowed) return
  if (old && onlyGarbageCollection(role, old)) return
  const { rules, aggregationRule } = role as unknown as ClusterRole
  const refused = (why: string): Error => newForbidden({ group: GROUP, resource }, name, why)
  const why = escalation(rules ?? [], namespace, context)
  if (why !== undefined) throw refused(why)
  const before = old as unknown as ClusterRole | undefined
  const aggregates = [aggregationRule, before?.aggregationRule].some((rule) => rule?.clusterRoleSelectors?.length)
  if (aggregates && escalation(ALL_RIGHTS, namespace, context) !== undefined) {
    throw refused('must have cluster-admin privileges to use the aggregationRule')
  }
}

/** Throws 403, and 404 for a role that is not there. `old`: absent on create. */
export function checkBindingEscalation(
  resource: 'rolebindings' | 'clusterrolebindings',
  object: DynamicObject,
  old: DynamicObject | undefined,
  context: WriteContext,
): void {
  const { user, authorizer, reader, internal } = context
  if (internal || isSuperuser(user)) return
  if (old && onlyGarbageCollection(object, old)) return
  const { metadata, roleRef } = object as unknown as RoleBinding
  const { name = '', namespace = '' } = metadata
  const role = roleRef.kind === 'Role' ? 'roles' : 'clusterroles'
  const attributes = { user, group: GROUP, version: '*', resource: role, name: roleRef.name, namespace }
  if (authorizer.authorize({ ...attributes, verb: 'bind' }).allowed) return
  const rules = rulesOfRole(reader, roleRef, namespace)
  // As upstream: the role's 404 becomes one of the binding's resource.
  if (!rules) throw newNotFound({ group: GROUP, resource }, roleRef.name)
  const why = escalation(rules, namespace, context)
  if (why !== undefined) throw newForbidden({ group: GROUP, resource }, name, why)
}

/** What the user would grant without holding it; undefined: nothing. */
function escalation(
  wanted: readonly PolicyRule[],
  namespace: string,
  { user, authorizer }: WriteContext,
): string | undefined {
  const { rules, errors } = authorizer.rulesFor(user, namespace)
  const missing = missingRights(rules, wanted)
  if (missing.length === 0) return undefined
  const groups = `[${user.groups.map(quote).join(' ')}]`
  const lead = `user ${quote(user.username)} (groups=${groups}) is attempting to grant RBAC permissions not currently held:`
  const trouble = errors.length > 0 ? `; resolution errors: [${aggregate(errors)}]` : ''
  return `${lead}\n${describeRules(missing).join('\n')}${trouble}`
}

/** The garbage collector must be able to take away what it could not grant. */
function onlyGarbageCollection(object: DynamicObject, old: DynamicObject): boolean {
  const { ownerReferences, finalizers, managedFields } = old.metadata
  return deepEqual({ ...object, metadata: { ...object.metadata, ownerReferences, finalizers, managedFields } }, old)
}
