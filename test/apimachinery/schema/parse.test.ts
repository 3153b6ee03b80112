import { describe, expect, it } from 'vitest'
import { ManualClock } from '../../../src/apimachinery/clock.ts'
import { decodeBody } from '../../../src/apimachinery/schema/body.ts'
import { jsonValueOf } from '../../../src/apimachinery/schema/go-json.ts'
import { loadFacts } from '../../../src/apimachinery/schema/load-facts.ts'
import { parseJson, parseYamlBody } from '../../../src/apimachinery/schema/parse.ts'
import { scanJson } from '../../../src/apimachinery/schema/scan-json.ts'
import { Schemas } from '../../../src/apimachinery/schema/schema.ts'

const schemas = new Schemas(loadFacts())
const clock = new ManualClock(0)
const configMaps = schemas.forKind('', 'v1', 'ConfigMap')!
const pods = schemas.forKind('', 'v1', 'Pod')!
const json = (text: string) => parseJson(Buffer.from(text))
const yaml = (text: string) => parseYamlBody(Buffer.from(text)).value

describe('one look at the bytes', () => {
  it.each([
    ['{"a":1,"b":{"c":[{"d":true}]}}', 4, false],
    ['{"a" : 1}', 1, false],
    ['{"a":"{\\"x\\":1.5}","b":"\\\\"}', 2, false],
    ['{"a":"c:\\\\","b":1}', 2, false],
    ['{"a":1.5}', 1, true],
    ['{"a":[1e3]}', 1, true],
    ['{"a":2E3}', 1, true],
    ['{"a":1234567890123456}', 1, true],
    ['{"a":123456789012345,"b":6}', 2, false],
    ['{"a":false,"b":true,"c":null}', 3, false],
  ])('%s has %i keys; an odd number: %s', (text, keys, oddNumber) => {
    expect(scanJson(Buffer.from(text))).toEqual({ keys, oddNumber })
  })
})

describe('duplicate keys in JSON', () => {
  it('merge where they hold structs, as decoding twice into one does; else the last one stands', () => {
    const { object, strict } = configMaps.decode(
      json('{"metadata":{"name":"a"},"metadata":{"labels":{"x":"1"}},"data":{"k":"1","k":"2"}}'),
    )
    expect(object).toMatchObject({ metadata: { name: 'a', labels: { x: '1' } }, data: { k: '2' } })
    expect(strict.fields).toEqual(['duplicate field "metadata"', 'duplicate field "data.k"'])
  })

  it('are told even where an unknown field hides them from a count', () => {
    const { strict } = configMaps.decode(json('{"bogus":{"a":1,"a":2},"data":{"k":"1","k":"2"}}'))
    expect(strict.fields).toEqual(['unknown field "bogus"', 'duplicate field "data.k"'])
  })
})

describe('integers that a JavaScript number cannot hold', () => {
  it.each([
    '{"metadata":{"generation":9007199254740993}}',
    '{"metadata":{"managedFields":[{"fieldsV1":{"a":-9007199254740993}}]}}',
  ])('are refused and not changed silently: %s', (text) => {
    expect(() => configMaps.decode(json(text))).toThrow('9007199254740993 exactly: it is beyond 2^53')
  })

  it('are taken up to 2^53', () => {
    const { object } = configMaps.decode(json('{"metadata":{"generation":9007199254740991}}'))
    expect(object.metadata.generation).toBe(9007199254740991)
  })
})

describe('YAML', () => {
  it.each([
    ['a: yes', { a: true }],
    ['a: off', { a: false }],
    ['a: 0644', { a: 420 }],
    ['a: 0o17', { a: 15 }],
    ['a: 0x10', { a: 16 }],
    ['a: 1_000', { a: 1000 }],
    ['a: 1e3', { a: 1000 }],
    ['a: 1:30', { a: '1:30' }],
    ['a: 2001-01-01', { a: '2001-01-01' }],
    ['a: ~', { a: null }],
    ['a: !!binary aGk=', { a: 'hi' }],
    ['a: !custom x', { a: 'x' }],
    ['b: &b {x: 1}\na:\n  <<: *b\n  z: 2', { b: { x: 1 }, a: { x: 1, z: 2 } }],
    ['1: a\ntrue: b', { 1: 'a', true: 'b' }],
    ['', null],
    ['# only this\n', null],
    ['---\na: 1\n---\na: [', { a: 1 }],
    ['%YAML 1.1\n---\na: 1\n', { a: 1 }],
    ['{"a": 1}', { a: 1 }],
  ])('%j reads as the server reads it', (text, value) => {
    expect(yaml(text)).toEqual(value)
  })
})

describe('a body', () => {
  it('may leave its kind and apiVersion out, or be empty YAML', () => {
    expect(decodeBody(schemas, pods, Buffer.from('{}'), 'json', clock).object).toMatchObject({
      kind: 'Pod',
      apiVersion: 'v1',
    })
    expect(decodeBody(schemas, pods, Buffer.from(''), 'yaml', clock).object.kind).toBe('Pod')
  })

  it('with a key named __proto__ in a map keeps it as a key', () => {
    const { object } = configMaps.decode(json('{"data":{"__proto__":"x"}}'))
    expect(JSON.stringify(object.data)).toBe('{"__proto__":"x"}')
  })
})

describe('halves of characters', () => {
  it.each([
    ['"x\\ud800y"', 'x\ufffdy'],
    ['"\\uDC00"', '\ufffd'],
    ['"\\ud83d\\ude00"', '😀'],
    ['"\\ud83d\\ud83d\\ude00"', '\ufffd😀'],
    ['"\\\\ud800"', '\\ud800'],
    ['"\\\\\\ud800"', '\\\ufffd'],
  ])('of JSON %s are replaced as Go does', (json, expected) => {
    const { value, document } = parseJson(Buffer.from(json))
    expect(value).toBe(expected)
    expect(jsonValueOf(document())).toBe(expected)
  })

  it('are refused in quoted YAML, and mean nothing where there are no escapes', () => {
    const why = 'yaml: found invalid Unicode character escape code'
    expect(() => parseYamlBody(Buffer.from('a: "x\\ud83d\\ude00"'))).toThrow(why)
    expect(parseYamlBody(Buffer.from("a: 'x\\ud800'")).value).toEqual({ a: 'x\\ud800' })
    expect(parseYamlBody(Buffer.from('a: "x\\\\ud800"')).value).toEqual({ a: 'x\\ud800' })
  })
})
