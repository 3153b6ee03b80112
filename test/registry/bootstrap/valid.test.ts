import { expect, it } from 'vitest'
import { formatGroupResource } from '../../../src/apimachinery/meta.ts'
import { bootstrapObjects } from '../../../src/registry/bootstrap/bootstrap.ts'
import { resources } from '../../../src/registry/resources.ts'
import { fakeWriteContext } from '../../support/write-context.ts'

const objects = bootstrapObjects({
  now: Date.UTC(2026, 0, 2),
  serviceCidr: '10.96.0.0/12',
  advertiseAddress: '192.0.2.1',
  securePort: 6443,
})

/** The Service's addresses are given out by an allocator: creating it is tested with the store. */
it.each(
  objects
    .filter(({ resource }) => resource !== 'services')
    .map((it) => [it.resource, it.object.metadata.name, it] as const),
)('what a fresh server holds is valid: %s %s', (resource, name, { object }) => {
  const row = resources.find((it) => formatGroupResource(it.group, it.resource) === resource)!
  const context = fakeWriteContext()
  const draft = structuredClone(object)
  row.hooks.prepareForCreate?.(draft, context)
  expect(row.hooks.validateName?.(name!, false) ?? []).toEqual([])
  expect(row.hooks.validate?.(draft, context) ?? []).toEqual([])
})
