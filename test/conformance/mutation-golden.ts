/** The recorded answers to mutations: golden/mutations/<resource>.jsonl, first the three doors' base answers, then one line a mutation. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { sameAnswer, sameButOrder } from './compare.ts'
import { fromLines, type Invalid, type Packed, pack, toLines, unpack } from './golden.ts'
import { DOORS } from './mutations.ts'
import { withOwnersInOrder } from './normalise.ts'
import type { Subject } from './objects.ts'
import type { PlayedKind } from './play-mutations.ts'
import type { Answer } from './wire.ts'

export interface Expected {
  id: string
  answer: Answer
  unordered?: true
}

const folder = new URL('golden/mutations/', import.meta.url)
const fileOf = (subject: Subject): URL => new URL(`${subject.name}.jsonl`, folder)

function about({ fact, object }: Subject): Invalid {
  return { kind: fact.kind, group: fact.group, name: object.metadata.name ?? '' }
}

/** What two passes answered differently, or the real server did not survive, is left out, and told. */
export function writeMutationGolden(kind: PlayedKind): string[] {
  const { subject, mutations, answers, again, base } = kind
  const lines: unknown[] = [base]
  const volatile: string[] = []
  mutations.forEach(({ id, door }, i) => {
    const packed: Packed = pack(answers[i], base[DOORS.indexOf(door)].body, about(subject))
    if (answers[i].status === 0 || !sameAnswer(answers[i], again[i])) {
      if (answers[i].status === 0 || !sameButOrder(answers[i], again[i])) {
        volatile.push(`${subject.name} ${id}`)
        return
      }
      packed.unordered = true
    }
    lines.push([id, packed])
  })
  mkdirSync(folder, { recursive: true })
  writeFileSync(fileOf(subject), toLines(lines))
  return volatile
}

export function readMutationGolden(subject: Subject): Map<string, Expected> {
  const [base, ...lines] = fromLines(readFileSync(fileOf(subject), 'utf8')) as [Answer[], ...[string, Packed][]]
  const expected = new Map<string, Expected>()
  for (const [id, packed] of lines) {
    const door = DOORS.findIndex((name) => id.startsWith(`${name} `))
    const answer = unpack(packed, base[door].body, about(subject))
    answer.body = withOwnersInOrder(answer.body)
    expected.set(id, { id, answer, ...(packed.unordered ? { unordered: true } : {}) })
  }
  return expected
}
