/** Server-side apply of every kind, on the main door and on status. */
import type { DynamicObject } from '../../src/apimachinery/meta.ts'
import { APPLY_PATCH, type Case, get, MERGE_PATCH, meta, patch, post } from './steps.ts'

export function applies(object: DynamicObject, all: string, name: string, status: unknown): Case[] {
  const one = `${all}/${name}`
  const make = post(all, object)
  const who = { apiVersion: object.apiVersion, kind: object.kind }
  const labelled = (labels: Record<string, string>) => ({ ...who, metadata: { name, labels } })
  const apply = (body: unknown, query = 'fieldManager=one') => patch(`${one}?${query}`, APPLY_PATCH, body)
  const whole = (labels: Record<string, string>) => ({
    ...object,
    metadata: { ...object.metadata, labels: { ...object.metadata.labels, ...labels } },
  })
  const cases: Case[] = [
    {
      name: 'apply: create, again, change, leave out',
      steps: [apply(whole({ a: '1' })), apply(whole({ a: '1' })), apply(whole({ a: '2' })), apply(whole({})), get(one)],
    },
    {
      name: 'apply: two managers',
      steps: [
        apply(whole({ a: '1', b: '1' })),
        apply(labelled({ a: '2' }), 'fieldManager=two'),
        apply(labelled({ a: '2' }), 'fieldManager=two&force=true'),
        apply(labelled({ b: '1' }), 'fieldManager=two'),
        apply(whole({ b: '1' })),
        patch(`${one}?fieldManager=three`, MERGE_PATCH, meta({ labels: { b: '3' } })),
        apply(whole({ b: '1' })),
        get(one),
      ],
    },
    {
      name: 'apply: onto what was created',
      steps: [
        make,
        apply(labelled({ a: '1' })),
        apply(whole({ a: '1' })),
        patch(one, MERGE_PATCH, meta({ managedFields: [{}] })),
        apply(labelled({ a: '2' })),
        patch(one, MERGE_PATCH, meta({ managedFields: [] })),
      ],
    },
    {
      name: 'apply: what cannot be applied',
      steps: [
        make,
        apply(labelled({ a: '1' }), 'dryRun=All'),
        apply(labelled({ a: '1' }), 'fieldManager=one&dryRun=All'),
        apply(labelled({ a: '1' }), 'fieldManager=one&force=x'),
        apply({ ...labelled({ a: '1' }), kind: 'Other' }),
        apply({ ...labelled({ a: '1' }), metadata: { name: 'other' } }),
        apply({ metadata: { name } }),
        apply({ ...who, metadata: { name, managedFields: [] } }),
        apply({ ...who, metadata: { name, resourceVersion: '1' } }),
        apply({ ...labelled({ a: '1' }), bogus: 1 }),
        apply({ ...labelled({ a: '1' }), bogus: 1 }, 'fieldManager=one&fieldValidation=Strict'),
        apply('a: [b'),
        apply('[]'),
      ],
    },
  ]
  if (status === undefined) return cases
  const door = (body: unknown, query: string) => patch(`${one}/status?${query}`, APPLY_PATCH, body)
  cases.push({
    name: 'apply: status',
    steps: [
      make,
      door({ ...who, metadata: { name }, status }, 'fieldManager=one'),
      apply({ ...labelled({ a: '1' }), status }),
      door({ ...who, metadata: { name }, status }, 'fieldManager=two'),
      door({ ...who, metadata: { name } }, 'fieldManager=one'),
      get(one),
    ],
  })
  return cases
}
