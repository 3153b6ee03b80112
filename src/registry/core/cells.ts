/** What many tables show alike: ages, containers, labels. Mirrors pkg/printers/internalversion/printers.go. */
import { humanDuration } from '../../apimachinery/duration.ts'
import type { Container } from '../../types/core-v1.ts'

export const NONE = '<none>'
export const UNKNOWN = '<unknown>'
export const UNSET = '<unset>'

/** Time passed since an RFC 3339 time, as people read it: `3m20s`, `5d`. */
export function ageCell(time: string | null | undefined, now: number): string {
  return time ? humanDuration(now - Date.parse(time)) : UNKNOWN
}

/** Names and images, each joined by commas. */
export function containerCells(containers: readonly Container[] | undefined): [names: string, images: string] {
  const list = containers ?? []
  return [list.map((container) => container.name).join(','), list.map((container) => container.image ?? '').join(',')]
}

/** `a=1,b=2` in the order of keys. */
export function labelsCell(labels: Record<string, string> | undefined): string {
  const pairs = Object.entries(labels ?? {}).map(([name, value]) => `${name}=${value}`)
  return pairs.length === 0 ? NONE : pairs.sort().join(',')
}

const SHORT_MODES: Record<string, string> = {
  ReadWriteOnce: 'RWO',
  ReadOnlyMany: 'ROX',
  ReadWriteMany: 'RWX',
  ReadWriteOncePod: 'RWOP',
}

/** Access modes in upstream's order, each once. */
export function accessModesCell(modes: readonly string[] | undefined): string {
  return Object.keys(SHORT_MODES)
    .filter((mode) => modes?.includes(mode))
    .map((mode) => SHORT_MODES[mode])
    .join(',')
}
