/** What `npm run conformance` and `npm run conformance:record` do. Reads its options from the arguments, the real server from the environment. */
import { createCluster } from '../../src/cluster.ts'
import { difference, sameAnswer, sameButOrder } from './compare.ts'
import { keyOf, unknownAmong, updateKnown } from './known.ts'
import { readMutationGolden, writeMutationGolden } from './mutation-golden.ts'
import { playMutations, prepare } from './play-mutations.ts'
import { compareSequences, recordSequences } from './play-sequences.ts'
import { scores, writeDocs } from './score.ts'
import { connect, type Send } from './wire.ts'

/** Plays everything against the real server at CONFORMANCE_URL (bearer token CONFORMANCE_TOKEN) and keeps its answers. */
export async function record(only?: string): Promise<void> {
  const { CONFORMANCE_URL: url, CONFORMANCE_TOKEN: token } = process.env
  if (!url) throw new Error('CONFORMANCE_URL says no server to record')
  const send = connect({ url, token })
  await prepare(send)
  let count = 0
  for (const kind of await playMutations(send, { only, again: true })) {
    const volatile = writeMutationGolden(kind)
    count += kind.mutations.length - volatile.length
    if (kind.base.some((answer) => answer.status >= 300 && answer.status !== 404))
      console.log(kind.subject.name, JSON.stringify(kind.base))
    for (const id of volatile) console.log(`not the same twice, left out: ${id}`)
  }
  console.log(`${count} mutations recorded`)
  await recordSequences(send, only)
  send.close()
}

export interface Difference {
  area: string
  id: string
  text: string
}

/** Runs with a fresh emulator that is set up as the recorded server was. */
export async function withEmulator<T>(run: (send: Send) => Promise<T>): Promise<T> {
  const cluster = await createCluster({
    nodes: 0,
    controllers: false,
    serviceCidr: '10.0.0.0/24',
    disableAdmissionPlugins: ['ServiceAccount'],
  })
  const send = connect({ url: await cluster.listen() })
  try {
    return await run(send)
  } finally {
    send.close()
    await cluster.close()
  }
}

export async function compareMutations(
  send: Send,
  only?: string,
): Promise<{ differences: Difference[]; total: Map<string, number> }> {
  await prepare(send)
  const differences: Difference[] = []
  const total = new Map<string, number>()
  for (const { subject, mutations, answers } of await playMutations(send, { only })) {
    const golden = readMutationGolden(subject)
    mutations.forEach(({ id }, i) => {
      const expected = golden.get(id)
      if (!expected) return
      total.set(subject.name, (total.get(subject.name) ?? 0) + 1)
      const same = expected.unordered ? sameButOrder : sameAnswer
      if (same(expected.answer, answers[i])) return
      differences.push({ area: subject.name, id, text: difference(expected.answer, answers[i]) })
    })
  }
  return { differences, total }
}

export interface Comparison {
  differences: Difference[]
  /** Compared cases an area, sequences as `sequences/<area>`. */
  total: Map<string, number>
}

export async function compareAll(only?: string): Promise<Comparison> {
  const mutations = await withEmulator((send) => compareMutations(send, only))
  const sequences = await withEmulator((send) => compareSequences(send, only))
  return {
    differences: [...mutations.differences, ...sequences.differences],
    total: new Map([...mutations.total, ...sequences.total]),
  }
}

/** Those of the differences that come again when their kinds are played once more. */
export async function twice(differences: Difference[]): Promise<Difference[]> {
  if (differences.length === 0) return []
  const kinds = new Set(differences.map(({ area }) => area.replace('sequences/', '')))
  const again = new Set((await compareAll([...kinds].join())).differences.map(keyOf))
  return differences.filter((one) => again.has(keyOf(one)))
}

/**
 * Options: --record, --only=<area>[,<area>] (names of resources), --verbose (every difference), --update (forgets differences that are gone),
 * --accept (and takes new ones that have a reason), --docs (writes the table; of all areas only).
 */
export async function main(args: string[]): Promise<void> {
  const only = args.find((arg) => arg.startsWith('--only='))?.slice('--only='.length)
  if (args.includes('--record')) return record(only)
  const comparison = await compareAll(only)
  const rows = scores(comparison)
  for (const { name, equal, cases } of rows) console.log(`${name}\t${equal}/${cases}`)
  if (args.includes('--verbose')) {
    for (const one of comparison.differences) console.log(`D\t${one.area}\t${one.id}\t${one.text}`)
  }
  const accept = args.includes('--accept')
  const fresh =
    accept || args.includes('--update') ? updateKnown(comparison, accept) : unknownAmong(comparison.differences)
  if (args.includes('--docs')) {
    if (only) throw new Error('--docs writes the table of all areas: leave --only out')
    writeDocs(rows)
  }
  for (const one of fresh) console.log(`new difference: ${one.area} ${one.id}: ${one.text}`)
  if (fresh.length) process.exitCode = 1
}
