/** Has the claims of a pod bound for the node that was chosen, and sees to it that they are. Mirrors plugins/volumebinding/binder.go (AssumePodVolumes, BindPodVolumes). */
import type { KubeObject } from '../../../apimachinery/meta.ts'
import type { PersistentVolume, PersistentVolumeClaim } from '../../../types/core-v1.ts'
import type { Client } from '../../client.ts'
import { BOUND_BY_CONTROLLER, SELECTED_NODE } from '../../volume-binder/match.ts'
import { awaited, type Reservation, type World } from '../plugin.ts'
import type { NodeVolumes } from './volume-binding.volumes.ts'
import { reaches } from './volume-binding.volumes.ts'
import { CLAIMS, isFullyBound, type Needs, VOLUMES } from './volume-claims.ts'

type Claim = PersistentVolumeClaim
type Volume = PersistentVolume

interface ReserveOptions {
  taken: Map<string, string>
  world: World
  timeoutMs: number
}

/** Undefined: all claims are bound already. */
export function reserveVolumes(
  volumes: NodeVolumes | undefined,
  { delayed }: Needs,
  node: string,
  { taken, world, timeoutMs }: ReserveOptions,
): Reservation | undefined {
  if (!volumes || delayed.length === 0) return undefined
  for (const { claim, volume } of volumes.matched) taken.set(volume.metadata.name ?? '', claim.metadata.uid ?? '')
  /** Versions of what was written: what is older does not say how things are. */
  const written = new Map<string, string>()
  return {
    timeoutMs,
    awaits: delayed.map((claim) => awaited(CLAIMS, claim)),
    release() {
      for (const { volume } of volumes.matched) taken.delete(volume.metadata.name ?? '')
    },
    async start(client) {
      for (const { claim, volume } of volumes.matched) await bindTo(claim, volume, client, written)
      for (const { claim } of volumes.made) await selectNode(claim, node, client, written)
    },
    done() {
      try {
        return delayed.every((claim) => isDone(claim, node, written, world))
      } catch (error) {
        throw new Error(`binding volumes: ${(error as Error).message}`)
      }
    },
  }
}

async function bindTo(claim: Claim, volume: Volume, client: Client, written: Map<string, string>): Promise<void> {
  const { namespace, name, uid, resourceVersion } = claim.metadata
  if (volume.spec?.claimRef?.uid === uid && uid !== undefined) return
  const claimRef = { apiVersion: 'v1', kind: 'PersistentVolumeClaim', namespace, name, uid, resourceVersion }
  const isOwn = volume.spec?.claimRef !== undefined
  const marks = isOwn ? volume.metadata.annotations : { ...volume.metadata.annotations, [BOUND_BY_CONTROLLER]: 'yes' }
  const metadata = { ...volume.metadata, annotations: marks }
  const next = { ...volume, metadata, spec: { ...volume.spec!, claimRef } }
  note(await client.update<Volume>(VOLUMES, next), written)
}

async function selectNode(claim: Claim, node: string, client: Client, written: Map<string, string>): Promise<void> {
  if (claim.metadata.annotations?.[SELECTED_NODE] === node) return
  const annotations = { ...claim.metadata.annotations, [SELECTED_NODE]: node }
  note(await client.update<Claim>(CLAIMS, { ...claim, metadata: { ...claim.metadata, annotations } }), written)
}

function note({ metadata }: KubeObject, written: Map<string, string>): void {
  written.set(metadata.uid ?? '', metadata.resourceVersion ?? '')
}

const isOlder = ({ metadata }: KubeObject, written: ReadonlyMap<string, string>): boolean =>
  Number(metadata.resourceVersion) < Number(written.get(metadata.uid ?? '') ?? 0)

/** Throws when it will not be bound for this node any more. */
function isDone({ metadata }: Claim, node: string, written: ReadonlyMap<string, string>, world: World): boolean {
  const claim = world.lister<Claim>(CLAIMS).get(metadata.namespace ?? '', metadata.name ?? '')
  if (!claim) throw new Error(`failed to check binding: could not find v1.PersistentVolumeClaim "${metadata.name}"`)
  if (isOlder(claim, written)) return false
  const isMade = metadata.annotations?.[SELECTED_NODE] !== undefined || written.has(metadata.uid ?? '')
  if (isMade) {
    if (!claim.metadata.annotations) throw new Error(`selectedNode annotation reset for PVC "${metadata.name}"`)
    if (claim.metadata.annotations[SELECTED_NODE] !== node) {
      throw new Error(`provisioning failed for PVC "${metadata.name}"`)
    }
  }
  const volume = world.lister<Volume>(VOLUMES).get('', claim.spec?.volumeName ?? '')
  const place = world.cache.node(node)
  if (volume && place && !reaches(volume, place.node)) {
    throw new Error(
      `pv "${volume.metadata.name}" node affinity doesn't match node "${node}": no matching NodeSelectorTerms`,
    )
  }
  return isFullyBound(claim)
}
