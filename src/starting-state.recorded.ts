/** Starting states that `npm run build` recorded, by shape: the built package need not start a cluster to start one. None in the sources. */
import type { KubeObject } from './apimachinery/meta.ts'

/** What the first cluster of a shape wrote, on a time and uids that can be found again. JSON. */
export interface RecordedState {
  uids: number
  objects: readonly { prefix: string; object: KubeObject }[]
}

export const recordedStates: Readonly<Record<string, RecordedState>> = {}
