/** Plays the sequences against one server, keeps and reads what was recorded. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import type { DynamicObject } from '../../src/apimachinery/meta.ts'
import { applyMergePatch } from '../../src/apimachinery/patch/merge.ts'
import { difference, sameAnswer } from './compare.ts'
import { fromLines, type Packed, pack, toLines, unpack } from './golden.ts'
import type { Comparison, Difference } from './main.ts'
import { normalise, withOwnersInOrder } from './normalise.ts'
import { type Subject, subjects, subjectsNamed } from './objects.ts'
import { prepare } from './play-mutations.ts'
import { toProtobuf } from './protobuf.ts'
import { casesOf } from './sequences.ts'
import { settled } from './settled.ts'
import { type Case, PROTOBUF, type Step } from './steps.ts'
import { type Answer, inParallel, type Send } from './wire.ts'

const folder = new URL('golden/sequences/', import.meta.url)
const fileOf = (subject: Subject): URL => new URL(`${subject.name}.jsonl`, folder)
/** Kinds at a time: those that wait for a watch to end leave the server idle. */
const WIDTH = 16

interface Played {
  subject: Subject
  cases: { name: string; answers: Answer[] }[]
}

function play(send: Send, pass: number, only?: string): Promise<Played[]> {
  return inParallel(subjectsNamed(only), WIDTH, async (subject) => {
    const cases: Played['cases'] = []
    for (const [i, one] of casesOf(subject).entries()) {
      cases.push({ name: one.name, answers: await playCase(send, subject, one, i, pass) })
    }
    return { subject, cases }
  })
}

async function playCase(send: Send, subject: Subject, one: Case, i: number, pass: number): Promise<Answer[]> {
  const id = `case-${'abc'[pass]}${i}-${subjects.indexOf(subject)}`
  const ip = `192.168.${i}.${100 + pass}`
  const own = (text: string) => text.replaceAll('$id', id).replaceAll('$ip', ip)
  const { fact } = subject
  if (fact.namespaced) await send({ method: 'POST', path: '/api/v1/namespaces', body: meta(id) })
  const answers: Answer[] = []
  for (const step of one.steps) {
    const request = requestOf(step, answers, own)
    answers.push(await settled(send, fact, request, await send(request)))
  }
  const ranks = ranksOf(answers)
  const rename: [string, string][] = [
    [id, '$id'],
    [ip, '$ip'],
  ]
  return answers.map((answer) =>
    normalise(withoutAccidents(answer), {
      sent: JSON.stringify(one),
      rename,
      version: (value) => ranks.get(value) ?? '<rv>',
    }),
  )
}

const meta = (name: string) => ({ metadata: { name } })

function requestOf({ method, path, body, base, type, accept }: Step, answers: Answer[], own: (text: string) => string) {
  const sent =
    typeof body === 'string' ? own(body) : body === undefined ? undefined : JSON.parse(own(JSON.stringify(body)))
  const next = base === undefined ? sent : applyMergePatch(answers[base].body as never, sent)
  const encoded = type === PROTOBUF && typeof next === 'object' ? toProtobuf(next) : next
  const versioned = own(path).replace(/\$rv(\d)/, (_, step) => versionOf(answers[Number(step)]))
  return { method, path: versioned, body: encoded, type, accept }
}

const versionOf = ({ body }: Answer): string => (body as Partial<DynamicObject>)?.metadata?.resourceVersion ?? '0'

/** The versions that objects of the case have had, in their order: `r1`, `r2`. */
function ranksOf(answers: Answer[]): Map<string, string> {
  const seen = new Set<string>()
  for (const { metadata, kind } of answers.flatMap(({ body }) => objectsIn(body))) {
    if (metadata?.resourceVersion && !isList(kind)) seen.add(metadata.resourceVersion)
  }
  const sorted = [...seen].sort((a, b) => Number(a) - Number(b))
  return new Map(sorted.map((value, i) => [value, `r${i + 1}`]))
}

interface Told extends Partial<DynamicObject> {
  type?: string
  object?: Told
  protobuf?: Told
  rows?: { cells: unknown[] }[]
}

/** The object of an answer, or those of its events; a bookmark's is none. */
function objectsIn(body: unknown): Told[] {
  if (Array.isArray(body)) return body.flatMap(objectsIn)
  const { type, object, protobuf } = (body ?? {}) as Told
  if (type === 'BOOKMARK') return []
  return [object ?? protobuf ?? ((body ?? {}) as Told)]
}

const isList = (kind: string | undefined): boolean => kind === 'Table' || (kind ?? '').endsWith('List')

/** A list's version is the whole store's, a token is opaque, and ages grow. */
function withoutAccidents(answer: Answer): Answer {
  const text = JSON.stringify(answer.body ?? null)
    .replace(/"continue":"[^"]+"/g, '"continue":"<token>"')
    .replace(/(made-[a-z-]*|Bad_)[bcdfghjklmnpqrstvwxz2456789]{5}\b/g, '$1<suffix>')
    .replace(/(ResourceVersion in record \()\d+/g, '$1<rv>')
    .replace(/(current: )\d+/g, '$1<rv>')
    .replace(/(UID in record \()[-0-9a-f]+/g, '$1<uid>')
  const body = withoutPulse(JSON.parse(text))
  for (const told of objectsIn(body)) {
    if (isList(told.kind) && told.metadata?.resourceVersion) told.metadata.resourceVersion = '<rv>'
    for (const row of told.rows ?? []) row.cells = row.cells.map(withoutAccident)
  }
  return { ...answer, body: answer.body === undefined ? undefined : body }
}

const INITIAL_EVENTS_END = 'k8s.io/initial-events-end'

/** Bookmarks come as time goes by, but for the one that ends initial events; their version is the whole store's. */
function withoutPulse(body: unknown): unknown {
  const told = (Array.isArray(body) ? body : [body]) as (Told | null)[]
  for (const event of told) {
    if (event?.type === 'BOOKMARK' && event.object?.metadata) event.object.metadata.resourceVersion = '<rv>'
  }
  if (!Array.isArray(body)) return body
  return told.filter((event) => {
    return event?.type !== 'BOOKMARK' || event.object?.metadata?.annotations?.[INITIAL_EVENTS_END] !== undefined
  })
}

function withoutAccident(cell: unknown): unknown {
  if (typeof cell !== 'string') return cell
  return /^(?:\d+[smhdy])+$/.test(cell)
    ? '<age>'
    : cell.replace(/(?:\d+[smhdy])+ ago/g, '<age> ago').replace(/:3[0-2]\d{3}\//g, ':<port>/')
}

/** Plays twice, with other names, and keeps the cases that went the same way. */
export async function recordSequences(send: Send, only?: string): Promise<void> {
  const [first, second] = [await play(send, 0, only), await play(send, 1, only)]
  mkdirSync(folder, { recursive: true })
  let count = 0
  first.forEach(({ subject, cases }, k) => {
    const lines: unknown[] = []
    let base: unknown
    cases.forEach(({ name, answers }, i) => {
      const again = second[k].cases[i].answers
      const unlike = answers.findIndex((answer, step) => answer.status === 0 || !sameAnswer(answer, again[step]))
      if (unlike >= 0) {
        console.log(
          `not the same twice, left out: ${subject.name} ${name}: ${difference(answers[unlike], again[unlike])}`,
        )
        return
      }
      const packed = answers.map((answer) => {
        const result = pack(answer, base)
        if (answer.status < 300) base = answer.body
        return result
      })
      lines.push([name, packed])
      count++
    })
    if (lines.length) writeFileSync(fileOf(subject), toLines(lines))
  })
  console.log(`${count} sequences recorded`)
}

function readGolden(subject: Subject): Map<string, Answer[]> {
  const golden = new Map<string, Answer[]>()
  let base: unknown
  for (const [name, packed] of fromLines(readFileSync(fileOf(subject), 'utf8')) as [string, Packed[]][]) {
    golden.set(
      name,
      packed.map((one) => {
        const answer = unpack(one, base)
        if (answer.status < 300) base = answer.body
        return { ...answer, body: withOwnersInOrder(answer.body) }
      }),
    )
  }
  return golden
}

export async function compareSequences(send: Send, only?: string): Promise<Comparison> {
  await prepare(send)
  const differences: Difference[] = []
  const total = new Map<string, number>()
  for (const { subject, cases } of await play(send, 0, only)) {
    if (cases.length === 0) continue
    const golden = readGolden(subject)
    const area = `sequences/${subject.name}`
    for (const { name, answers } of cases) {
      const expected = golden.get(name)
      if (!expected) continue
      total.set(area, (total.get(area) ?? 0) + 1)
      const step = answers.findIndex((answer, i) => !sameAnswer(expected[i], answer))
      if (step >= 0)
        differences.push({ area, id: name, text: `step ${step}: ${difference(expected[step], answers[step])}` })
    }
  }
  return { differences, total }
}
