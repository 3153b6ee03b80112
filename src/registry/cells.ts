/** Cells that the rows of many kinds share. Mirrors the formatting functions of pkg/printers/internalversion/printers.go. */
import { humanDuration } from '../apimachinery/duration.ts'
import { formatSelectorObject } from '../apimachinery/labels.ts'
import type { KubeObject, LabelSelector } from '../apimachinery/meta.ts'
import type { RowContext } from './definition.ts'

/** How long ago: `5m`, or `<unknown>` without a time. */
export function since(timestamp: string | null | undefined, context: RowContext): string {
  return timestamp ? humanDuration(context.now - Date.parse(timestamp)) : '<unknown>'
}

export const age = (object: KubeObject, context: RowContext): string =>
  since(object.metadata.creationTimestamp, context)

interface Container {
  name: string
  image?: string
}

/** The wide cells of a workload: container names, images, and its selector. */
export function templateCells(
  template: { spec: { containers?: Container[] } },
  selector: LabelSelector | undefined,
): string[] {
  return [...containerCells(template), formatSelectorObject(selector)]
}

export function containerCells(template: { spec: { containers?: Container[] } }): string[] {
  const containers = template.spec.containers ?? []
  return [containers.map(({ name }) => name).join(), containers.map(({ image }) => image ?? '').join()]
}

/** `a=1,b=2` sorted by key, `<none>` when there are none. */
export function formatLabels(labels: Record<string, string> | undefined): string {
  const pairs = Object.entries(labels ?? {}).sort(([a], [b]) => (a < b ? -1 : 1))
  return pairs.map(([key, value]) => `${key}=${value}`).join() || '<none>'
}

/** The first `max` of a list, and how many more there are; `<unset>` for none. */
export function listWithMore(all: readonly string[], max = 3): string {
  const text = all.slice(0, max).join()
  return all.length > max ? `${text} + ${all.length - max} more...` : text || '<unset>'
}
