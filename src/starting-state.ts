/**
 * What a new cluster holds: bootstrap objects, nodes, and what the controllers made of them. What one cluster and one node hold is recorded of
 * one that really ran; a new cluster gets these objects with its own time, uids and as many nodes as it wants in their place.
 */
import { formatMicroTime, formatTime } from './apimachinery/clock.ts'
import { type Form, fill, fillSome, formCompiler } from './apimachinery/form.ts'
import type { KubeObject } from './apimachinery/meta.ts'
import type { Random } from './apimachinery/random.ts'
import { type Networks, networksOf } from './cluster-networks.ts'
import { allocateParts, cidrSets } from './controllers/cidr-set.ts'
import { controllers } from './controllers/controllers.ts'
import { stage } from './controllers/stages/stages.ts'
import { ttlSeconds } from './controllers/ttl.ts'
import type { RecordedObject, RecordedState } from './starting-state.recorded.ts'
import {
  dayOf,
  eventTime,
  firstParts,
  HOLE,
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
import type { Beginning } from './storage/interface.ts'
import { FIRST_REVISION } from './storage/memory.ts'

/** An object with holes for what is a cluster's own, or a node's. */
interface StartingForm {
  prefix: string
  name: Form
  object: Form
}

/** Recorded objects that are asked for together, and made forms of by then. */
interface Part {
  objects: readonly { prefix: string; object: KubeObject }[]
  holes: RegExp
  forms?: readonly StartingForm[]
}

/** What one more node adds. `texts`: what of that is its own, as in textsOfNode. */
interface NodePart extends Part {
  texts: readonly string[]
}

export interface StartingState {
  /** By prefix. */
  cluster: ReadonlyMap<string, Part>
  /** The objects of a cluster without nodes. */
  count: number
  /** What is added by a node that has a part of the pod network, and by one that has none. */
  parted: NodePart
  unparted: NodePart
  networks: Networks
  sharedUids: readonly string[]
  /** Of the cluster that was made last: the next one mostly begins in the same. */
  lastSecond?: Second
}

/** Forms with the time of a second filled in, as far as they were asked for. */
interface Second {
  text: string
  forms: Map<Part, readonly StartingForm[]>
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

/** How a storage becomes that of a new cluster: first as in Storage.begin, then an object after the other. */
export interface Start {
  beginnings: ReadonlyMap<string, Beginning>
  revision: number
  ofNodes: Iterable<StartingObject>
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
  const { cluster, parted, unparted, sharedUids } = recordedStates[key] ?? (await recordState(shape))
  const networks = networksOf(shape)
  const parts = new Map<string, { objects: RecordedObject[]; holes: RegExp }>()
  for (const [i, recorded] of cluster.entries()) {
    const part = parts.get(recorded.prefix) ?? { objects: [], holes: HOLE }
    part.objects.push(withRevision(recorded, FIRST_REVISION + 1 + i))
    parts.set(recorded.prefix, part)
  }
  return {
    cluster: parts,
    count: cluster.length,
    parted: nodePart(parted, textsOfNode(PARTED_NODE, networks, firstParts(networks))),
    unparted: nodePart(unparted, textsOfNode(UNPARTED_NODE, networks)),
    networks,
    sharedUids,
  }
}

const nodePart = (objects: readonly RecordedObject[], texts: readonly string[]): NodePart => ({
  objects,
  holes: holeOfNode(texts),
  texts,
})

/** The objects that come first have the same revision in all clusters. */
function withRevision({ prefix, object }: RecordedObject, revision: number): RecordedObject {
  return { prefix, object: { ...object, metadata: { ...object.metadata, resourceVersion: String(revision) } } }
}

function formsOf(part: Part): readonly StartingForm[] {
  const compile = formCompiler(part.holes)
  part.forms ??= part.objects.map(({ prefix, object }) => {
    const { namespace, name = '' } = object.metadata
    return { prefix, name: compile(namespace ? `${namespace}/${name}` : name), object: compile(object) }
  })
  return part.forms
}

/** For the build: the shape that most clusters have. Without Stages there is no work for their controller. */
export async function recordStates(): Promise<Record<string, RecordedState>> {
  const shape = { controllers: controllers.filter((controller) => controller !== stage) }
  return { [keyOf(shape)]: await recordState(shape) }
}

/**
 * The objects of one cluster, for a storage that nothing was written to. They share with those of others what no cluster ever changes. What a
 * seeded `random` draws for them does not depend on when they are asked for.
 */
export function startOf(state: StartingState, { now, random, rootCa, nodes }: Identity): Start {
  const second = secondOf(state, formatTime(now))
  const common: ReadonlyMap<string, string> = new Map([
    [formatMicroTime(TEMPLATE_TIME), formatMicroTime(now)],
    [eventTime(TEMPLATE_TIME), eventTime(now)],
    [TEMPLATE_TTL, String(ttlSeconds(nodes))],
    ...state.sharedUids.map((hole): [string, string] => [hole, random.uuid()]),
  ])
  const { networks } = state
  const beginnings = new Map<string, Beginning>()
  for (const [prefix, part] of state.cluster) {
    beginnings.set(prefix, () => filled(inSecond(part, second), new Texts(common, random.branch(prefix), rootCa)))
  }
  const revision = FIRST_REVISION + state.count
  function* ofNodes(): Iterable<StartingObject> {
    let last = revision
    const sets = cidrSets(networks.podCidr, networks.serviceCidr)
    for (let number = 1; number <= nodes; number++) {
      const parts = allocateParts(sets)
      const texts = textsOfNode(number, networks, parts)
      const part = parts ? state.parted : state.unparted
      const own = new Texts(common, random, rootCa)
      for (const [i, hole] of part.texts.entries()) own.set(hole, texts[i])
      const forms = inSecond(part, second)
      yield* filled(forms, own, last)
      last += forms.length
    }
  }
  return { beginnings, revision, ofNodes: ofNodes() }
}

/** What stands in a hole -> what is put in. Those that nobody said are uids, drawn when they are first asked for. */
class Texts {
  readonly #common: ReadonlyMap<string, string>
  readonly #random: Random
  readonly #rootCa: () => string
  readonly #own = new Map<string, string>()

  constructor(common: ReadonlyMap<string, string>, random: Random, rootCa: () => string) {
    this.#common = common
    this.#random = random
    this.#rootCa = rootCa
  }

  of(hole: string): string {
    if (hole === TEMPLATE_ROOT_CA) return this.#rootCa()
    const text = this.#own.get(hole) ?? this.#common.get(hole)
    if (text !== undefined) return text
    const drawn = this.#random.uuid()
    this.#own.set(hole, drawn)
    return drawn
  }

  set(hole: string, text: string): void {
    this.#own.set(hole, text)
  }
}

/** `revision`: that of the object before the first, where objects do not have their own. */
function* filled(forms: readonly StartingForm[], texts: Texts, revision = 0): Iterable<StartingObject> {
  let last = revision
  const textOf = (hole: string): string => (hole === TEMPLATE_REVISION ? String(last) : texts.of(hole))
  for (const { prefix, name, object } of forms) {
    last++
    yield { prefix, name: fill(name, textOf) as string, object: fill(object, textOf) as KubeObject }
  }
}

function secondOf(state: StartingState, text: string): Second {
  if (state.lastSecond?.text !== text) state.lastSecond = { text, forms: new Map() }
  return state.lastSecond
}

function inSecond(part: Part, { text, forms }: Second): readonly StartingForm[] {
  const known = forms.get(part)
  if (known) return known
  const texts: Record<string, string> = {
    [formatTime(TEMPLATE_TIME)]: text,
    [dayOf(formatTime(TEMPLATE_TIME))]: dayOf(text),
  }
  const made = formsOf(part).map((form) => ({ ...form, object: fillSome(form.object, (hole) => texts[hole]) }))
  forms.set(part, made)
  return made
}
