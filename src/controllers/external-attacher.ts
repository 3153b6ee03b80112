/** Attaches volumes to nodes by saying so, for any CSI driver. Mirrors kubernetes-csi/external-attacher (pkg/controller/csi_handler.go). */
import { load } from 'js-yaml'
import { formatTime } from '../apimachinery/clock.ts'
import { parseDuration } from '../apimachinery/duration.ts'
import type { KubeObject } from '../apimachinery/meta.ts'
import type { PersistentVolume } from '../types/core-v1.ts'
import type { CSIDriver, VolumeAttachment, VolumeAttachmentStatus } from '../types/storage-v1.ts'
import { ATTACHMENTS, DRIVERS, VOLUMES } from './attach-detach/attachable.ts'
import { ignoreNotFound } from './claim.ts'
import { type ControllerContext, defineController, type Key, type Result } from './controller.ts'
import { isStaged } from './stages/ownership.ts'
import { STAGE_RESOURCES } from './stages/stage.ts'

/**
 * On a PersistentVolume, or a CSIDriver for all of its volumes: how attaching goes, as YAML: `{attachesAfter: 5s}`, `{attachError: no slot is left}`.
 * The volume's own goes before the driver's.
 */
const ANNOTATION = 'kubemu.dev/attach'

interface AttachBehaviour {
  attachesAfterMs: number
  detachesAfterMs: number
  /** Never attached, for this reason. */
  attachError?: string
  detachError?: string
}

const BY_PERSISTENT_VOLUME = 'persistentVolume'
const byVolume = {
  [BY_PERSISTENT_VOLUME](attachment: KubeObject): string[] {
    const { persistentVolumeName } = (attachment as VolumeAttachment).spec.source
    return persistentVolumeName === undefined ? [] : [persistentVolumeName]
  },
}

/** Keys with a namespace are volumes that are to go, all others VolumeAttachments. */
const VOLUME_KEY = 'volume'

export const externalAttacher = defineController({
  name: 'external-attacher',
  component: 'external-attacher',
  for: ATTACHMENTS,
  watches: [
    {
      resource: ATTACHMENTS,
      keys: (attachment, _, __, { type }) =>
        type === 'deleted' ? byVolume[BY_PERSISTENT_VOLUME](attachment).map(volumeKey) : [],
    },
    {
      resource: VOLUMES,
      when: volumeMatters,
      keys: ({ metadata }, { lister }) => [
        volumeKey(metadata.name ?? ''),
        ...lister(ATTACHMENTS)
          .byIndex(BY_PERSISTENT_VOLUME, metadata.name ?? '')
          .map(keyOf),
      ],
    },
    {
      resource: DRIVERS,
      changesOnly: true,
      keys: ({ metadata }, { lister }) =>
        lister<VolumeAttachment>(ATTACHMENTS)
          .list()
          .filter(({ spec }) => spec.attacher === metadata.name)
          .map(keyOf),
    },
  ],
  reads: [...STAGE_RESOURCES],
  indexes: { [ATTACHMENTS]: byVolume },
  async reconcile({ namespace, name }, context) {
    if (namespace === VOLUME_KEY) return releaseVolume(name, context)
    const attachment = context.lister<VolumeAttachment>(ATTACHMENTS).get('', name)
    if (!attachment || isStaged(ATTACHMENTS, attachment, context)) return
    return attachment.metadata.deletionTimestamp ? detach(attachment, context) : attach(attachment, context)
  },
})

const volumeKey = (name: string): Key => ({ namespace: VOLUME_KEY, name })
const keyOf = ({ metadata }: KubeObject): Key => ({ namespace: '', name: metadata.name ?? '' })

function volumeMatters(volume: KubeObject, old?: KubeObject): boolean {
  if (volume.metadata.deletionTimestamp) return volume.metadata.finalizers?.some(isOurs) === true
  // A new one may be waited for.
  return !old || volume.metadata.annotations?.[ANNOTATION] !== old.metadata.annotations?.[ANNOTATION]
}

const FINALIZER = 'external-attacher/'
const isOurs = (finalizer: string): boolean => finalizer.startsWith(FINALIZER)

function finalizerOf(driver: string): string {
  const name = driver.replace(/[^a-zA-Z0-9-]/g, '-')
  return `${FINALIZER}${name}${name.endsWith('-') ? 'X' : ''}`
}

async function attach(attachment: VolumeAttachment, context: ControllerContext): Promise<Result | void> {
  const { spec, status, metadata } = attachment
  if (status?.attached) return
  const { behaviour, problem } = behaviourOf(attachment, context)
  const waitMs = Date.parse(metadata.creationTimestamp ?? '') + behaviour.attachesAfterMs - context.clock.now()
  if (waitMs > 0) return { requeueAfterMs: waitMs }
  const volume = await claimVolume(spec, context)
  const why = problem ?? behaviour.attachError ?? volume.problem
  const held = await hold(ATTACHMENTS, attachment, finalizerOf(spec.attacher), context)
  if (!held) return
  if (why === undefined) return say(held, { attached: true }, context)
  if (status?.attachError?.message === why) return
  await say(held, { attached: false, attachError: { time: formatTime(context.clock.now()), message: why } }, context)
}

/** The volume must not go while it is attached. */
async function claimVolume(
  { attacher, source }: VolumeAttachment['spec'],
  context: ControllerContext,
): Promise<{ problem?: string }> {
  const { persistentVolumeName: name } = source
  if (name === undefined) return {}
  const volume = context.lister<PersistentVolume>(VOLUMES).get('', name)
  const missing = { problem: `could not add PersistentVolume finalizer: persistentvolume "${name}" not found` }
  if (!volume) return missing
  if (volume.metadata.deletionTimestamp) return { problem: `PersistentVolume "${name}" is marked for deletion` }
  return (await hold(VOLUMES, volume, finalizerOf(attacher), context)) ? {} : missing
}

/** Undefined: the object is gone. */
async function hold<T extends KubeObject>(
  resource: string,
  object: T,
  finalizer: string,
  { client }: ControllerContext,
): Promise<T | undefined> {
  if (object.metadata.finalizers?.includes(finalizer)) return object
  return ignoreNotFound(
    client.modify<T>(resource, '', object.metadata.name ?? '', (old) => {
      const finalizers = old.metadata.finalizers ?? []
      if (finalizers.includes(finalizer)) return old
      return { ...old, metadata: { ...old.metadata, finalizers: [...finalizers, finalizer] } }
    }),
  )
}

/** To one that is gone nothing is to be said. */
async function say(
  { metadata }: VolumeAttachment,
  status: VolumeAttachmentStatus,
  { client }: ControllerContext,
): Promise<void> {
  await ignoreNotFound(
    client.modify<VolumeAttachment>(ATTACHMENTS, '', metadata.name ?? '', (old) => ({ ...old, status }), {
      subresource: 'status',
    }),
  )
}

async function detach(attachment: VolumeAttachment, context: ControllerContext): Promise<Result | void> {
  const { metadata, spec, status } = attachment
  const finalizer = finalizerOf(spec.attacher)
  if (!metadata.finalizers?.includes(finalizer)) return
  const { behaviour } = behaviourOf(attachment, context)
  const waitMs = Date.parse(metadata.deletionTimestamp ?? '') + behaviour.detachesAfterMs - context.clock.now()
  if (waitMs > 0) return { requeueAfterMs: waitMs }
  const { detachError: message } = behaviour
  if (message !== undefined) {
    if (status?.detachError?.message === message) return
    const detachError = { time: formatTime(context.clock.now()), message }
    return say(attachment, { attached: status?.attached ?? false, ...status, detachError }, context)
  }
  if (status?.attached || status?.detachError) await say(attachment, { attached: false }, context)
  await letGo(ATTACHMENTS, metadata.name ?? '', (each) => each === finalizer, context)
}

/** A volume that is deleted and attached nowhere any more may go. */
async function releaseVolume(name: string, context: ControllerContext): Promise<void> {
  const volume = context.lister<PersistentVolume>(VOLUMES).get('', name)
  if (!volume?.metadata.deletionTimestamp || !volume.metadata.finalizers?.some(isOurs)) return
  if (context.lister(ATTACHMENTS).byIndex(BY_PERSISTENT_VOLUME, name).length > 0) return
  await letGo(VOLUMES, name, isOurs, context)
}

async function letGo(
  resource: string,
  name: string,
  isGone: (finalizer: string) => boolean,
  { client }: ControllerContext,
): Promise<void> {
  await ignoreNotFound(
    client.modify<KubeObject>(resource, '', name, (old) => {
      const finalizers = old.metadata.finalizers?.filter((each) => !isGone(each))
      return { ...old, metadata: { ...old.metadata, finalizers } }
    }),
  )
}

/** With a text that cannot be read, nothing is attached. */
function behaviourOf(
  { spec }: VolumeAttachment,
  { lister }: ControllerContext,
): { behaviour: AttachBehaviour; problem?: string } {
  const volume = lister<PersistentVolume>(VOLUMES).get('', spec.source.persistentVolumeName ?? '')
  const driver = lister<CSIDriver>(DRIVERS).get('', spec.attacher)
  const behaviour: AttachBehaviour = { attachesAfterMs: 0, detachesAfterMs: 0 }
  for (const object of [driver, volume]) {
    const text = object?.metadata.annotations?.[ANNOTATION]
    if (text === undefined) continue
    try {
      Object.assign(behaviour, compile(text))
    } catch (error) {
      return { behaviour, problem: `${ANNOTATION}: ${(error as Error).message}` }
    }
  }
  return { behaviour }
}

const DURATIONS: Record<string, string> = { attachesAfter: 'attachesAfterMs', detachesAfter: 'detachesAfterMs' }
const TEXTS = ['attachError', 'detachError']

/** Throws with a message for people. */
function compile(text: string): Partial<AttachBehaviour> {
  const members = load(text)
  if (typeof members !== 'object' || members === null) throw new Error(`not a mapping: ${JSON.stringify(text)}`)
  return Object.fromEntries(
    Object.entries(members).map(([name, value]) => {
      const duration = DURATIONS[name]
      if (duration) return [duration, Number(parseDuration(String(value)) / 1_000_000n)]
      if (TEXTS.includes(name) && typeof value === 'string') return [name, value]
      const known = [...Object.keys(DURATIONS), ...TEXTS].join(', ')
      throw new Error(`${name}: ${JSON.stringify(value)} means nothing here; there are: ${known}`)
    }),
  )
}
