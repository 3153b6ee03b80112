/** The bytes of objects are those of JSON.stringify. */
import { expect, test } from 'vitest'
import { setOfPath } from '../../src/apimachinery/managedfields/field-set.ts'
import { keptObjectBytes, objectBytes } from '../../src/apimachinery/object-bytes.ts'

const entry = { manager: 'é', operation: 'Update', apiVersion: 'v1', fieldsType: 'FieldsV1' } as const
const type = { kind: 'ConfigMap', apiVersion: 'v1' }

test.each([
  { of: 'without metadata', object: { kind: 'Status', status: 'Success' } },
  { of: 'without managers', object: { ...type, metadata: { name: 'a', labels: { b: 'c' } }, data: { k: '€' } } },
  { of: 'that nobody manages', object: { ...type, metadata: { managedFields: [] } } },
  {
    of: 'whose strings look like fields',
    object: { ...type, metadata: { annotations: { a: '"managedFields":0' }, managedFields: [entry], name: 'a' } },
  },
  {
    of: 'with sets made here',
    object: { ...type, metadata: { name: 'a', managedFields: [{ ...entry, fieldsV1: setOfPath(['f:data', 'f:"']) }] } },
  },
  {
    of: 'with sets that were read',
    object: {
      ...type,
      metadata: {
        managedFields: [
          { ...entry, time: undefined, fieldsV1: { 'f:data': {} } },
          { ...entry, fieldsV1: undefined, subresource: 'status' },
        ],
        uid: 'u',
      },
      'a "quoted" field': 1,
      absent: undefined,
      nothing: null,
    },
  },
])('an object $of', ({ object }) => {
  const text = JSON.stringify(object)
  expect(keptObjectBytes(object as never)).toBeUndefined()
  expect(String(objectBytes(object as never))).toBe(text)
  expect(keptObjectBytes(object as never)).toBe(objectBytes(object as never))
})

test('what two objects share is printed once', () => {
  let reads = 0
  const shared = {
    get image() {
      reads++
      return 'web'
    },
  }
  const objectOf = (name: string) => ({ ...type, metadata: { name, managedFields: [] }, spec: shared }) as never
  const texts = ['a', 'b'].map((name) => JSON.parse(String(objectBytes(objectOf(name)))))
  expect(texts.map(({ metadata, spec }) => [metadata.name, spec.image])).toEqual([
    ['a', 'web'],
    ['b', 'web'],
  ])
  expect(reads).toBe(1)
})
