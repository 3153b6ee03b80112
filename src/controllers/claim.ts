/** Adoption and release: an owner keeps what matches its selector. Mirrors kubernetes pkg/controller/controller_ref_manager.go. */
import { isNotFound } from '../apimachinery/errors.ts'
import type { Selector } from '../apimachinery/labels.ts'
import { controllerOf, type KubeObject } from '../apimachinery/meta.ts'
import type { Client, ResourceName } from './client.ts'
import { controllerRef } from './pods.ts'

/** Name of the index that holds, under their namespace, the objects without a controller: what can be adopted. */
export const ORPHANS = 'orphans'

export function orphanNamespaces(object: KubeObject): string[] {
  return controllerOf(object) ? [] : [object.metadata.namespace ?? '']
}

export interface ClaimOptions<T> {
  /** What the owner holds its objects with; it comes and goes with the ownership. */
  finalizer?: string
  /** What an object must be like besides its labels. */
  filter?(object: T): boolean
}

/**
 * Answers the objects that are `owner`'s after adopting matching ones without a controller and releasing own ones that no longer match.
 * An owner that is being deleted neither adopts nor releases. Adopted objects come back as written.
 */
export async function claim<T extends KubeObject>(
  client: Client,
  resource: ResourceName,
  owner: KubeObject,
  selector: Selector,
  candidates: readonly T[],
  { finalizer, filter }: ClaimOptions<T> = {},
): Promise<T[]> {
  const deleting = owner.metadata.deletionTimestamp !== undefined
  const claimed: T[] = []
  for (const object of candidates) {
    const controller = controllerOf(object)
    const matches = selector.matches(object.metadata.labels) && (!filter || filter(object))
    if (controller) {
      if (controller.uid !== owner.metadata.uid) continue
      if (matches) claimed.push(object)
      else if (!deleting) await release(client, resource, owner, object, finalizer)
    } else if (matches && !deleting && !object.metadata.deletionTimestamp) {
      const adopted = await adopt(client, resource, owner, object, finalizer)
      if (adopted) claimed.push(adopted)
    }
  }
  return claimed
}

/** Whether both are the same incarnation: names are used again. */
function sameObject(a: KubeObject, b: KubeObject): boolean {
  return a.metadata.uid === b.metadata.uid
}

async function adopt<T extends KubeObject>(
  client: Client,
  resource: ResourceName,
  owner: KubeObject,
  object: T,
  finalizer?: string,
): Promise<T | undefined> {
  const { namespace = '', name = '' } = object.metadata
  return ignoreNotFound(
    client.modify<T>(resource, namespace, name, (old) => {
      if (!sameObject(old, object) || controllerOf(old)) return old
      const others = (old.metadata.ownerReferences ?? []).filter(({ uid }) => uid !== owner.metadata.uid)
      const { finalizers = [] } = old.metadata
      const held = finalizer && !finalizers.includes(finalizer) ? { finalizers: [...finalizers, finalizer] } : {}
      return { ...old, metadata: { ...old.metadata, ...held, ownerReferences: [...others, controllerRef(owner)] } }
    }),
  ).then((adopted) => (adopted && controllerOf(adopted)?.uid === owner.metadata.uid ? adopted : undefined))
}

async function release<T extends KubeObject>(
  client: Client,
  resource: ResourceName,
  owner: KubeObject,
  object: T,
  finalizer?: string,
): Promise<void> {
  const { namespace = '', name = '' } = object.metadata
  await ignoreNotFound(
    client.modify<T>(resource, namespace, name, (old) => {
      if (!sameObject(old, object)) return old
      const ownerReferences = (old.metadata.ownerReferences ?? []).filter(({ uid }) => uid !== owner.metadata.uid)
      const { ownerReferences: _, ...rest } = old.metadata
      const finalizers = rest.finalizers?.filter((name) => name !== finalizer)
      const metadata = rest.finalizers ? { ...rest, finalizers } : rest
      return { ...old, metadata: ownerReferences.length > 0 ? { ...metadata, ownerReferences } : metadata }
    }),
  )
}

export async function ignoreNotFound<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work
  } catch (error) {
    if (isNotFound(error)) return undefined
    throw error
  }
}
