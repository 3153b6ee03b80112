/** What one step of one pod works on. */
import type { KubeObject } from '../../apimachinery/meta.ts'
import type { Container, ContainerStatus, Node, Pod, PodSpec } from '../../types/core-v1.ts'
import { isManaged, volumesToAttach } from '../attach-detach/attachable.ts'
import type { ControllerContext } from '../controller.ts'
import { occupy, type Refusal, refusalOf, vacate } from './admission.ts'
import { allocatedStatus, asksTheSame, type Resizing, withAllocation } from './allocation.ts'
import type { Behaviour } from './behaviour.ts'
import { behaviourOf } from './container-behaviour.ts'
import { imageOf } from './images.ts'
import { copyMemory, type PodMemory } from './pod-memory.ts'
import { annotationRule, BEHAVIOR_RESOURCE, type BehaviourRule, compileRule } from './rules.ts'
import { addressesAt, type KnownNode, type KnownPod } from './state.ts'

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
  /** Empty: the pod as a whole. */
  fieldPath: string
}

/** One step of one pod: what it sees of the node, and what it leaves to be done. */
export class PodStep {
  /** With the containers' first statuses, once the node took it. */
  pod: Pod
  readonly now: number
  readonly known: KnownPod
  /** The step's own copy. */
  readonly memory: PodMemory
  readonly events: StepEvent[] = []
  /** `configmaps default/settings`: what was looked for and not found. */
  readonly missed: string[] = []
  /** When the next thing happens by itself, ms. */
  again: number | undefined
  /** As it is written, when that asks for other resources than the pod holds: `pod` is what it holds. */
  readonly desired: Pod | undefined
  /** A container of it has a hook that runs: no other is started before its end. */
  starting = false
  /** The resize that is under way. */
  resizing: Resizing | undefined
  readonly #context: ControllerContext
  readonly #node: KnownNode
  readonly #pulled: string[] = []
  #allocated: PodSpec

  constructor(pod: Pod, known: KnownPod, node: KnownNode, context: ControllerContext) {
    const { allocated = pod.spec! } = known
    const isHeld = allocated === pod.spec || asksTheSame(allocated, pod.spec!)
    this.#allocated = isHeld ? pod.spec! : allocated
    this.desired = isHeld ? undefined : pod
    this.pod = isHeld ? pod : withAllocation(pod, allocated)
    this.known = known
    this.now = context.clock.now()
    this.#context = context
    this.#node = node
    this.memory = copyMemory(known.memory)
  }

  /** What it made of the pod is written: it counts. */
  keep(): void {
    this.known.memory = Object.keys(this.memory).length > 0 ? this.memory : undefined
    for (const image of this.#pulled) this.#node.images.add(image)
    this.known.allocated = this.#allocated
    const { deferred } = this.#node
    const { namespace, name } = this.pod.metadata
    const key = `${namespace}/${name}`
    if (this.resizing?.pending?.reason === 'Deferred') deferred.set(key, this.known.amounts ?? new Map())
    else if (deferred.size > 0) deferred.delete(key)
  }

  /** Why the node does not take the pod, or not with what it asks for now. */
  refusalOf(pod: Pod): Refusal | undefined {
    const context = this.#context
    const node = context.lister<Node>('nodes').get('', this.#node.name)
    const others = (): readonly Pod[] => context.lister<Pod>('pods').byIndex('node', this.#node.name)
    return node && refusalOf(pod, node, this.#node, others, this.known.amounts)
  }

  /** The pod is its node's. */
  occupy(): void {
    occupy(this.known, this.pod.spec!, this.#node)
  }

  /** The pod holds what it asks for now. Its room on the node is taken at once, whatever becomes of the step. */
  allocate(desired: Pod): void {
    vacate(this.known)
    occupy(this.known, desired.spec!, this.#node)
    this.#allocated = desired.spec!
    const pod = { ...desired, status: this.pod.status }
    this.pod = { ...pod, status: allocatedStatus(pod) }
  }

  /** Whether the image need not be pulled. */
  hasImage(image: string): boolean {
    const { name } = imageOf(image)
    return this.#node.images.has(name) || this.#pulled.includes(name)
  }

  pulled(image: string): void {
    this.#pulled.push(imageOf(image).name)
  }

  /** An object of the pod's namespace; when it is missing, its coming asks for the pod again. */
  find<T extends KubeObject>(resource: string, name: string): T | undefined {
    const namespace = this.pod.metadata.namespace ?? ''
    const found = this.#context.lister<T>(resource).get(namespace, name)
    if (!found) this.miss(resource, name)
    return found
  }

  findClusterScoped<T extends KubeObject>(resource: string, name: string): T | undefined {
    const found = this.#context.lister<T>(resource).get('', name)
    if (!found) this.missed.push(`${resource} /${name}`)
    return found
  }

  /** A change of the object asks for the pod again. */
  miss(resource: string, name: string): void {
    this.missed.push(`${resource} ${this.pod.metadata.namespace ?? ''}/${name}`)
  }

  /** One of the node's that becomes free asks for the pod again. */
  missAddress(): void {
    this.missed.push(addressesAt(this.#node.name))
  }

  /** Whether the node has the volumes of the pod that others must attach, as its status says; what changes there asks for the pod again. */
  hasAttached(): boolean {
    const volumes = volumesToAttach(this.pod, this.#context)
    if (volumes.length === 0) return true
    const { name } = this.#node
    const node = this.#context.lister<Node>('nodes').get('', name)
    if (!node || !isManaged(node)) return true
    const { volumesInUse, volumesAttached } = node.status ?? {}
    const isInUse = volumes.every((volume) => volumesInUse?.includes(volume))
    this.#node.mounts = true
    if (!isInUse) this.#context.enqueue({ namespace: '', name })
    if (isInUse && volumes.every((volume) => volumesAttached?.some((each) => each.name === volume))) return true
    this.missed.push(`nodes /${name}`)
    return false
  }

  behaviour({ container, list, status }: Place): Behaviour {
    const init = list === 'initContainers'
    return behaviourOf(this.pod, container, init, status.restartCount, this.#rule(container))
  }

  /** An annotation goes before the first ContainerBehavior that matches. */
  #rule(container: Container): BehaviourRule | undefined {
    const own = this.#ownRule(container)
    const { settings } = this.#context
    if (own || !settings.stages || !this.#context.isServed(BEHAVIOR_RESOURCE)) return own
    for (const object of this.#context.lister(BEHAVIOR_RESOURCE).list()) {
      const { rule } = compileRule(object)
      if (rule?.matches(this.pod, container)) return rule
    }
    return undefined
  }

  /** What cannot be read is said, and does nothing. */
  #ownRule(container: Container): BehaviourRule | undefined {
    try {
      return annotationRule(this.pod, container)
    } catch (error) {
      const { message } = error as Error
      if (!this.events.some(({ reason }) => reason === 'InvalidBehavior'))
        this.podEvent('Warning', 'InvalidBehavior', message)
      return undefined
    }
  }

  event({ container, list }: Place, type: StepEvent['type'], reason: string, message: string): void {
    this.events.push({ type, reason, message, fieldPath: `spec.${list}{${container.name}}` })
  }

  podEvent(type: StepEvent['type'], reason: string, message: string): void {
    this.events.push({ type, reason, message, fieldPath: '' })
  }

  /** Look again at `due`, ms. */
  wake(due: number): void {
    this.again = Math.min(this.again ?? due, due)
  }

  /** Look again at `due`. Answers the status, unchanged. */
  wait(due: number, status: ContainerStatus): ContainerStatus {
    this.wake(due)
    return status
  }
}
