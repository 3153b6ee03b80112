/**
 * What a new cluster holds: bootstrap objects, nodes, and what the controllers made of them. What one cluster and one node hold is recorded of
 * one that really ran; a new cluster gets these objects with its own time, uids and as many nodes as it wants in their place.
 */
import { formatMicroTime, formatTime } from './apimachinery/clock.ts'
import { type Form, fill, fillSome, formCompiler } from './apimachinery/form.ts'
import type { KubeObject } from './apimachinery/meta.ts'
import type { Random } from './apimachinery/random.ts'
import { controllers } from './controllers/controllers.ts'
import { stage } from './controllers/stages/stages.ts'
import { ttlSeconds } from './controllers/ttl.ts'
import type { RecordedObject, RecordedState } from './starting-state.recorded.ts'
import {
  dayOf,
  eventTime,
  HOLE,
  hasPart,
  holeOfNode,
  PARTED_NODE,
  recordState,
  type Shape,
  TEMPLATE_REVISION,
  TEMPLATE_ROOT_CA,
  TEMPLATE_TIME,
  TEMPLATE_TTL,
  textsOfNode,
  UNPARTED_NODE,
} from './starting-state.recording.ts'
import { FIRST_REVISION } from './storage/memory.ts'

/** An object with holes for what is a cluster's own, or a node's. */
interface StartingForm {
  prefix: string
  name: Form
  object: Form
}

interface StartingForms {
  cluster: readonly StartingForm[]
  /** What is added by a node that has a part of the pod network, and by one that has none. */
  parted: readonly StartingForm[]
  unparted: readonly StartingForm[]
}

export interface StartingState {
  forms: StartingForms
  /** The forms with the seconds of the cluster that was made last: the next one mostly begins in the same. */
  ofSecond?: { text: string; forms: StartingForms }
}

/** What is a cluster's own. */
export interface Identity {
  /** Milliseconds since the epoch. */
  now: number
  random: Random
  /** PEM; asked for only where an object holds it. */
  rootCa(): string
  nodes: number
}

export interface StartingObject {
  prefix: string
  name: string
  object: KubeObject
}

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
  const { cluster, parted, unparted } = recordedStates[key] ?? (await recordState(shape))
  return {
    forms: {
      cluster: formsOf(cluster.map(withRevisionOf), HOLE),
      parted: formsOf(parted, holeOfNode(PARTED_NODE)),
      unparted: formsOf(unparted, holeOfNode(UNPARTED_NODE)),
    },
  }
}

/** The objects that come first have the same revision in all clusters. */
function withRevisionOf({ prefix, object }: RecordedObject, i: number): RecordedObject {
  const metadata = { ...object.metadata, resourceVersion: String(FIRST_REVISION + 1 + i) }
  return { prefix, object: { ...object, metadata } }
}

function formsOf(objects: readonly RecordedObject[], holes: RegExp): StartingForm[] {
  const compile = formCompiler(holes)
  return objects.map(({ prefix, object }) => {
    const { namespace, name = '' } = object.metadata
    return { prefix, name: compile(namespace ? `${namespace}/${name}` : name), object: compile(object) }
  })
}

/** For the build: the shape that most clusters have. Without Stages there is no work for their controller. */
export async function recordStates(): Promise<Record<string, RecordedState>> {
  const shape = { controllers: controllers.filter((controller) => controller !== stage) }
  return { [keyOf(shape)]: await recordState(shape) }
}

/**
 * The objects of one cluster, in the order of their revisions on a storage that nothing was written to. They share with those of others what no
 * cluster ever changes.
 */
export function* objectsOf(state: StartingState, { now, random, rootCa, nodes }: Identity): Iterable<StartingObject> {
  const { cluster, parted, unparted } = formsOfSecond(state, formatTime(now))
  let revision = FIRST_REVISION
  const common: Texts = new Map([
    [formatMicroTime(TEMPLATE_TIME), formatMicroTime(now)],
    [eventTime(TEMPLATE_TIME), eventTime(now)],
    [TEMPLATE_TTL, String(ttlSeconds(nodes))],
  ])
  function* filled(forms: readonly StartingForm[], own: Texts): Iterable<StartingObject> {
    const textOf = (hole: string): string => {
      if (hole === TEMPLATE_REVISION) return String(revision)
      if (hole === TEMPLATE_ROOT_CA) return rootCa()
      const text = own.get(hole) ?? common.get(hole) ?? random.uuid()
      own.set(hole, text)
      return text
    }
    for (const { prefix, name, object } of forms) {
      revision++
      yield { prefix, name: fill(name, textOf) as string, object: fill(object, textOf) as KubeObject }
    }
  }
  yield* filled(cluster, common)
  for (let number = 1; number <= nodes; number++) {
    const isParted = hasPart(number)
    const texts = textsOfNode(number)
    const holes = isParted ? HOLES_OF_PARTED : HOLES_OF_UNPARTED
    yield* filled(isParted ? parted : unparted, new Map(holes.map((hole, i) => [hole, texts[i] as string])))
  }
}

/** What stands in a hole -> what is put in; the others are uids, drawn when they are first asked for. */
type Texts = Map<string, string>

const HOLES_OF_PARTED = textsOfNode(PARTED_NODE)
const HOLES_OF_UNPARTED = textsOfNode(UNPARTED_NODE)

function formsOfSecond(state: StartingState, text: string): StartingForms {
  if (state.ofSecond?.text !== text) {
    const texts: Record<string, string> = {
      [formatTime(TEMPLATE_TIME)]: text,
      [dayOf(formatTime(TEMPLATE_TIME))]: dayOf(text),
    }
    const inSecond = (forms: readonly StartingForm[]): StartingForm[] =>
      forms.map((form) => ({ ...form, object: fillSome(form.object, (hole) => texts[hole]) }))
    const { cluster, parted, unparted } = state.forms
    state.ofSecond = {
      text,
      forms: { cluster: inSecond(cluster), parted: inSecond(parted), unparted: inSecond(unparted) },
    }
  }
  return state.ofSecond.forms
}
