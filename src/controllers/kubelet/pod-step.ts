/** What the stages of one pod work on. */
import type { Container, ContainerStatus, Pod } from '../../types/core-v1.ts'
import type { KnownPod } from './state.ts'

/** Where a container of a pod stands, and in which list it is. */
export interface Place {
  container: Container
  list: 'initContainers' | 'containers' | 'ephemeralContainers'
  status: ContainerStatus
}

export interface StepEvent {
  type: 'Normal' | 'Warning'
  reason: string
  message: string
  fieldPath: string
}

/** One step of one pod: what it sees of the node, and what it leaves to be done. */
export class PodStep {
  readonly pod: Pod
  readonly now: number
  readonly images: Set<string>
  readonly pulls: NonNullable<KnownPod['pulls']>
  readonly events: StepEvent[] = []
  /** When the next thing happens by itself, ms. */
  again: number | undefined

  constructor(pod: Pod, now: number, images: Set<string>, known: KnownPod) {
    this.pod = pod
    this.now = now
    this.images = images
    known.pulls ??= new Map()
    this.pulls = known.pulls
  }

  event({ container, list }: Place, type: StepEvent['type'], reason: string, message: string): void {
    this.events.push({ type, reason, message, fieldPath: `spec.${list}{${container.name}}` })
  }

  /** Look again at `due`. Answers the status, unchanged. */
  wait(due: number, status: ContainerStatus): ContainerStatus {
    this.again = Math.min(this.again ?? due, due)
    return status
  }
}
