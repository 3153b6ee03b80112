import { expect, test } from 'vitest'
import { loadFacts } from '../../../../src/apimachinery/schema/load-facts.ts'
import { parseJson } from '../../../../src/apimachinery/schema/parse.ts'
import { Schemas } from '../../../../src/apimachinery/schema/schema.ts'

const KIND = { group: 'example.com', version: 'v1', kind: 'Gadget' }

test('an integer that cannot be held is the mistake of whoever sent it, also where the schema does not know its field', () => {
  const schemas = new Schemas(loadFacts()).layered()
  schemas.setCustom(KIND, { type: 'object', properties: { spec: { type: 'object' } } })
  const schema = schemas.forKind(KIND.group, KIND.version, KIND.kind)!
  const body = '{"apiVersion":"example.com/v1","kind":"Gadget","metadata":{},"bogus":[{"n":9223372036854775807}]}'
  expect(() => schema.decode(parseJson(Buffer.from(body)))).toThrow(
    expect.objectContaining({ code: 400, message: expect.stringContaining('9223372036854775807') }),
  )
})
