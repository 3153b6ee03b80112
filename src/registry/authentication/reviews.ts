/** Who am I, and whose token is this. Mirrors pkg/registry/authentication/{selfsubjectreview,tokenreview}/rest. */

import { formatTime } from '../../apimachinery/clock.ts'
import { newBadRequest } from '../../apimachinery/errors.ts'
import { defineResource, type UserInfo, type WriteContext } from '../definition.ts'
import { authenticateToken, TokenError } from './token-authenticator.ts'

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
    async create(review, _, context) {
      if (review.metadata?.namespace) throw newBadRequest('namespace is not allowed on this type: ')
      const { token, audiences } = review['spec'] ?? {}
      if (!token) throw newBadRequest('token is required for TokenReview in authentication')
      return { ...review, status: await reviewOf(token, audiences, context) }
    },
  },
})

async function reviewOf(token: string, audiences: string[] | undefined, context: WriteContext): Promise<object> {
  try {
    const owner = await authenticateToken(token, context, audiences?.length ? audiences : undefined)
    if (!owner) return { user: {}, error: 'invalid bearer token' }
    return { authenticated: true, user: wireForm(owner.user), audiences: owner.audiences }
  } catch (error) {
    if (!(error instanceof TokenError)) throw error
    return { user: {}, error: `[invalid bearer token, ${error.message}]` }
  }
}
