/** ControllerRevisions: what the template of a StatefulSet or DaemonSet was. Mirrors kubernetes pkg/controller/history/controller_history.go. */
import { isAlreadyExists } from '../apimachinery/errors.ts'
import type { Selector } from '../apimachinery/labels.ts'
import { controllerOf, type KubeObject } from '../apimachinery/meta.ts'
import { safeEncode } from '../apimachinery/random.ts'
import type { ControllerRevision } from '../types/apps-v1.ts'
import type { PodTemplateSpec } from '../types/core-v1.ts'
import { claim, ignoreNotFound, ORPHANS } from './claim.ts'
import type { ControllerContext } from './controller.ts'
import { controllerRef } from './pods.ts'

export const REVISIONS = 'controllerrevisions.apps'
export const REVISION_HASH = 'controller-revision-hash'
const DATA_HASH = 'controller.kubernetes.io/hash'
/** Characters of the owner's name in a revision's. */
const MAX_PREFIX = 223

const OFFSET = 0x811c9dc5
const PRIME = 0x01000193

/** The owner's revisions, the oldest first; those without an owner that match are adopted. */
export async function ownedRevisions(
  owner: KubeObject,
  selector: Selector,
  { client, lister }: ControllerContext,
): Promise<ControllerRevision[]> {
  const revisions = lister<ControllerRevision>(REVISIONS)
  const owned = revisions.ownedBy(owner.metadata.uid ?? '').filter(({ metadata }) => selector.matches(metadata.labels))
  const orphans = revisions.byIndex(ORPHANS, owner.metadata.namespace ?? '')
  const adopted = await claim(client, REVISIONS, owner, selector, orphans)
  return [...owned, ...adopted.filter((revision) => controllerOf(revision))].sort(byRevision)
}

export function byRevision(a: ControllerRevision, b: ControllerRevision): number {
  const created = ({ metadata }: ControllerRevision): number => Date.parse(metadata.creationTimestamp ?? '')
  return (
    (a.revision ?? 0) - (b.revision ?? 0) ||
    created(a) - created(b) ||
    ((a.metadata.name ?? '') < (b.metadata.name ?? '') ? -1 : 1)
  )
}

/** The patch that makes an owner's template this one. */
export function templatePatch(template: PodTemplateSpec): Record<string, unknown> {
  return { spec: { template: { ...template, $patch: 'replace' } } }
}

/** The template that the revision holds. */
export function templateOf({ data }: ControllerRevision): PodTemplateSpec {
  const { $patch: _, ...template } = (data as { spec: { template: PodTemplateSpec & { $patch?: string } } }).spec
    .template
  return template
}

export function sameData(a: Record<string, unknown>, b: Record<string, unknown>): boolean {
  return goJson(a) === goJson(b)
}

export function nextRevisionNumber(revisions: readonly ControllerRevision[]): number {
  return (revisions.at(-1)?.revision ?? 0) + 1
}

export interface NewRevision {
  owner: KubeObject
  data: Record<string, unknown>
  number: number
  labels?: Record<string, string>
}

/** Creates the revision; `collisionCount` rises while another holds its name. Answers the one that is there when it holds the same. */
export async function createRevision(
  { owner, data, number, labels }: NewRevision,
  collisionCount: number,
  { client }: ControllerContext,
): Promise<{ revision: ControllerRevision; collisionCount: number }> {
  const { name: prefix = '', namespace = '', annotations } = owner.metadata
  // The label keeps the first hash, as upstream leaves it.
  const label = revisionHash(data, collisionCount)
  for (let count = collisionCount; ; count++) {
    const name = `${prefix.slice(0, MAX_PREFIX)}-${revisionHash(data, count)}`
    const draft: ControllerRevision = {
      apiVersion: 'apps/v1',
      kind: 'ControllerRevision',
      metadata: {
        name,
        namespace,
        labels: { ...labels, [DATA_HASH]: label },
        ...(annotations ? { annotations } : {}),
        ownerReferences: [controllerRef(owner)],
      },
      data,
      revision: number,
    }
    try {
      return { revision: await client.create(REVISIONS, draft), collisionCount: count }
    } catch (error) {
      if (!isAlreadyExists(error)) throw error
      const found = await client.get<ControllerRevision>(REVISIONS, namespace, name)
      if (sameData(found.data, data)) return { revision: found, collisionCount: count }
    }
  }
}

/** An old revision is wanted again: it becomes the newest. */
export async function renumber(
  revision: ControllerRevision,
  number: number,
  { client }: ControllerContext,
): Promise<ControllerRevision> {
  const { namespace = '', name = '' } = revision.metadata
  return client.modify<ControllerRevision>(REVISIONS, namespace, name, (old) =>
    old.revision === number ? old : { ...old, revision: number },
  )
}

/** Deletes the oldest of `unused` beyond `limit`. */
export async function truncateHistory(
  unused: readonly ControllerRevision[],
  limit: number,
  { client }: ControllerContext,
): Promise<void> {
  if (limit < 0) return
  for (const { metadata } of unused.slice(0, Math.max(0, unused.length - limit))) {
    await ignoreNotFound(client.delete(REVISIONS, metadata.namespace ?? '', metadata.name ?? ''))
  }
}

/** FNV-1 of the data as Go prints it, and of the number of collisions. */
export function revisionHash(data: Record<string, unknown>, collisionCount: number): string {
  let hash = OFFSET
  for (const byte of Buffer.from(goJson(data) + String(collisionCount))) hash = Math.imul(hash, PRIME) ^ byte
  return safeEncode(String(hash >>> 0))
}

/** JSON with sorted members and what Go escapes for HTML. */
function goJson(value: unknown): string {
  const text = JSON.stringify(value, (_key, member) => {
    if (!member || typeof member !== 'object' || Array.isArray(member)) return member
    return Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1)))
  })
  return text.replace(/[<>&\u2028\u2029]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)
}
