/** The public API of the package, and nothing else. */

export { type Clock, ManualClock, type Timer } from './apimachinery/clock.ts'
export type { Status, StatusCause, StatusDetails } from './apimachinery/errors.ts'
export { StatusError } from './apimachinery/errors.ts'
export type { Logger } from './apimachinery/logger.ts'
export type {
  DynamicObject,
  KubeObject,
  LabelSelector,
  ManagedFieldsEntry,
  ObjectMeta,
  OwnerReference,
} from './apimachinery/meta.ts'
export {
  type Cluster,
  type ClusterOptions,
  createCluster,
  type EtcdClusterOptions,
  type ListenOptions,
  type TlsOptions,
} from './cluster.ts'
export type { Client, DeleteOptions, ResourceName } from './controllers/client.ts'
export { FixtureError } from './scenario/fixtures.ts'
