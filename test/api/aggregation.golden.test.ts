/**
 * Extension API servers behind APIServices, compared with what a real kube-apiserver answered and asked them. Record anew with
 * `KUBEMU_RECORD=https://HOST:PORT KUBEMU_RECORD_TOKEN=... npx vitest run test/api/aggregation.golden.test.ts`.
 */
import { testTopics } from '../support/test-topics.ts'
import { aggregationCases } from '../webhooks/aggregation-cases.ts'
import { aggregationRoutes } from '../webhooks/aggregation-routes.ts'

// How often a server is probed is a matter of time.
testTopics(aggregationCases, aggregationRoutes, { comparesCalls: false })
