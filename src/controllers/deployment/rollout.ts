/** What the phases of one sync of a Deployment hand to each other. */
import type { Deployment, ReplicaSet } from '../../types/apps-v1.ts'
import type { ControllerContext } from '../controller.ts'

/** One sync. `deployment` and `replicaSets` are the newest known state: a write replaces what it changed. */
export interface Rollout {
  deployment: Deployment
  replicaSets: readonly ReplicaSet[]
  readonly context: ControllerContext
}
