/** Why a recorded answer is not given: every known difference has one of these slugs. The first rule that fits a difference is its reason. */
import type { Difference } from './main.ts'

export interface Reason {
  slug: string
  /** For docs/compatibility.md: what differs, and why it stays. */
  why: string
  /** Areas: `pods`, `sequences/pods`. Absent: all. */
  area?: RegExp
  /** Names of cases. Absent: all. */
  id?: RegExp
  /** What --verbose says of the difference. Absent: anything. */
  says?: RegExp
}

/** Narrow rules first. One that no difference needs any more fails a test. */
export const reasons: readonly Reason[] = [
  { slug: 'not-sorted-yet', why: 'Nobody has looked at these yet: most are rules of validation that are not written' },
]

/** The slug of the reason, if there is one. */
export function reasonOf({ area, id, text }: Difference): string | undefined {
  return reasons.find((reason) => {
    return (reason.area?.test(area) ?? true) && (reason.id?.test(id) ?? true) && (reason.says?.test(text) ?? true)
  })?.slug
}
