import { describe, expect, it } from 'vitest'
import { newInvalid } from '../../../src/apimachinery/errors.ts'
import type { FieldError } from '../../../src/apimachinery/field-error.ts'
import type { DynamicObject } from '../../../src/apimachinery/meta.ts'
import type { ResourceHooks, WriteContext } from '../../../src/registry/definition.ts'
import { resources } from '../../../src/registry/resources.ts'
import { change, goldenFiles, type InvalidCase, type InvalidFile } from '../../support/golden-cases.ts'
import { fakeWriteContext } from '../../support/write-context.ts'

/** Recorded on the server with a uid of its own, or printed from Go structs of a whole template: compared by field and reason only. */
const VALUES_DIFFER = [/controller-uid/, /"Spec":\{/]

function hooksOf(path: string): { hooks: ResourceHooks; group: string } {
  const [, , group = '', version, ...rest] = path.split('/')
  const resource = rest.at(-1)
  const row = resources.find((it) => it.group === group && it.version === version && it.resource === resource)
  if (!row) throw new Error(`no row for ${path}`)
  return { hooks: row.hooks, group }
}

function errorsOf(hooks: ResourceHooks, test: InvalidCase, stored: DynamicObject, context: WriteContext): FieldError[] {
  const object = change(stored, test.set)
  if (test.door === undefined) {
    hooks.internalize?.(object)
    hooks.prepareForCreate?.(object, context)
    return hooks.validate?.(object, context) ?? []
  }
  if (test.door === 'update') {
    hooks.prepareForUpdate?.(object, stored, context)
    return hooks.validateUpdate?.(object, stored, context) ?? []
  }
  return hooks.subresources?.[test.door]?.validateUpdate?.(object, stored, context) ?? []
}

describe.each(goldenFiles<InvalidFile>('invalid'))('422 of %s', (_, file) => {
  it.each(
    file.cases.map((test) => [`${test.base} ${test.door ?? 'create'} ${JSON.stringify(test.set)}`, test] as const),
  )('%s', (_, test) => {
    const base = file.bases[test.base]!
    const { hooks, group } = hooksOf(base.path)
    const errors = errorsOf(hooks, test, base.stored, fakeWriteContext())
    const { status } = newInvalid({ group, resource: base.stored.kind }, base.stored.metadata.name ?? '', errors)
    if (VALUES_DIFFER.some((pattern) => pattern.test(test.answer.message ?? ''))) {
      const brief = (causes = test.answer.details?.causes) => causes?.map(({ field, reason }) => ({ field, reason }))
      expect(brief(status.details?.causes)).toEqual(brief())
    } else {
      expect(status.details?.causes).toEqual(test.answer.details?.causes)
    }
  })
})
