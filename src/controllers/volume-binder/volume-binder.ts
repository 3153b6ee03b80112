/** Binds claims to volumes. Mirrors kubernetes pkg/controller/volume/persistentvolume. */
import type { KubeObject } from '../../apimachinery/meta.ts'
import type { PersistentVolume, PersistentVolumeClaim, Pod } from '../../types/core-v1.ts'
import { type ControllerContext, defineController, type Key } from '../controller.ts'
import { usesClaim } from '../pod-index.ts'
import { CLASSES, syncClaim } from './claims.ts'
import { BIND_COMPLETED, classOf } from './match.ts'
import { syncVolume } from './volumes.ts'
import { CLAIMS, VOLUMES } from './writes.ts'

/** Index of claims that have no volume, by their class; of those that have one, by its name. */
const UNBOUND = 'unboundOfClass'
const NAMES = 'namesVolume'

/** Keys with a namespace are claims, those without are volumes. */
export const volumeBinder = defineController({
  name: 'persistentvolume-binder',
  component: 'persistentvolume-controller',
  watches: [
    {
      resource: CLAIMS,
      keys: (claim) => {
        const { volumeName } = (claim as PersistentVolumeClaim).spec ?? {}
        return volumeName ? [keyOf(claim), { namespace: '', name: volumeName }] : [keyOf(claim)]
      },
    },
    { resource: VOLUMES, keys: (volume, context) => concerned(volume as PersistentVolume, context) },
    {
      resource: CLASSES,
      keys: ({ metadata }, { lister }) => {
        const claims = lister<PersistentVolumeClaim>(CLAIMS)
        return [...claims.byIndex(UNBOUND, metadata.name ?? ''), ...claims.byIndex(UNBOUND, '')].map(keyOf)
      },
    },
    // A claim in use by somebody who is gone could not be recycled.
    { resource: 'pods', when: (pod) => (pod as Pod).spec?.volumes !== undefined, keys: volumesOf },
  ],
  indexes: {
    pods: usesClaim,
    [CLAIMS]: { [UNBOUND]: unboundOf, [NAMES]: (claim) => listOf((claim as PersistentVolumeClaim).spec?.volumeName) },
  },
  async reconcile({ namespace, name }, context) {
    if (namespace) {
      const claim = context.lister<PersistentVolumeClaim>(CLAIMS).get(namespace, name)
      if (claim) await syncClaim(claim, context)
    } else {
      const volume = context.lister<PersistentVolume>(VOLUMES).get('', name)
      if (volume) await syncVolume(volume, context)
    }
  },
})

const keyOf = ({ metadata }: KubeObject): Key => ({ namespace: metadata.namespace ?? '', name: metadata.name ?? '' })
const listOf = (name: string | undefined): string[] => (name ? [name] : [])

function unboundOf(object: KubeObject): string[] {
  const claim = object as PersistentVolumeClaim
  if (claim.metadata.annotations?.[BIND_COMPLETED] !== undefined || claim.spec?.volumeName) return []
  return [classOf(claim)]
}

/** The volume, the claim that it is for, and, when it can be had, those that wait for one like it. */
function concerned(volume: PersistentVolume, { lister }: ControllerContext): Key[] {
  const claims = lister<PersistentVolumeClaim>(CLAIMS)
  const ref = volume.spec?.claimRef
  const keys = [keyOf(volume), ...claims.byIndex(NAMES, volume.metadata.name ?? '').map(keyOf)]
  if (ref?.name) return [...keys, { namespace: ref.namespace ?? '', name: ref.name }]
  if (volume.status?.phase !== 'Available') return keys
  return [...keys, ...claims.byIndex(UNBOUND, classOf(volume)).map(keyOf)]
}

/** A pod that comes is who its claim waits for; one that goes may be who kept a volume from being recycled. */
function volumesOf(pod: KubeObject, { lister }: ControllerContext, _old: unknown, { type }: { type: string }): Key[] {
  const { namespace = '' } = pod.metadata
  return (pod as Pod).spec!.volumes!.flatMap(({ persistentVolumeClaim }) => {
    const name = persistentVolumeClaim?.claimName ?? ''
    const claim = name ? lister<PersistentVolumeClaim>(CLAIMS).get(namespace, name) : undefined
    if (claim) return type === 'added' && !claim.spec?.volumeName ? [keyOf(claim)] : []
    if (!name || type === 'added') return []
    const volumes = lister<PersistentVolume>(VOLUMES).list()
    return volumes
      .filter(({ spec }) => spec?.claimRef?.name === name && spec.claimRef.namespace === namespace)
      .map(keyOf)
  })
}
