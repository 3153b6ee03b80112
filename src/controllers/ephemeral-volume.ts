/** Makes the claims of pods' ephemeral volumes. Mirrors kubernetes pkg/controller/volume/ephemeral. */
import type { KubeObject } from '../apimachinery/meta.ts'
import type { PersistentVolumeClaim, Pod, Volume } from '../types/core-v1.ts'
import { type ControllerContext, defineController } from './controller.ts'
import { controllerRef } from './pods.ts'

const CLAIMS = 'persistentvolumeclaims'

export const ephemeralVolume = defineController({
  name: 'ephemeral-volume',
  component: 'ephemeral_volume',
  watches: [
    {
      resource: 'pods',
      when: (pod, old) => old === undefined && ephemeralOf(pod).length > 0,
      keys: ({ metadata }) => [{ namespace: metadata.namespace ?? '', name: metadata.name ?? '' }],
    },
    {
      // A claim that was deleted is made again while its pod needs it.
      resource: CLAIMS,
      keys: ({ metadata }, _context, _old, { type }) =>
        type !== 'deleted'
          ? []
          : (metadata.ownerReferences ?? [])
              .filter(({ kind }) => kind === 'Pod')
              .map(({ name }) => ({ namespace: metadata.namespace ?? '', name })),
    },
  ],
  reads: ['pods'],
  async reconcile({ namespace, name }, context) {
    const pod = context.lister<Pod>('pods').get(namespace, name)
    if (!pod || pod.metadata.deletionTimestamp) return
    for (const volume of ephemeralOf(pod)) await ensureClaim(pod, volume, context)
  },
})

function ephemeralOf(pod: KubeObject): Volume[] {
  return ((pod as Pod).spec?.volumes ?? []).filter(({ ephemeral }) => ephemeral !== undefined)
}

async function ensureClaim(pod: Pod, { name: volume, ephemeral }: Volume, context: ControllerContext): Promise<void> {
  const { client, lister, recorder } = context
  const { namespace = '', uid } = pod.metadata
  const name = `${pod.metadata.name}-${volume}`
  const present = lister<PersistentVolumeClaim>(CLAIMS).get(namespace, name)
  if (present?.metadata.ownerReferences?.some((ref) => ref.uid === uid && ref.controller)) return
  const template = ephemeral!.volumeClaimTemplate!
  const { labels, annotations } = template.metadata ?? {}
  try {
    if (present)
      throw new Error(
        `PVC ${namespace}/${name} was not created for pod ${namespace}/${pod.metadata.name} (pod is not owner)`,
      )
    await client.create<PersistentVolumeClaim>(CLAIMS, {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { name, namespace, labels, annotations, ownerReferences: [controllerRef(pod)] },
      spec: template.spec,
    })
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error)
    const what = present ? text : `create PVC ${name}: ${text}`
    recorder.event(pod, 'Warning', 'FailedBinding', `ephemeral volume ${volume}: ${what}`)
    throw error
  }
}
