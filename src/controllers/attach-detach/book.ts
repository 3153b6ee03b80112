/** What the attach-detach controller believes of volumes and nodes, until it knows better. Mirrors attachdetach/cache/actual_state_of_world.go. */
import type { AttachedVolume, PersistentVolume, Pod } from '../../types/core-v1.ts'
import { perRun } from '../state.ts'

/** A volume on a node. */
export interface Attachment {
  /** False: it may be attached or not. */
  confirmed: boolean
  /** The node's status is to name it. */
  reported: boolean
  /** The node says that it uses it, or said so before it went. True until the node was asked. */
  mounted: boolean
  /** The version of the node when the attempt failed: until it speaks again it may use the volume. */
  doubtedAt?: string
  /** Since when it is to be detached, ms. */
  detachRequestedAt?: number
  /** Since when its VolumeAttachment does not say that it is attached, though it is confirmed, ms. */
  missedAt?: number
}

/** One attempt to attach or detach, or what is left of those that failed. */
export interface Operation {
  kind: 'attach' | 'detach'
  node: string
  /** Pods that hear of it. */
  pods: readonly Pod[]
  /** When a pending one is given up, ms; absent: it has failed. */
  until?: number
  /** The wait after the last failure. */
  waitMs: number
  retryAt: number
}

export interface KnownVolume {
  /** Unique. */
  name: string
  /** As it was last seen. */
  volume?: PersistentVolume
  /** By node. */
  attachments: Map<string, Attachment>
  /** By node, or under '' where only one node may have the volume: then there is one at a time. */
  operations: Map<string, Operation>
  /** Nodes whose pods were told that another node has it. */
  told: Set<string>
  /** Names of VolumeAttachments that concern it. */
  attachmentNames: Set<string>
}

/** Can be had again from statuses of nodes and from VolumeAttachments. */
export class AttachmentBook {
  isPopulated = false
  readonly #volumes = new Map<string, KnownVolume>()
  readonly #byNode = new Map<string, Set<KnownVolume>>()
  readonly #byAttachment = new Map<string, KnownVolume>()

  /** Made when it is not known. */
  volume(name: string): KnownVolume {
    let known = this.#volumes.get(name)
    if (!known) {
      known = { name, attachments: new Map(), operations: new Map(), told: new Set(), attachmentNames: new Set() }
      this.#volumes.set(name, known)
    }
    return known
  }

  has(name: string): boolean {
    return this.#volumes.has(name)
  }

  names(): string[] {
    return [...this.#volumes.keys()]
  }

  /** Names of volumes that are, or may be, attached to a node. */
  namesOn(node: string): string[] {
    return [...(this.#byNode.get(node) ?? [])].map(({ name }) => name)
  }

  /** Of these those of which only the node's next word tells whether it uses them. */
  doubtedOn(node: string): string[] {
    return [...(this.#byNode.get(node) ?? [])]
      .filter(({ attachments }) => attachments.get(node)?.doubtedAt !== undefined)
      .map(({ name }) => name)
  }

  /** The volume that a VolumeAttachment concerns. */
  nameOf(attachment: string): string | undefined {
    return this.#byAttachment.get(attachment)?.name
  }

  /** Changes of the VolumeAttachment concern the volume from now on. */
  follow(known: KnownVolume, attachment: string): void {
    known.attachmentNames.add(attachment)
    this.#byAttachment.set(attachment, known)
  }

  /** What is confirmed is reported, too. `doubtedAt`: the node's version, where it is not known what came of an attempt. */
  attach(known: KnownVolume, node: string, confirmed: boolean, doubtedAt?: string): void {
    const old: Omit<Attachment, 'confirmed'> = known.attachments.get(node) ?? {
      mounted: true,
      reported: false,
      doubtedAt,
    }
    const detachRequestedAt = confirmed ? undefined : old.detachRequestedAt
    known.attachments.set(node, { ...old, confirmed, reported: confirmed || old.reported, detachRequestedAt })
    const volumes = this.#byNode.get(node)
    if (volumes) volumes.add(known)
    else this.#byNode.set(node, new Set([known]))
  }

  detach(known: KnownVolume, node: string): void {
    known.attachments.delete(node)
    const volumes = this.#byNode.get(node)
    volumes?.delete(known)
    if (volumes?.size === 0) this.#byNode.delete(node)
  }

  /** What the node's status should say. */
  reportedOn(node: string): AttachedVolume[] {
    return [...(this.#byNode.get(node) ?? [])]
      .filter(({ attachments }) => attachments.get(node)?.reported)
      .map(({ name }) => ({ name, devicePath: '' }))
  }

  /** Forgets a volume of which nothing is known any more. */
  tidy(known: KnownVolume): void {
    const { name, attachments, operations, told, attachmentNames } = known
    if (attachments.size > 0 || operations.size > 0 || told.size > 0) return
    for (const attachment of attachmentNames) this.#byAttachment.delete(attachment)
    this.#volumes.delete(name)
  }
}

export const bookOf = perRun(() => new AttachmentBook())
