/** Volumes that say by labels which zone they are in. Mirrors plugins/volumezone. */
import { deepEqual } from '../../../apimachinery/equality.ts'
import type { PersistentVolume, PersistentVolumeClaim, Pod } from '../../../types/core-v1.ts'
import type { StorageClass } from '../../../types/storage-v1.ts'
import { classOf, isDelayed } from '../../volume-binder/match.ts'
import { final, type Plugin, type Refusal, type World } from '../plugin.ts'
import { isClaimOf } from './volume-binding.ts'
import { CLAIMS, CLASSES, claimNamesOf, VOLUMES } from './volume-claims.ts'

const CONFLICT = final('node(s) had no available volume zone')

/** The labels that say so, and what they are called today. */
const LABELS: Readonly<Record<string, string>> = {
  'failure-domain.beta.kubernetes.io/zone': 'topology.kubernetes.io/zone',
  'failure-domain.beta.kubernetes.io/region': 'topology.kubernetes.io/region',
  'topology.kubernetes.io/zone': 'topology.kubernetes.io/zone',
  'topology.kubernetes.io/region': 'topology.kubernetes.io/region',
}

interface Place {
  key: string
  values: readonly string[]
}

export const volumeZone: Plugin = {
  name: 'VolumeZone',
  hints: [
    { on: ['storageclasses/add'], helps: (_pod, { object }) => isDelayed(object as StorageClass) },
    { on: ['nodes/add', 'nodes/labels'] },
    { on: ['persistentvolumeclaims/add', 'persistentvolumeclaims/update'], helps: isClaimOf },
    {
      on: ['persistentvolumes/add', 'persistentvolumes/update'],
      helps: (_pod, { object, old }) =>
        !old || !deepEqual(placesOf(object as PersistentVolume), placesOf(old as PersistentVolume)),
    },
  ],
  preFilter({ pod }, world) {
    const places = placesFor(pod, world)
    if ('reasons' in places) return places
    if (places.length === 0) return undefined
    return {
      filter({ labels }) {
        // A cluster without zones has volumes everywhere.
        if (!Object.keys(LABELS).some((key) => key in labels)) return undefined
        const fits = places.every(({ key, values }) => values.includes(labels[key] ?? labels[LABELS[key]] ?? ''))
        return fits ? undefined : CONFLICT
      },
    }
  },
}

function placesFor(pod: Pod, { lister }: World): Place[] | Refusal {
  const places: Place[] = []
  for (const { name, ephemeral } of claimNamesOf(pod)) {
    if (ephemeral) continue
    const claim = lister<PersistentVolumeClaim>(CLAIMS).get(pod.metadata.namespace ?? '', name)
    if (!claim) return final(`persistentvolumeclaim "${name}" not found`)
    const volumeName = claim.spec?.volumeName
    if (!volumeName) {
      const why = whyUnbound(classOf(claim), lister)
      if (why) return final(why)
      continue
    }
    const volume = lister<PersistentVolume>(VOLUMES).get('', volumeName)
    if (!volume) return final(`persistentvolume "${volumeName}" not found`)
    places.push(...placesOf(volume))
  }
  return places
}

/** Undefined: the claim waits for a node. */
function whyUnbound(className: string, lister: World['lister']): string | undefined {
  if (!className) return 'PersistentVolumeClaim had no pv name and storageClass name'
  const storageClass = lister<StorageClass>(CLASSES).get('', className)
  if (!storageClass) return `storageclass.storage.k8s.io "${className}" not found`
  return isDelayed(storageClass) ? undefined : 'PersistentVolume had no name'
}

/** A label may name several zones: `a__b`. */
function placesOf({ metadata: { labels = {} } }: PersistentVolume): Place[] {
  return Object.keys(LABELS)
    .filter((key) => key in labels)
    .map((key) => ({ key, values: labels[key].split('__') }))
}
