/** Starting states that `npm run build` recorded, by shape: the built package need not start a cluster to start one. None in the sources. */
import type { KubeObject } from './apimachinery/meta.ts'

/** What controllers wrote, on a time, uids and revisions that can be found again. JSON. */
export interface RecordedState {
  /** What there is without nodes, in the order of the writes. */
  cluster: readonly RecordedObject[]
  /** What one more node adds that gets a part of the pod network, and one for which none is left. */
  parted: readonly RecordedObject[]
  unparted: readonly RecordedObject[]
  /** Those that objects under several prefixes name, or of the cluster and of a node. */
  sharedUids: readonly string[]
}

export interface RecordedObject {
  prefix: string
  object: KubeObject
}

export const recordedStates: Readonly<Record<string, RecordedState>> = {}
