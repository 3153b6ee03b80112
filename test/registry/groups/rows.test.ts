import { describe, expect, it } from 'vitest'
import { resources } from '../../../src/registry/resources.ts'
import { goldenFiles, type RowCase } from '../../support/golden-cases.ts'

describe.each(goldenFiles<{ rows: RowCase[] }>('columns'))('rows of %s', (_, { rows }) => {
  it.each(rows.map((row) => [`${row.stored.kind} ${row.stored.metadata.name}`, row] as const))('%s', (_, row) => {
    const [, , group, version, ...rest] = row.path.split('/')
    const resource = rest.at(-1)
    const { hooks } = resources.find((it) => it.group === group && it.version === version && it.resource === resource)!
    const stored = hooks.conversion?.toStored(row.stored) ?? row.stored
    expect(hooks.row?.(stored, { now: row.now })).toEqual(row.cells)
  })
})
