/** The score: how many cases an area are equal, as text and as the table of docs/compatibility.md. */
import { readFileSync, writeFileSync } from 'node:fs'
import { readKnown } from './known.ts'
import type { Comparison } from './main.ts'
import { reasons } from './reasons.ts'

export interface Score {
  name: string
  cases: number
  equal: number
}

const DOCS = new URL('../../docs/compatibility.md', import.meta.url)
const BEGIN = '<!-- conformance: written by npm run conformance -- --docs -->'
const END = '<!-- /conformance -->'

/** One row an area, after a total for sequences and for mutations. */
export function scores({ differences, total }: Comparison): Score[] {
  const rows = [...total].map(([name, cases]) => {
    return { name, cases, equal: cases - differences.filter((one) => one.area === name).length }
  })
  const isSequence = (row: Score) => row.name.startsWith('sequences/')
  const sum = (name: string, part: Score[]): Score => ({
    name,
    cases: part.reduce((all, row) => all + row.cases, 0),
    equal: part.reduce((all, row) => all + row.equal, 0),
  })
  const sequences = rows.filter(isSequence)
  const mutations = rows.filter((row) => !isSequence(row))
  return [...mutations, ...sequences, sum('all mutations', mutations), sum('all sequences', sequences)]
}

/** How many known differences each reason has. */
function reasonLines(): string[] {
  const known = readKnown()
  return reasons
    .filter((reason, i) => reasons.findIndex(({ slug }) => slug === reason.slug) === i)
    .map(({ slug, why }) => `| ${known.filter((one) => one.slug === slug).length} | ${slug} | ${why} |`)
}

export function writeDocs(rows: Score[]): void {
  const text = readFileSync(DOCS, 'utf8')
  const lines = rows.map(({ name, cases, equal }) => {
    return `| ${/[ /]/.test(name) ? name : `mutations/${name}`} | ${cases} | ${equal} | ${cases - equal} | ${((100 * equal) / cases).toFixed(1)} % |`
  })
  const section = [
    BEGIN,
    '## Conformance',
    '',
    'Each case is played against KubEmu and compared with what a real kube-apiserver 1.37 answered: status, headers and the whole body, managedFields',
    'included. Mutations are wrong or odd requests made from a rich object of every kind, by one change or two; sequences are several',
    'requests in a row: writes, patches, server-side apply, deletions, lists, tables, watches, in JSON and protobuf. A custom resource is one of the kinds.',
    'The cases that differ are listed in `test/conformance/known-differences.txt`, each with the slug of its reason; a test fails when another',
    'case differs, or one has no reason.',
    '',
    '| Cases | reason | why |',
    '|---|---|---|',
    ...reasonLines(),
    '',
    '| Area | cases | equal | different | equal |',
    '|---|---|---|---|---|',
    ...lines,
    END,
  ].join('\n')
  const at = text.indexOf(BEGIN)
  const rest = at < 0 ? `${text.trimEnd()}\n\n` : text.slice(0, at)
  const after = at < 0 ? '\n' : text.slice(text.indexOf(END) + END.length)
  writeFileSync(DOCS, `${rest}${section}${after}`)
}
