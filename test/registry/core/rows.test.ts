/** Rows of core kinds: our cells are those a real kube-apiserver showed for the same object. Recorded by tools/record. */
import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import type { DynamicObject } from '../../../src/apimachinery/meta.ts'
import type { Cell } from '../../../src/registry/definition.ts'
import { resources } from '../../../src/registry/resources.ts'

interface Recorded {
  resource: string
  name: string
  now: number
  columns: string[]
  cells: Cell[]
  object: DynamicObject
}

const url = new URL('../../golden/core/rows.json', import.meta.url)
const recorded = JSON.parse(readFileSync(url, 'utf8')) as Recorded[]

it.each(recorded)('$resource $name has the cells the server shows', ({ resource, now, cells, columns, object }) => {
  const row = resources.find((one) => one.group === '' && one.resource === resource)?.hooks.row
  // The clock was read after the answer came: a second may have passed between them.
  const possible = [0, 1000].map((late) => row?.(object, { now: now - late }))
  expect(columns).toHaveLength(cells.length)
  expect(possible).toContainEqual(cells)
})
