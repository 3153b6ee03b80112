/** Keeps volumes that are bound. Mirrors kubernetes pkg/controller/volume/pvprotection. */
import type { PersistentVolume } from '../types/core-v1.ts'
import { ignoreNotFound } from './claim.ts'
import { defineController } from './controller.ts'

const VOLUMES = 'persistentvolumes'
const FINALIZER = 'kubernetes.io/pv-protection'

export const pvProtection = defineController({
  name: 'persistentvolume-protection',
  component: 'pv-protection-controller',
  for: VOLUMES,
  async reconcile({ name }, { client, lister }) {
    const volume = lister<PersistentVolume>(VOLUMES).get('', name)
    if (!volume) return
    const { deletionTimestamp, finalizers = [] } = volume.metadata
    const held = finalizers.includes(FINALIZER)
    const next = held ? finalizers.filter((each) => each !== FINALIZER) : [...finalizers, FINALIZER]
    if (deletionTimestamp ? !held || volume.status?.phase === 'Bound' : held) return
    await ignoreNotFound(client.update(VOLUMES, { ...volume, metadata: { ...volume.metadata, finalizers: next } }))
  },
})
