/** May they: the access reviews answer what the authorizer says. Mirrors pkg/registry/authorization. */
import { newBadRequest, newInvalid } from '../../apimachinery/errors.ts'
import { type FieldError, invalid } from '../../apimachinery/field-error.ts'
import type { DynamicObject } from '../../apimachinery/meta.ts'
import { internalForm } from '../../apimachinery/schema/internal-form.ts'
import { defineResource, type VirtualResource } from '../definition.ts'
import type { UserInfo } from '../user.ts'
import type { AccessAttributes } from './authorizer.ts'
import { aggregate } from './rbac-authorizer.ts'

const GROUP = 'authorization.k8s.io'
const EXACTLY_ONE = 'exactly one of nonResourceAttributes or resourceAttributes must be specified'

type Check = (review: DynamicObject, namespace: string) => FieldError[]

function accessReview(check: Check): VirtualResource {
  return {
    create(review, namespace, { authorizer, user }) {
      const errors = check(review, namespace)
      // Upstream leaves the kind out here.
      if (errors.length > 0) throw newInvalid({ group: GROUP, resource: '' }, '', errors)
      const { allowed, reason } = authorizer.authorize(attributesOf(review['spec'], user))
      return { ...review, status: { allowed, ...(reason ? { reason } : {}) } }
    },
  }
}

/** A review that names nobody is about who asks. */
function attributesOf(spec: DynamicObject['spec'], asker: UserInfo): AccessAttributes {
  const { user, groups, uid, extra, resourceAttributes, nonResourceAttributes } = spec
  const named = user !== undefined || groups !== undefined
  const subject: UserInfo = named ? { username: user ?? '', groups: groups ?? [], uid, extra } : asker
  if (nonResourceAttributes) {
    return { user: subject, verb: nonResourceAttributes.verb ?? '', path: nonResourceAttributes.path ?? '' }
  }
  const { verb = '', group, version, resource, subresource, namespace, name } = resourceAttributes
  return { user: subject, verb, group, version, resource, subresource, namespace, name }
}

export const selfsubjectaccessreviews = defineResource(`${GROUP}/v1`, 'selfsubjectaccessreviews', {
  virtual: accessReview((review) => [...checkAttributes(review), ...checkMetadata(review)]),
})

export const subjectaccessreviews = defineResource(`${GROUP}/v1`, 'subjectaccessreviews', {
  virtual: accessReview((review) => [...checkSubject(review), ...checkAttributes(review), ...checkMetadata(review)]),
})

export const localsubjectaccessreviews = defineResource(`${GROUP}/v1`, 'localsubjectaccessreviews', {
  virtual: accessReview((review, namespace) => [
    ...checkSubject(review),
    ...checkAttributes(review),
    ...checkLocal(review, namespace),
  ]),
})

/** What `kubectl auth can-i --list` prints. */
export const selfsubjectrulesreviews = defineResource(`${GROUP}/v1`, 'selfsubjectrulesreviews', {
  virtual: {
    create(review, _namespace, { authorizer, user }) {
      const namespace = review['spec']?.namespace
      if (!namespace) throw newBadRequest('no namespace on request')
      const { rules, errors } = authorizer.rulesFor(user, namespace)
      const ofResources = rules.filter(({ resources }) => resources?.length)
      const ofPaths = rules.filter(({ nonResourceURLs }) => nonResourceURLs?.length)
      return {
        ...review,
        spec: {},
        status: {
          resourceRules: ofResources.map(({ verbs, apiGroups, resources, resourceNames }) => ({
            verbs,
            ...(apiGroups ? { apiGroups } : {}),
            resources,
            ...(resourceNames ? { resourceNames } : {}),
          })),
          nonResourceRules: ofPaths.map(({ verbs, nonResourceURLs }) => ({ verbs, nonResourceURLs })),
          incomplete: false,
          ...(errors.length > 0 ? { evaluationError: aggregate(errors) } : {}),
        },
      }
    },
  },
})

function checkAttributes({ spec = {} }: DynamicObject): FieldError[] {
  const { resourceAttributes, nonResourceAttributes } = spec
  if (Boolean(resourceAttributes) !== Boolean(nonResourceAttributes)) return []
  return [invalid('spec', internalForm('authorization.NonResourceAttributes', nonResourceAttributes), EXACTLY_ONE)]
}

function checkSubject({ spec = {} }: DynamicObject): FieldError[] {
  if (spec.user || spec.groups?.length) return []
  return [invalid('spec.user', '', 'at least one of user or group must be specified')]
}

/** Whoever applied the review owns its fields: that is not counted as metadata. */
function checkMetadata({ metadata = {} }: DynamicObject, allowed: readonly string[] = []): FieldError[] {
  const ignored = ['managedFields', 'creationTimestamp', ...allowed]
  const said = Object.entries(metadata).filter(([name, value]) => !ignored.includes(name) && value !== undefined)
  if (said.length === 0) return []
  const why = allowed.length > 0 ? 'must be empty except for namespace' : 'must be empty'
  return [invalid('metadata', metadata, why)]
}

function checkLocal(review: DynamicObject, namespace: string): FieldError[] {
  const errors = checkMetadata(review, ['namespace'])
  const attributes = review['spec']?.resourceAttributes
  if (attributes && (attributes.namespace ?? '') !== namespace) {
    const path = 'spec.resourceAttributes.namespace'
    errors.push(invalid(path, attributes.namespace ?? '', 'must match metadata.namespace'))
  }
  const other = review['spec']?.nonResourceAttributes
  if (other) {
    const printed = internalForm('authorization.NonResourceAttributes', other)
    errors.push(invalid('spec.nonResourceAttributes', printed, 'disallowed on this kind of request'))
  }
  return errors
}
