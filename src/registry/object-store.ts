/** A store as list, watch and delete see it: where its objects are and how they look. */
import type { DynamicObject, KubeObject } from '../apimachinery/meta.ts'
import type { ResourceDefinition } from './definition.ts'
import type { Environment } from './environment.ts'

export interface ObjectStore {
  readonly definition: ResourceDefinition
  readonly environment: Environment
  /** How 404s and conflicts name it. */
  readonly qualified: { group: string; resource: string }
  /** `namespace/name` or `name`: the name in storage. */
  name(namespace: string, name: string): string
  /** A stored object as this resource's version shows it. Shared and immutable. */
  view(stored: KubeObject): DynamicObject
  /** What goes into storage. */
  toStored(object: DynamicObject): DynamicObject
  /** The kind with nothing set, as Go prints it. A fresh copy. */
  zero(): DynamicObject
  /** The same, shared: what a new object is compared with. */
  empty(): DynamicObject
  /** Throws 404. */
  get(namespace: string, name: string): DynamicObject
  find(namespace: string, name: string): DynamicObject | undefined
}
