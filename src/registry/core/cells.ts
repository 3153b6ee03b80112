/** What many core tables show alike. Mirrors pkg/printers/internalversion/printers.go. */
import type { Container } from '../../types/core-v1.ts'
import { formatLabels, since, containerCells as templateContainerCells } from '../cells.ts'

export const NONE = '<none>'
export const UNKNOWN = '<unknown>'
export const UNSET = '<unset>'

/** Time passed since an RFC 3339 time, as people read it: `3m20s`, `5d`. */
export const ageCell = (time: string | null | undefined, now: number): string => since(time, { now })

/** Names and images, each joined by commas. */
export const containerCells = (containers: Container[] | undefined): string[] =>
  templateContainerCells({ spec: { containers } })

export const labelsCell = formatLabels

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
