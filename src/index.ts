/** The public API of the package, and nothing else. */

export type { Status, StatusCause, StatusDetails } from './apimachinery/errors.ts'
export { StatusError } from './apimachinery/errors.ts'
export type { DynamicObject, KubeObject, LabelSelector, ObjectMeta, OwnerReference } from './apimachinery/meta.ts'
export { type Cluster, type ClusterOptions, createCluster } from './cluster.ts'
export type { Client, DeleteOptions } from './controllers/client.ts'
