/** Which volumes a pod would get on a node: those that are there, and those that would be made. Mirrors plugins/volumebinding/binder.go and scorer.go. */
import { selectorFromObject } from '../../../apimachinery/labels.ts'
import { compareQuantities, parseQuantity, quantityValue } from '../../../apimachinery/quantity.ts'
import type { Node, PersistentVolume, PersistentVolumeClaim } from '../../../types/core-v1.ts'
import type { CSIDriver, CSIStorageCapacity, StorageClass } from '../../../types/storage-v1.ts'
import { bestMatch, capacityOf, classOf, SELECTED_NODE } from '../../volume-binder/match.ts'
import { termsTest } from '../node-selector.ts'
import { final, MAX_SCORE, type PodScore, type Refusal, type World } from '../plugin.ts'
import { CLASSES, type Needs, VOLUMES } from './volume-claims.ts'

export const DRIVERS = 'csidrivers.storage.k8s.io'
export const CAPACITIES = 'csistoragecapacities.storage.k8s.io'

const NO_PROVISIONER = 'kubernetes.io/no-provisioner'
const NODE_CONFLICT = "node(s) didn't match PersistentVolume's node affinity"
const NO_VOLUME = "node(s) didn't find available persistent volumes to bind"
const NO_SPACE = final('node(s) did not have enough free storage')
const NO_SUCH_VOLUME = 'node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)'

type Claim = PersistentVolumeClaim
type Volume = PersistentVolume

export interface NodeVolumes {
  /** Volumes that are there already. */
  matched: readonly { claim: Claim; volume: Volume }[]
  /** Claims for which one is made, and what there is to make it of. */
  made: readonly { claim: Claim; capacity: CSIStorageCapacity | undefined }[]
}

export function volumesOn(
  node: Node,
  { bound, delayed }: Needs,
  taken: ReadonlyMap<string, string>,
  world: World,
): NodeVolumes | Refusal {
  const conflict = conflictOf(bound, node, world)
  const found = delayed.length === 0 ? { matched: [], made: [] } : volumesFor(delayed, node, taken, world)
  if (!('reasons' in found)) return conflict === undefined ? found : final(conflict)
  if (conflict === undefined) return found
  return conflict === NODE_CONFLICT ? final(conflict, ...found.reasons) : final(...found.reasons, conflict)
}

function conflictOf(bound: readonly Claim[], node: Node, { lister }: World): string | undefined {
  for (const { spec } of bound) {
    const volume = lister<Volume>(VOLUMES).get('', spec?.volumeName ?? '')
    if (!volume) return NO_SUCH_VOLUME
    if (!reaches(volume, node)) return NODE_CONFLICT
  }
  return undefined
}

export function reaches({ spec }: Volume, node: Node): boolean {
  const terms = spec?.nodeAffinity?.required?.nodeSelectorTerms
  return terms === undefined || termsTest(terms)(node)
}

function volumesFor(
  claims: readonly Claim[],
  node: Node,
  taken: ReadonlyMap<string, string>,
  world: World,
): NodeVolumes | Refusal {
  // What is being made for one node is of no use on another.
  const selected = claims.filter(({ metadata }) => metadata.annotations?.[SELECTED_NODE] !== undefined)
  if (selected.some(({ metadata }) => metadata.annotations?.[SELECTED_NODE] !== node.metadata.name)) {
    return final(NO_VOLUME)
  }
  const matched: { claim: Claim; volume: Volume }[] = []
  const toMake: Claim[] = [...selected]
  const chosen = new Set<string>()
  // The smallest first: large volumes are kept for those that need them.
  for (const claim of claims.filter((each) => !selected.includes(each)).sort(bySize)) {
    const isFree = ({ metadata: { name = '' } }: Volume): boolean =>
      !chosen.has(name) && (taken.get(name) ?? claim.metadata.uid) === claim.metadata.uid
    const volumes = world.lister<Volume>(VOLUMES).list()
    const volume = bestMatch(claim, volumes, false, (each) => isFree(each) && reaches(each, node))
    if (volume) {
      chosen.add(volume.metadata.name ?? '')
      matched.push({ claim, volume })
    } else toMake.push(claim)
  }
  const made = provisions(toMake, node, world)
  return 'reasons' in made ? made : { matched, made }
}

const sizeOf = ({ spec }: Claim): string => spec?.resources?.requests?.['storage'] ?? '0'

const bySize = (a: Claim, b: Claim): number => compareQuantities(parseQuantity(sizeOf(a)), parseQuantity(sizeOf(b)))

function provisions(claims: readonly Claim[], node: Node, world: World): NodeVolumes['made'] | Refusal {
  const made: { claim: Claim; capacity: CSIStorageCapacity | undefined }[] = []
  for (const claim of claims) {
    const storageClass = world.lister<StorageClass>(CLASSES).get('', classOf(claim))
    if (!storageClass || !canProvision(storageClass, node)) return final(NO_VOLUME)
    const isLimited = world.lister<CSIDriver>(DRIVERS).get('', storageClass.provisioner)?.spec.storageCapacity === true
    const capacity = isLimited ? enoughFor(claim, storageClass, node, world) : undefined
    if (isLimited && !capacity) return NO_SPACE
    made.push({ claim, capacity })
  }
  return made
}

function canProvision({ provisioner, allowedTopologies }: StorageClass, node: Node): boolean {
  if (!provisioner || provisioner === NO_PROVISIONER) return false
  if (!allowedTopologies?.length) return true
  const labels = node.metadata.labels ?? {}
  return allowedTopologies.some(({ matchLabelExpressions = [] }) =>
    matchLabelExpressions.every(({ key, values }) => values.includes(labels[key] ?? '')),
  )
}

function enoughFor(
  claim: Claim,
  { metadata }: StorageClass,
  node: Node,
  { lister }: World,
): CSIStorageCapacity | undefined {
  const wanted = parseQuantity(sizeOf(claim))
  return lister<CSIStorageCapacity>(CAPACITIES)
    .list()
    .find(({ storageClassName, maximumVolumeSize, capacity, nodeTopology }) => {
      const limit = maximumVolumeSize ?? capacity
      if (storageClassName !== metadata.name || limit === undefined || !nodeTopology) return false
      if (compareQuantities(parseQuantity(limit), wanted) < 0) return false
      return selectorFromObject(nodeTopology).matches(node.metadata.labels)
    })
}

/** By how full volumes of each class would be: those that are there, or, where all are made, what they are made of. */
export function storageScore(
  byNode: ReadonlyMap<string, NodeVolumes>,
  rate: (utilization: number) => number,
): PodScore | undefined {
  if (![...byNode.values()].some(({ matched, made }) => matched.length + made.length > 0)) return undefined
  return {
    score({ name }) {
      const volumes = byNode.get(name)
      const classes = volumes ? usageByClass(volumes) : []
      if (classes.length === 0) return 0
      const sum = classes.reduce((total, { wanted, all }) => total + rate(fullness(wanted, all)), 0)
      return Math.round(sum / classes.length)
    },
  }
}

interface Usage {
  wanted: number
  all: number
}

const fullness = (wanted: number, all: number): number =>
  all === 0 || wanted > all ? MAX_SCORE : Math.floor((wanted * MAX_SCORE) / all)

function usageByClass({ matched, made }: NodeVolumes): Usage[] {
  const classes = new Map<string, Usage>()
  const usageOf = (name: string): Usage => {
    const usage = classes.get(name) ?? { wanted: 0, all: 0 }
    classes.set(name, usage)
    return usage
  }
  const amount = (text: string): number => quantityValue(parseQuantity(text))
  for (const { claim, volume } of matched) {
    const usage = usageOf(classOf(volume))
    usage.wanted += amount(sizeOf(claim))
    usage.all += amount(capacityOf(volume) ?? '0')
  }
  if (matched.length > 0) return [...classes.values()]
  for (const { claim, capacity } of made) {
    if (!capacity) continue
    const usage = usageOf(classOf(claim))
    usage.wanted += amount(sizeOf(claim))
    usage.all = amount(capacity.capacity ?? '0')
  }
  return [...classes.values()]
}
