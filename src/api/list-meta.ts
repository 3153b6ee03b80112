/** The metadata of a list, whatever form its items take. */
import type { ListMeta } from '../apimachinery/meta.ts'
import type { StoreList } from '../registry/list.ts'

export function listMeta(list: StoreList): ListMeta {
  return {
    ...(list.resourceVersion ? { resourceVersion: list.resourceVersion } : {}),
    ...(list.continue ? { continue: list.continue } : {}),
    ...(list.remainingItemCount === undefined ? {} : { remainingItemCount: list.remainingItemCount }),
  }
}
