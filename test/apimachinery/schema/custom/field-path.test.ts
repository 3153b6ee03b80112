import { describe, expect, it } from 'vitest'
import { fieldAt } from '../../../../src/apimachinery/schema/custom/field-path.ts'

const schema = {
  type: 'object',
  properties: {
    spec: { type: 'object', properties: { color: { type: 'string' }, "it's": { type: 'integer' } } },
    map: { type: 'object', additionalProperties: { type: 'boolean' } },
  },
}

describe('a path into a schema', () => {
  it.each([
    ['.spec.color', 'spec.color', 'string'],
    ["['spec']['color']", 'spec.color', 'string'],
    [".spec['it\\'s']", "spec.it's", 'integer'],
    [".map['a.b']", 'map[a.b]', 'boolean'],
    ['.map.a', 'map[a]', 'boolean'],
  ])('%s leads to a field', (text, path, type) => {
    expect(fieldAt(schema, text)).toEqual({ path, schema: { type } })
  })

  it.each([
    ['spec', 'expected [ or . but got: spec'],
    ['.', 'unexpected end of JSON path'],
    ['.absent', 'does not refer to a valid field'],
    ['.spec.color.deeper', 'does not refer to a valid field'],
    ['[spec]', 'expected single quoted string but got spec'],
    ["['spec'", 'unexpected end of JSON path'],
    ["['spec'.", 'expected ] but got .'],
  ])('%s leads nowhere', (text, why) => {
    expect(fieldAt(schema, text)).toBe(why)
  })

  it('has no brackets where arrays are not allowed', () => {
    expect(fieldAt(schema, "['spec']", { arrays: false })).toBe('array notation is not allowed')
  })
})
