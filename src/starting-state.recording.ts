/**
 * What the controllers really make of a cluster of a shape, on a time, uids and nodes that can be found again: the texts for which
 * starting-state.ts puts in a cluster's own.
 */
import { formatMicroTime, formatTime, ManualClock } from './apimachinery/clock.ts'
import { SILENT } from './apimachinery/logger.ts'
import { type Networks, networksOf } from './cluster-networks.ts'
import { ControlPlane, type ControlPlaneParts, type RegistrySettings } from './control-plane.ts'
import { allocateParts, cidrSets } from './controllers/cidr-set.ts'
import { familiesOf, nodeAddresses } from './controllers/kubelet/addresses.ts'
import { machineIds } from './controllers/kubelet/node-status.ts'
import { TTL_ANNOTATION } from './controllers/ttl.ts'
import { populate } from './populate.ts'
import { nodeObject } from './scenario/nodes.ts'
import type { RecordedObject, RecordedState } from './starting-state.recorded.ts'
import { MemoryStorage } from './storage/memory.ts'

/** What decides which objects a new cluster holds, and what one more node adds. */
export type Shape = Pick<
  RegistrySettings,
  'serviceCidr' | 'podCidr' | 'enableAdmissionPlugins' | 'disableAdmissionPlugins'
> &
  Pick<ControlPlaneParts, 'controllers'>

/** Whole seconds, and in nanoseconds a multiple of 2^20: names of Events, which end in such a time, can be told apart from their counter. */
export const TEMPLATE_TIME = 462_249 * 2_048_000
export const TEMPLATE_ROOT_CA = 'PEM of the root CA'
export const TEMPLATE_REVISION = 'revision of the object'
export const TEMPLATE_TTL = 'seconds that nodes keep Secrets'
const TEMPLATE_UID = '00000000-0000-4000-8000-'
const UIDS = new RegExp(`${TEMPLATE_UID}[0-9a-f]{12}`, 'g')
const COUNTER_DIGITS = 5
/** The nodes of the recorded cluster: one gets the only part of the pod network that there is. */
export const PARTED_NODE = 1
export const UNPARTED_NODE = 2

/** Matches every text of a cluster's own. */
export const HOLE = new RegExp(
  [
    `${TEMPLATE_UID}[0-9a-f]{12}`,
    formatMicroTime(TEMPLATE_TIME).replace('.', '\\.'),
    formatTime(TEMPLATE_TIME),
    dayOf(formatTime(TEMPLATE_TIME)),
    eventTime(TEMPLATE_TIME),
    TEMPLATE_ROOT_CA,
    TEMPLATE_REVISION,
    TEMPLATE_TTL,
  ].join('|'),
)

/** And those of a node's own. */
export function holeOfNode(texts: readonly string[]): RegExp {
  return new RegExp([HOLE.source, ...texts.map((text) => text.replaceAll('.', '\\.'))].join('|'))
}

/** What a node has by its number, each thing at the same place; `parts`: of the pod network, if it has one. */
export function textsOfNode(number: number, { podCidr }: Networks, parts: readonly string[] = []): string[] {
  const { name = '' } = nodeObject(number).metadata
  const { machineID, systemUUID, bootID } = machineIds(name)
  return [name, ...nodeAddresses(familiesOf(podCidr), number - 1), machineID, systemUUID, bootID, ...parts]
}

export function dayOf(time: string): string {
  return time.slice(0, 10)
}

/** The leading digits of a time in nanoseconds as names of Events have it. */
export function eventTime(ms: number): string {
  return (BigInt(ms) * 1_000_000n).toString(16).slice(0, -COUNTER_DIGITS)
}

/** The parts of the networks that the first node of a cluster gets. */
export function firstParts({ podCidr, serviceCidr }: Networks): string[] {
  const parts = allocateParts(cidrSets(podCidr, serviceCidr))
  if (parts === undefined) throw new Error(`there is no part of ${podCidr} for a node`)
  return parts
}

export async function recordState(shape: Shape): Promise<RecordedState> {
  const podCidr = firstParts(networksOf(shape)).join()
  const objects = (await makeForReal({ ...shape, podCidr }, UNPARTED_NODE)).map(withHoles)
  const ofNode = (number: number): RecordedObject[] => objects.filter((object) => isOfNode(object, number))
  const [parted, unparted] = [ofNode(PARTED_NODE), ofNode(UNPARTED_NODE)]
  if (parted.some((object) => unparted.includes(object))) throw new Error('an object is of two nodes')
  const cluster = objects.filter((object) => !parted.includes(object) && !unparted.includes(object))
  return { cluster, parted, unparted, sharedUids: sharedUids(cluster, [...parted, ...unparted]) }
}

function sharedUids(ofCluster: readonly RecordedObject[], ofNodes: readonly RecordedObject[]): string[] {
  const places = new Map<string, Set<string>>()
  const note = ({ object }: RecordedObject, place: string): void => {
    for (const uid of JSON.stringify(object).match(UIDS) ?? [])
      places.set(uid, (places.get(uid) ?? new Set()).add(place))
  }
  for (const each of ofCluster) note(each, each.prefix)
  for (const each of ofNodes) note(each, 'nodes')
  return [...places].flatMap(([uid, at]) => (at.size > 1 ? [uid] : []))
}

/** All objects of a cluster whose nodes came one after the other while the controllers ran, in the order of the last writes. */
export async function makeForReal(shape: Shape, nodes: number): Promise<RecordedObject[]> {
  let uids = 0
  const notDrawn = (): never => {
    throw new Error('a starting state draws nothing but uids')
  }
  const { controllers } = shape
  const storage = new MemoryStorage()
  const plane = new ControlPlane(shape, {
    storage,
    clock: new ManualClock(TEMPLATE_TIME),
    random: { uuid: () => uidOf(uids++), next: notDrawn, suffix: notDrawn, branch: notDrawn },
    logger: SILENT,
    controllers,
    rootCa: TEMPLATE_ROOT_CA,
  })
  try {
    await populate(plane, { nodes: 0, controllers })
    plane.startControllers()
    await populate(plane, { nodes, controllers })
    await plane.settle()
    return contentOf(storage)
  } finally {
    await plane.close()
    await storage.close()
  }
}

function contentOf(storage: MemoryStorage): RecordedObject[] {
  const revisionOf = ({ object }: RecordedObject): number => Number(object.metadata.resourceVersion)
  return storage
    .prefixes()
    .flatMap((prefix) => storage.list(prefix).objects.map((object) => ({ prefix, object })))
    .sort((a, b) => revisionOf(a) - revisionOf(b))
}

/** What changes with the number of objects and of nodes. */
function withHoles({ prefix, object }: RecordedObject): RecordedObject {
  const { annotations } = object.metadata
  const metadata = { ...object.metadata, resourceVersion: TEMPLATE_REVISION }
  if (annotations?.[TTL_ANNOTATION]) metadata.annotations = { ...annotations, [TTL_ANNOTATION]: TEMPLATE_TTL }
  return { prefix, object: { ...object, metadata } }
}

function isOfNode({ object }: RecordedObject, number: number): boolean {
  return JSON.stringify(object).includes(nodeObject(number).metadata.name as string)
}

function uidOf(number: number): string {
  return TEMPLATE_UID + number.toString(16).padStart(12, '0')
}
