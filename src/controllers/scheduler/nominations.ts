/** Pods that others made room for, by the node on which they wait for it. Mirrors pkg/scheduler/backend/queue/nominator.go. */
import type { PodInfo } from './pod-info.ts'

const NONE: readonly PodInfo[] = []

export class Nominations {
  readonly #nodes = new Map<string, Map<string, PodInfo>>()
  readonly #byPod = new Map<string, string>()

  get none(): boolean {
    return this.#nodes.size === 0
  }

  at(node: string): readonly PodInfo[] {
    if (this.none) return NONE
    const pods = this.#nodes.get(node)
    return pods ? [...pods.values()] : NONE
  }

  /** '' takes it away. */
  set(pod: PodInfo, node: string): void {
    this.remove(pod.key)
    if (!node) return
    this.#byPod.set(pod.key, node)
    const pods = this.#nodes.get(node)
    if (pods) pods.set(pod.key, pod)
    else this.#nodes.set(node, new Map([[pod.key, pod]]))
  }

  remove(key: string): void {
    const node = this.#byPod.get(key)
    if (node === undefined) return
    this.#byPod.delete(key)
    const pods = this.#nodes.get(node)
    pods?.delete(key)
    if (pods?.size === 0) this.#nodes.delete(node)
  }
}
