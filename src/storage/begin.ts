/** The beginning of an engine that writes each object somewhere. */
import type { Beginning, Storage } from './interface.ts'

/** As Storage.begin, at once. */
export async function createInOrder(
  storage: Pick<Storage, 'create'>,
  beginnings: ReadonlyMap<string, Beginning>,
): Promise<void> {
  const all = [...beginnings].flatMap(([prefix, make]) => [...make()].map((each) => ({ prefix, ...each })))
  const revisionOf = ({ object }: (typeof all)[number]): number => Number(object.metadata.resourceVersion)
  all.sort((a, b) => revisionOf(a) - revisionOf(b))
  for (const { prefix, name, object } of all) await storage.create(prefix, name, object)
}
