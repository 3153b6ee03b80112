/** What a fresh cluster's objects are made from, and how they are handed over. */
import type { DynamicObject } from '../../apimachinery/meta.ts'

export interface BootstrapOptions {
  /** Milliseconds since the epoch: condition times, the date legacy token tracking began. */
  now: number
  /** `10.96.0.0/12`: its first address is the `kubernetes` Service's. */
  serviceCidr: string
  /** Address and port that pods would reach this server at. */
  advertiseAddress: string
  securePort: number
}

/** One object to create: `resource` is `configmaps` or `clusterroles.rbac.authorization.k8s.io`. */
export interface BootstrapObject {
  resource: string
  object: DynamicObject
  /** Written through /status after the create, where the kind's strategy clears status on create. */
  status?: Record<string, unknown>
  /** What becomes of an object that is there already; undefined: it stays. Absent: they all do. */
  upgraded?(present: DynamicObject): DynamicObject | undefined
}
