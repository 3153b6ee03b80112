import { describe, expect, it } from 'vitest'
import { loadFacts } from '../../../src/apimachinery/schema/load-facts.ts'
import { parseJson } from '../../../src/apimachinery/schema/parse.ts'
import { Schemas, strictDecodingError, strictWarnings } from '../../../src/apimachinery/schema/schema.ts'

const schemas = new Schemas(loadFacts())
const pod = schemas.forKind('', 'v1', 'Pod')!
const read = (body: unknown) =>
  pod.decode(parseJson(Buffer.from(typeof body === 'string' ? body : JSON.stringify(body))))

describe('decoding', () => {
  it('prints the zero values that Go prints and puts fields in struct order', () => {
    const { object } = read({
      spec: { containers: [{ image: 'i', name: 'a' }] },
      metadata: { name: 'x', creationTimestamp: null },
    })
    expect(JSON.stringify(object)).toBe(
      '{"kind":"Pod","apiVersion":"v1","metadata":{"name":"x"},"spec":{"containers":[{"name":"a","image":"i","resources":{}}]},"status":{}}',
    )
  })

  it('names duplicate and unknown fields in document order and prunes them', () => {
    const { object, strict } = read(
      '{"spec":{"bogus":1,"containers":[{"name":"a","zz":1,"yy":{"q":1}}]},"metadata":{"name":"a","name":"b","x":1},"foo":1}',
    )
    expect(strictWarnings(strict)).toEqual([
      'unknown field "spec.bogus"',
      'unknown field "spec.containers[0].zz"',
      'unknown field "spec.containers[0].yy"',
      'duplicate field "metadata.name"',
      'unknown field "metadata.x"',
      'unknown field "foo"',
    ])
    expect(strictDecodingError(strict)).toContain('strict decoding error: unknown field "spec.bogus", unknown field')
    expect(object.metadata).toEqual({ name: 'b' })
    expect(object.spec.bogus).toBeUndefined()
  })
})
