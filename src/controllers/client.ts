/** What controllers may do to the cluster: the same writes as any client, without HTTP or JSON in between. An interface: cluster.ts gives the implementation. */
import type { KubeObject, LabelSelector } from '../apimachinery/meta.ts'

/** `pods`, `deployments.apps`: resource and group, as messages print them. */
export type ResourceName = string

/** How to delete. */
export interface DeleteOptions {
  /** Seconds a pod has to stop; default: its own. 0: at once. */
  gracePeriodSeconds?: number
  /** Conflict unless the object is still this one. */
  preconditions?: { uid?: string; resourceVersion?: string }
  /** What becomes of dependents; default: the kind's own, mostly Background. */
  propagationPolicy?: 'Orphan' | 'Background' | 'Foreground'
}

/**
 * Writes go through the registry's store as HTTP writes do: defaults, admission, validation, resourceVersion and events apply.
 * Failures are StatusErrors. Objects that come back are shared and must not be changed: make a new one.
 */
export interface Client {
  /** Answers the object as it was stored: with defaults, uid and resourceVersion. Throws AlreadyExists, Invalid, Forbidden. */
  create<T extends KubeObject>(resource: ResourceName, object: T): Promise<T>
  /** Optimistic when metadata.resourceVersion is set. */
  update<T extends KubeObject>(resource: ResourceName, object: T): Promise<T>
  /** As update, of the status alone; other fields stay as they are stored. */
  updateStatus<T extends KubeObject>(resource: ResourceName, object: T): Promise<T>
  /**
   * Read, change, write as one step: `change` gets the present object (do not mutate) and answers the next one; answering the same object
   * writes nothing. `subresource`: 'status', 'scale' is not one of these. Throws NotFound.
   */
  modify<T extends KubeObject>(
    resource: ResourceName,
    namespace: string,
    name: string,
    change: (old: T) => T,
    options?: { subresource?: 'status' | 'finalize' | 'approval' },
  ): Promise<T>
  /** The object, changed as the patch says; a result that is equal writes nothing. Throws NotFound, and 400 or 422 for a patch that does not fit. */
  patch<T extends KubeObject>(
    resource: ResourceName,
    namespace: string,
    name: string,
    type: PatchType,
    patch: unknown,
    options?: { subresource?: string },
  ): Promise<T>
  /** POST to a subresource that has its own kind: `binding`, `eviction`. */
  createSubresource(
    resource: ResourceName,
    namespace: string,
    name: string,
    subresource: string,
    body: KubeObject,
  ): Promise<KubeObject>
  /** The same in the name of a user, who has to have the right to: else Forbidden. */
  as(username: string): Pick<Client, 'create' | 'patch'>
  /** Resolves when the object is gone or marked: grace and finalizers can keep it. Throws NotFound. */
  delete(resource: ResourceName, namespace: string, name: string, options?: DeleteOptions): Promise<void>
  /** Live read. Throws NotFound. */
  get<T extends KubeObject>(resource: ResourceName, namespace: string, name: string): Promise<T>
  /** Live read of all, or those of a namespace or with labels, in name order. */
  list<T extends KubeObject>(
    resource: ResourceName,
    options?: { namespace?: string; labelSelector?: LabelSelector },
  ): Promise<T[]>
}

/** How a patch is read. `strategic` needs a kind whose types the server knows; `apply` is server-side apply, whose conflicts are forced. */
export type PatchType = 'json' | 'merge' | 'strategic' | 'apply'

/** One step of history as a controller's informer reads it. */
export interface InformerEvent {
  type: 'added' | 'updated' | 'deleted'
  object: KubeObject
  old?: KubeObject
}

/** The in-process watch that informers are fed from. Implemented beside the client. */
export interface WatchSource {
  /**
   * All objects that are present now as `added`, then every change in order. `wake` is called (synchronously inside a commit) when there is something to
   * read; `read` answers the pending events and empties them, or undefined when history was forgotten before it was read: then watch anew. What is
   * present is looked up by the first `read` only.
   */
  watch(resource: ResourceName, wake: () => void): { read(): InformerEvent[] | undefined; close(): void }
  /** Resources of which there is, or was, an object. */
  held(): ReadonlySet<ResourceName>
  /** Called when the first object of a resource comes, before anything else happens. Answers how to stop that. */
  onHeld(callback: (resource: ResourceName) => void): () => void
  /** Group, version, kind of every served resource, for those that walk all kinds (garbage collector, namespace). */
  resources(): ServedResource[]
  /** Called after the set of served resources changed (custom resources). */
  onResourcesChanged(callback: () => void): () => void
}

export interface ServedResource {
  name: ResourceName
  group: string
  version: string
  kind: string
  namespaced: boolean
  verbs: readonly string[]
}
