/** What the API server is made with. */
import type { Logger } from '../apimachinery/logger.ts'
import type { Registry } from '../registry/registry.ts'
import type { Ending } from './ending.ts'
import type { FailingChecks } from './health.ts'
import type { Metrics } from './metrics.ts'
import type { ProxyClient } from './proxy.ts'
import type { Turns } from './turns.ts'

/** What the API needs to know of the process around it. */
export interface ApiOptions {
  registry: Registry
  metrics: Metrics
  logger: Logger
  /** Reads answered at once, long-running requests aside; more get 429. Absent or 0: no limit. */
  maxRequestsInFlight?: number
  /** The same for all that may write. */
  maxMutatingRequestsInFlight?: number
  /** Health checks that fail now, with why: /readyz and its like say so. */
  failingChecks?: () => FailingChecks | Promise<FailingChecks>
  turns: Turns
  /** Reaches extension API servers; absent: they are unavailable. */
  proxy?: ProxyClient
  /** Comes when the server stops: watches end cleanly. */
  ending: Ending
}
