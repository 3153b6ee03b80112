/** Plays the mutations of every kind against one server. All are dry runs; what they need is made first. */
import type { DynamicObject } from '../../src/apimachinery/meta.ts'
import type { ResourceFact } from '../../src/apimachinery/schema/facts.ts'
import { DOORS, type Mutation, mutationsOf } from './mutations.ts'
import { normalise } from './normalise.ts'
import { collectionPath, factOf, readYaml, type Subject, subjects, subjectsNamed } from './objects.ts'
import { settled } from './settled.ts'
import { type Answer, inParallel, type Send } from './wire.ts'

export interface PlayedKind {
  subject: Subject
  mutations: Mutation[]
  /** In the order of the mutations. */
  answers: Answer[]
  /** What the unchanged rich object was answered, for each door. */
  base: Answer[]
  /** The same once more, when asked for: what differs is not the server's to keep. */
  again: Answer[]
}

const WIDTH = 12

const namespaceOf = (subject: Subject): string => `conf-${subject.name.replaceAll('.', '-')}`

/** Namespaces, and what the rich objects refer to. */
export async function prepare(send: Send): Promise<void> {
  for (const object of readYaml(new URL('setup.yaml', import.meta.url))) {
    const fact = factOf(object)
    const request = { method: 'POST', path: collectionPath(fact, 'conf'), body: object }
    const answer = await settled(send, fact, request, await send(request))
    if (answer.status !== 201 && answer.status !== 409) throw new Error(`${fact.kind}: ${JSON.stringify(answer.body)}`)
  }
  await inParallel(subjects, WIDTH, (subject) =>
    send({ method: 'POST', path: '/api/v1/namespaces', body: { metadata: { name: namespaceOf(subject) } } }),
  )
}

/** `again`: asks each twice, to find answers that are not the same every time. */
export async function playMutations(
  send: Send,
  options: { only?: string; again?: boolean } = {},
): Promise<PlayedKind[]> {
  const played: PlayedKind[] = []
  for (const subject of subjectsNamed(options.only)) {
    played.push(await playKind(send, subject, options.again ?? false))
  }
  return played
}

async function playKind(send: Send, subject: Subject, twice: boolean): Promise<PlayedKind> {
  const { fact, object } = subject
  const collection = collectionPath(fact, namespaceOf(subject))
  const one = `${collection}/${object.metadata.name}`
  const { status: _, ...main } = object
  let version: string | undefined
  const play = async ({ door, strict, object: body }: Omit<Mutation, 'id'>): Promise<Answer> => {
    const query = `?dryRun=All${strict ? '&fieldValidation=Strict' : ''}`
    const path = door === 'create' ? collection : door === 'update' ? one : `${one}/status`
    const sent = door === 'create' ? body : withVersion(body, version)
    const answer = await send({ method: door === 'create' ? 'POST' : 'PUT', path: `${path}${query}`, body: sent })
    return normalise(answer, { sent: JSON.stringify(body) })
  }
  const mutations = mutationsOf(subject)
  const kind: PlayedKind = { subject, mutations, answers: [], base: [], again: [] }
  for (const door of DOORS) {
    // Creates are played before the object is there, updates after.
    if (door === 'update') version = await store(send, fact, collection, main as DynamicObject)
    kind.base.push(await play({ door, strict: false, object: door === 'status' ? object : (main as DynamicObject) }))
    const own = mutations.filter((one) => one.door === door)
    kind.answers.push(...(await inParallel(own, WIDTH, play)))
    if (twice) kind.again.push(...(await inParallel(own, WIDTH, play)))
  }
  // Its address and ports are wanted by others.
  if (fact.kind === 'Service') await send({ method: 'DELETE', path: one, body: { gracePeriodSeconds: 0 } })
  return kind
}

async function store(send: Send, fact: ResourceFact, path: string, body: DynamicObject): Promise<string | undefined> {
  const request = { method: 'POST', path, body }
  await settled(send, fact, request, await send(request))
  const stored = (await send({ method: 'GET', path: `${path}/${body.metadata.name}` })).body as Partial<DynamicObject>
  return stored.metadata?.resourceVersion
}

/** Updates carry the stored object's version, except where metadata itself is what is wrong. */
function withVersion(body: DynamicObject, resourceVersion: string | undefined): DynamicObject {
  const { metadata } = body
  if (metadata === null || typeof metadata !== 'object') return body
  return { ...body, metadata: { ...metadata, resourceVersion } }
}
