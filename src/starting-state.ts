/**
 * What a new cluster holds: bootstrap objects, nodes, and what the controllers made of them. One cluster of each shape is started for real, on
 * a time and uids that can be found again in what it wrote; a new cluster gets these objects with its own time and uids in their place.
 */
import { formatMicroTime, formatTime, ManualClock } from './apimachinery/clock.ts'
import { isAlreadyExists, isStatusError } from './apimachinery/errors.ts'
import { compileForm, type Form, fill, fillSome } from './apimachinery/form.ts'
import { SILENT } from './apimachinery/logger.ts'
import type { DynamicObject, KubeObject } from './apimachinery/meta.ts'
import type { Random } from './apimachinery/random.ts'
import { ControlPlane, type ControlPlaneParts, type RegistrySettings } from './control-plane.ts'
import { controllers } from './controllers/controllers.ts'
import { stage } from './controllers/stages/stages.ts'
import { defaultStorageClass, volumeProvisioner } from './controllers/volume-provisioner.ts'
import { createLocalClient } from './local-client.ts'
import { bootstrapObjects } from './registry/bootstrap/bootstrap.ts'
import { SYSTEM_USER } from './registry/environment.ts'
import { nodeObject } from './scenario/nodes.ts'
import type { RecordedState } from './starting-state.recorded.ts'
import { FIRST_REVISION, MemoryStorage } from './storage/memory.ts'

/** What decides which objects a new cluster holds. */
export type Shape = Pick<RegistrySettings, 'serviceCidr' | 'enableAdmissionPlugins' | 'disableAdmissionPlugins'> &
  Pick<ControlPlaneParts, 'controllers'> & { nodes: number }

/** Objects in the order of their writes, with holes for what is a cluster's own. */
interface StartingForm {
  prefix: string
  name: Form
  object: Form
}

export interface StartingState {
  uids: number
  forms: readonly StartingForm[]
  /** The forms with the seconds of the cluster that was made last: the next one mostly begins in the same. */
  ofSecond?: { text: string; forms: readonly StartingForm[] }
}

/** What is a cluster's own. */
export interface Identity {
  /** Milliseconds since the epoch. */
  now: number
  random: Random
  /** PEM; asked for only where an object holds it. */
  rootCa(): string
}

export interface StartingObject {
  prefix: string
  name: string
  object: KubeObject
}

/** Whole seconds, and in nanoseconds a multiple of 2^20: names of Events, which end in such a time, can be told apart from their counter. */
const TEMPLATE_TIME = 462_249 * 2_048_000
const COUNTER_DIGITS = 5
const TEMPLATE_UID = '00000000-0000-4000-8000-'
const TEMPLATE_ROOT_CA = 'PEM of the root CA'

/** How often, and after which real time, a start is tried again that another process's start was in the way of. */
const ATTEMPTS_BESIDE = 50
const RETRY_BESIDE_MS = 100

/** Shapes kept; the oldest are forgotten. A process seldom has more than one or two. */
const KEPT_SHAPES = 16
const known = new Map<string, Promise<StartingState>>()

/** Made once a shape and process. Rejects when an option names what there is not. */
export function startingState(shape: Shape): Promise<StartingState> {
  const key = keyOf(shape)
  let state = known.get(key)
  if (state === undefined) {
    state = makeState(key, shape)
    known.set(key, state)
    state.catch(() => known.delete(key))
    if (known.size > KEPT_SHAPES) known.delete(known.keys().next().value as string)
  }
  return state
}

function keyOf(shape: Shape): string {
  return JSON.stringify({ ...shape, controllers: shape.controllers.map(({ name }) => name) })
}

async function makeState(key: string, shape: Shape): Promise<StartingState> {
  const { recordedStates } = await import('./starting-state.recorded.ts')
  const { uids, objects } = recordedStates[key] ?? (await recordState(shape))
  const forms = objects.map(({ prefix, object }) => {
    const { namespace, name = '' } = object.metadata
    return {
      prefix,
      name: compileForm(namespace ? `${namespace}/${name}` : name, HOLE),
      object: compileForm(object, HOLE),
    }
  })
  return { uids, forms }
}

/** For the build: the shape that most clusters have. Without Stages there is no work for their controller. */
export async function recordStates(): Promise<Record<string, RecordedState>> {
  const shape = { nodes: 1, controllers: controllers.filter((controller) => controller !== stage) }
  return { [keyOf(shape)]: await recordState(shape) }
}

/**
 * The objects of one cluster, in the order of their revisions on a storage that nothing was written to. They share with those of others what no
 * cluster ever changes.
 */
export function* objectsOf(state: StartingState, { now, random, rootCa }: Identity): Iterable<StartingObject> {
  const uids = Array.from({ length: state.uids }, () => random.uuid())
  const texts: Record<string, () => string> = {
    [formatMicroTime(TEMPLATE_TIME)]: () => formatMicroTime(now),
    [eventTime(TEMPLATE_TIME)]: () => eventTime(now),
    [TEMPLATE_ROOT_CA]: rootCa,
  }
  const textOf = (hole: string): string => texts[hole]?.() ?? (uids[uidNumber(hole)] as string)
  for (const { prefix, name, object } of formsOfSecond(state, formatTime(now))) {
    yield { prefix, name: fill(name, textOf) as string, object: fill(object, textOf) as KubeObject }
  }
}

function formsOfSecond(state: StartingState, text: string): readonly StartingForm[] {
  if (state.ofSecond?.text !== text) {
    const texts: Record<string, string> = {
      [formatTime(TEMPLATE_TIME)]: text,
      [dayOf(formatTime(TEMPLATE_TIME))]: dayOf(text),
    }
    const forms = state.forms.map((form) => ({ ...form, object: fillSome(form.object, (hole) => texts[hole]) }))
    state.ofSecond = { text, forms }
  }
  return state.ofSecond.forms
}

/** Creates what is not there: of a fresh API server, or of one whose data is older. */
export async function bootstrap({ registry }: ControlPlane): Promise<void> {
  const system = createLocalClient(registry, SYSTEM_USER, 'kube-apiserver')
  const objects = bootstrapObjects({
    now: registry.clock.now(),
    serviceCidr: registry.settings.serviceCidr,
    advertiseAddress: '172.18.0.2',
    securePort: 6443,
    hostname: 'kubemu',
    holderId: registry.random.uuid(),
  })
  for (const { resource, object, status } of objects) {
    const { namespace = '', name = '' } = object.metadata
    if (registry.store(resource).find(namespace, name)) continue
    try {
      const created = await system.create(resource, object)
      if (status) await system.updateStatus(resource, { ...created, status } as DynamicObject)
    } catch (error) {
      if (!isAlreadyExists(error)) throw error
    }
  }
}

/** As `populate`; on a storage that is shared other processes may be at the same: what is half there for a moment is tried again. */
export async function populateBeside(plane: ControlPlane, shape: Pick<Shape, 'nodes' | 'controllers'>): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await populate(plane, shape)
    } catch (error) {
      const isAlone = !plane.registry.storage.shared
      if (isAlone || !isStatusError(error) || attempt === ATTEMPTS_BESIDE) throw error
      await new Promise((resolve) => setTimeout(resolve, RETRY_BESIDE_MS))
    }
  }
}

/** All that nobody but us would create, where it is not there. */
async function populate(
  plane: ControlPlane,
  { nodes, controllers: running }: Pick<Shape, 'nodes' | 'controllers'>,
): Promise<void> {
  await bootstrap(plane)
  const client = createLocalClient(plane.registry, SYSTEM_USER)
  const objects = Array.from({ length: nodes }, (_, i) => ({ resource: 'nodes', object: nodeObject(i + 1) }))
  const classes = [{ resource: 'storageclasses.storage.k8s.io', object: defaultStorageClass() }]
  for (const { resource, object } of [...objects, ...(running.includes(volumeProvisioner) ? classes : [])]) {
    try {
      await client.create<KubeObject>(resource, object)
    } catch (error) {
      if (!isAlreadyExists(error)) throw error
    }
  }
}

async function recordState(shape: Shape): Promise<RecordedState> {
  let uids = 0
  const notDrawn = (): never => {
    throw new Error('a starting state draws nothing but uids')
  }
  const storage = new MemoryStorage()
  const plane = new ControlPlane(shape, {
    storage,
    clock: new ManualClock(TEMPLATE_TIME),
    random: { uuid: () => uidOf(uids++), next: notDrawn, suffix: notDrawn },
    logger: SILENT,
    controllers: shape.controllers,
    rootCa: TEMPLATE_ROOT_CA,
  })
  try {
    await populate(plane, shape)
    plane.startControllers()
    await plane.settle()
    return { uids, objects: contentOf(storage) }
  } finally {
    await plane.close()
    await storage.close()
  }
}

/** Each run of the node controller says anew which nodes it knows. */
function isKept(object: KubeObject): boolean {
  return (object as DynamicObject)['reason'] !== 'RegisteredNode'
}

function contentOf(storage: MemoryStorage): RecordedState['objects'] {
  const found = storage
    .prefixes()
    .flatMap((prefix) => storage.list(prefix, { matches: isKept }).objects.map((object) => ({ prefix, object })))
  const revisionOf = ({ object }: { object: KubeObject }): number => Number(object.metadata.resourceVersion)
  return found
    .sort((a, b) => revisionOf(a) - revisionOf(b))
    .map(({ prefix, object }, i) => {
      const metadata = { ...object.metadata, resourceVersion: String(FIRST_REVISION + 1 + i) }
      return { prefix, object: { ...object, metadata } }
    })
}

const HOLE = new RegExp(
  [
    `${TEMPLATE_UID}[0-9a-f]{12}`,
    formatMicroTime(TEMPLATE_TIME).replace('.', '\\.'),
    formatTime(TEMPLATE_TIME),
    dayOf(formatTime(TEMPLATE_TIME)),
    eventTime(TEMPLATE_TIME),
    TEMPLATE_ROOT_CA,
  ].join('|'),
)

function uidOf(number: number): string {
  return TEMPLATE_UID + number.toString(16).padStart(12, '0')
}

function uidNumber(uid: string): number {
  return Number.parseInt(uid.slice(TEMPLATE_UID.length), 16)
}

function dayOf(time: string): string {
  return time.slice(0, 10)
}

/** The leading digits of a time in nanoseconds as names of Events have it. */
function eventTime(ms: number): string {
  return (BigInt(ms) * 1_000_000n).toString(16).slice(0, -COUNTER_DIGITS)
}
