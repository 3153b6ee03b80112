/**
 * Versions of custom resources that a webhook converts, compared with what a real kube-apiserver answered and asked the webhook. Record anew with
 * `KUBEMU_RECORD=https://HOST:PORT KUBEMU_RECORD_TOKEN=... npx vitest run test/api/conversion-webhooks.golden.test.ts`.
 */
import { testTopics } from '../support/test-topics.ts'
import { conversionCases } from '../webhooks/conversion-cases.ts'
import { conversionRoutes } from '../webhooks/conversion-routes.ts'

// How often an object is converted is another matter: ours keeps what it was told.
testTopics(conversionCases, conversionRoutes, { comparesCalls: false })
