/** The bytes of objects say what JSON.stringify does; managedFields stand last in their metadata, and sets last in their entries. */
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
  expect(keptObjectBytes(object as never)).toBeUndefined()
  const text = String(objectBytes(object as never))
  expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(object)))
  expect(text).toHaveLength(JSON.stringify(object).length)
  expect(keptObjectBytes(object as never)).toBe(objectBytes(object as never))
})
