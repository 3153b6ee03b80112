/**
 * Admission webhooks over HTTPS, compared with what a real kube-apiserver answered its client and asked the webhook. Record anew with
 * `KUBEMU_RECORD=https://HOST:PORT KUBEMU_RECORD_TOKEN=... npx vitest run test/api/admission-webhooks.golden.test.ts`.
 */
import { testTopics } from '../support/test-topics.ts'
import { admissionCases } from '../webhooks/admission-cases.ts'
import { admissionRoutes } from '../webhooks/routes.ts'

testTopics(admissionCases, admissionRoutes)
