/** Who am I, and whose token is this. Mirrors pkg/registry/authentication/{selfsubjectreview,tokenreview}/rest. */

import { formatTime } from '../../apimachinery/clock.ts'
import { newBadRequest } from '../../apimachinery/errors.ts'
import { defineResource, type UserInfo } from '../definition.ts'

export const selfsubjectreviews = defineResource('authentication.k8s.io/v1', 'selfsubjectreviews', {
  virtual: {
    create: (review, _, context) => ({
      ...review,
      metadata: { creationTimestamp: formatTime(context.clock.now()) },
      status: { userInfo: wireForm(context.user) },
    }),
  },
})

function wireForm({ username, uid, groups, extra }: UserInfo): Record<string, unknown> {
  return { username, ...(uid ? { uid } : {}), groups: [...groups], ...(extra ? { extra } : {}) }
}

export const tokenreviews = defineResource('authentication.k8s.io/v1', 'tokenreviews', {
  virtual: {
    create(review) {
      if (review.metadata?.namespace) throw newBadRequest('namespace is not allowed on this type: ')
      if (!review['spec']?.token) throw newBadRequest('token is required for TokenReview in authentication')
      // No token is known to this server: each is answered as one that no authenticator accepts.
      return { ...review, status: { user: {}, error: 'invalid bearer token' } }
    },
  },
})
