/** What a real API server answered about definitions and custom resources (tools/record/crd), asked again of KubEmu. */
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Cluster, createCluster } from '../../../src/index.ts'

interface Request {
  name: string
  method: string
  path: string
  type?: string
  accept?: string
  body?: unknown
  text?: string
}

interface Answer {
  status: number
  warning?: string
  body: unknown
}

interface Area {
  definitions: { metadata: { name: string } }[]
  cases: (Request & { answer: Answer })[]
}

const VOLATILE = new Set(['uid', 'creationTimestamp', 'deletionTimestamp', 'lastTransitionTime', 'managedFields'])

/** Without what differs from run to run, and with lists of causes (upstream walks maps at random) sorted. */
function comparable(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(comparable)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value)
    .filter(([key]) => !VOLATILE.has(key))
    .map(([key, member]): [string, unknown] => {
      if (key === 'resourceVersion') return [key, member === '' ? '' : 'some']
      if (key === 'message' && typeof member === 'string') return [key, sortedMessage(withoutNumbers(member))]
      if (key === 'causes' && Array.isArray(member)) return [key, member.map(comparable).sort(byText)]
      if (key === 'cells' && Array.isArray(member)) return [key, member.map(withoutAge)]
      return [key, comparable(member)]
    })
  return Object.fromEntries(entries)
}

const withoutAge = (cell: unknown): unknown =>
  typeof cell === 'string' && /^\d+(s|m|h|d|y)|^2\d{3}-/.test(cell) ? 'some time' : cell

/** Types are named after the nanosecond. */
const withoutNumbers = (message: string): string => message.replaceAll(/selfType\d+/g, 'selfType')

const byText = (a: unknown, b: unknown): number => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)

function sortedMessage(message: string): string {
  const list = /^(.* is invalid: )\[(.*)\]$/.exec(message)
  return list ? `${list[1]}[${list[2]!.split(', ').sort().join(', ')}]` : message
}

/** Column descriptions of upstream's own fields are prose that KubEmu leaves out. */
function withoutProse(value: unknown): unknown {
  const table = value as { kind?: string; columnDefinitions?: { name: string; description: string }[] }
  if (table.kind !== 'Table') return value
  const own = new Set(['Name', 'Age', 'Created At', 'Scope', 'Versions', 'Group', 'Kind', 'ShortNames', 'Established'])
  const columnDefinitions = table.columnDefinitions?.map((column) =>
    own.has(column.name) ? { ...column, description: '' } : column,
  )
  return { ...table, columnDefinitions }
}

/** Where KubEmu answers otherwise, and why. */
const KNOWN: Record<string, string> = {
  'a status door with logic at the root': 'upstream prints its internal Go type as the bad value',
  'another version': 'upstream warns of fields, too, that the version it does not know has not',
  'merge patch with an unknown field, strict': 'the bad value holds managedFields, which KubEmu does not keep yet',
}

describe.each(['definitions', 'resources', 'life', 'rules', 'rule-objects', 'ratcheting'])(
  'custom resources as recorded: %s',
  (name) => {
    const area: Area = JSON.parse(readFileSync(new URL(`../../golden/crd/${name}.json`, import.meta.url), 'utf8'))
    let cluster: Cluster
    let url: string

    async function send({
      method,
      path,
      type = 'application/json',
      accept = 'application/json',
      body,
      text,
    }: Request): Promise<Answer> {
      const response = await fetch(url + path, {
        method,
        headers: { accept, ...(method === 'GET' ? {} : { 'content-type': type }) },
        body: method === 'GET' ? undefined : (text ?? JSON.stringify(body)),
      })
      const answer = await response.text()
      const warning = response.headers.get('warning')
      return { status: response.status, ...(warning ? { warning } : {}), body: parsed(answer) }
    }

    beforeAll(async () => {
      cluster = await createCluster({ controllers: false, nodes: 0 })
      url = await cluster.listen()
      for (const definition of area.definitions) {
        await send({
          name: '',
          method: 'POST',
          path: '/apis/apiextensions.k8s.io/v1/customresourcedefinitions',
          body: definition,
        })
      }
      await cluster.settle()
    })
    afterAll(() => cluster.close())

    it.each(area.cases)('$name', async ({ answer, ...request }) => {
      const got = await send(request)
      await cluster.settle()
      // Rules are evaluated in the order of Go's maps: none.
      const shown = ({ warning, ...one }: Answer) => ({
        ...one,
        ...(warning === undefined ? {} : { warnings: warning.split(/, (?=299 - )/).sort() }),
        body: withoutProse(comparable(one.body)),
      })
      if (KNOWN[request.name]) expect(shown(got)).not.toEqual(shown(answer))
      else expect(shown(got)).toEqual(shown(answer))
    })
  },
)

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
