/** What was found of the pod specs that were looked at last: clients make many pods of one spec, and to see that costs a tenth of looking at all of it. */
import { equalRenamed } from '../../apimachinery/equality.ts'
import { isDns1123Label } from '../../apimachinery/names.ts'
import type { PodSpec } from '../../types/core-v1.ts'

/** Findings that hold for every pod with the spec. */
export interface Findings {
  isValid: boolean
  /** Whether nobody is warned about it; what annotations say is another matter. */
  isQuiet: boolean
}

interface Remembered {
  spec: PodSpec
  token: string
  findings: Findings
}

const MAX_REMEMBERED = 4
/** Volumes of the ServiceAccount plug-in have a name of their own in each pod. */
const TOKEN_VOLUME_PREFIX = 'kube-api-access-'

const remembered: Remembered[] = []

/** What is known of the spec, or of one that differs in the name of its token volume at most; all false when it is new. For who looks to fill in. */
export function findingsOf(spec: PodSpec): Findings {
  for (const known of remembered) if (known.spec === spec) return known.findings
  const token = tokenVolume(spec)
  for (const known of remembered) {
    // No name stands for no other: where none is, the empty text is one like any other.
    if ((known.token === '') !== (token === '')) continue
    if (!equalRenamed(known.spec, spec, known.token, token)) continue
    known.spec = spec
    known.token = token
    return known.findings
  }
  const findings = { isValid: false, isQuiet: false }
  if (remembered.unshift({ spec, token, findings }) > MAX_REMEMBERED) remembered.pop()
  return findings
}

/** Names that rules tell apart do not count as one. */
function tokenVolume({ volumes }: PodSpec): string {
  const name = volumes?.find((volume) => volume.name.startsWith(TOKEN_VOLUME_PREFIX))?.name ?? ''
  return isDns1123Label(name).length === 0 ? name : ''
}
