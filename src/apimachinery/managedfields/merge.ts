/** An applied configuration put over a live object. Mirrors structured-merge-diff/typed/merge.go. */
import { isEmptyValue, type Members } from './field-sets-of-values.ts'
import { itemElement } from './list-elements.ts'
import { deduced, type MergeList, type MergeMap, type MergeNode, type MergeStruct, memberOf } from './merge-node.ts'

/**
 * Values of the configuration win; maps merge by key, lists by element, in the configuration's order where both have an item. What the
 * configuration does not touch is shared with the live value. undefined: not there.
 */
export function mergeValues(live: unknown, config: unknown, node: MergeNode): unknown {
  if (config === undefined) return live
  if (node.kind === 'any') return mergeAny(live, config)
  if (node.kind === 'scalar' || (node.kind === 'list' ? node.relation === 'atomic' : node.atomic)) return config
  if (isEmptyValue(live) && isEmptyValue(config)) return config
  if (node.kind === 'list') return mergeLists(live as unknown[], config as unknown[] | null, node)
  return mergeMembers((live ?? undefined) as Members | undefined, (config ?? {}) as Members, node)
}

function mergeAny(live: unknown, config: unknown): unknown {
  const node = deduced(config)
  const fits = live !== undefined && live !== null && deduced(live).kind === node.kind
  return mergeValues(fits ? live : undefined, config, node)
}

function mergeMembers(live: Members | undefined, config: Members, node: MergeStruct | MergeMap): Members | undefined {
  const out: Members = { ...live }
  for (const name of Object.keys(config)) {
    const of = memberOf(node, name)
    if (of === undefined) continue
    const merged = mergeValues(live?.[name], config[name], of)
    if (merged === undefined) delete out[name]
    else out[name] = merged
  }
  return isEmptyValue(out) ? undefined : out
}

/**
 * The order: items of the configuration as it has them; live items that it lacks stay behind the shared item that they stood behind.
 * Duplicates in the live list stay as they are, unless the configuration has the item: it takes their place.
 */
function mergeLists(
  live: unknown[] | null | undefined,
  config: unknown[] | null,
  node: MergeList,
): unknown[] | undefined {
  const left = (live ?? []).map((item) => ({ element: itemElement(node, item), item }))
  const right = (config ?? []).map((item) => ({ element: itemElement(node, item), item }))
  const liveByElement = new Map<string, unknown>()
  for (const { element, item } of left) liveByElement.set(element, liveByElement.has(element) ? undefined : item)
  const wanted = new Set(right.map(({ element }) => element))
  const shared = right.filter(({ element }) => liveByElement.has(element)).map(({ element }) => element)
  const merged = new Set<string>()
  const out: unknown[] = []
  const take = ({ element, item }: { element: string; item: unknown }): void => {
    merged.add(element)
    const value = mergeValues(liveByElement.get(element), item, node.of)
    if (value !== undefined) out.push(value)
  }
  let nextShared = shared.shift()
  for (let l = 0, r = 0; l < left.length || r < right.length; ) {
    const element = left[l]?.element
    if (element !== undefined && r < right.length) {
      if (element === right[r]!.element) {
        take(right[r]!)
        l++
        r++
        nextShared = shared.shift()
        continue
      }
      if (wanted.has(element) && nextShared !== undefined && nextShared !== element) {
        l++
        continue
      }
    }
    if (element !== undefined) {
      if (!wanted.has(element)) {
        out.push(left[l]!.item)
        l++
        continue
      }
      if (merged.has(element)) l++
    }
    if (r < right.length) {
      take(right[r]!)
      if (nextShared === right[r]!.element) nextShared = shared.shift()
      r++
    }
  }
  return out.length > 0 ? out : undefined
}
