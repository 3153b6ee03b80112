import { describe, expect, it } from 'vitest'
import { ManualClock } from '../../../src/apimachinery/clock.ts'
import { loadFacts } from '../../../src/apimachinery/schema/load-facts.ts'
import { parsedValue, parseJson } from '../../../src/apimachinery/schema/parse.ts'
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

describe('decoding a change', () => {
  const clock = new ManualClock(0)
  const whole = (value: unknown) => pod.decodeWithDefaults(parsedValue(value), clock).object
  const old = whole({
    metadata: { name: 'x', labels: { b: '1', a: '2' } },
    spec: {
      containers: [{ image: 'i', name: 'a', ports: [{ containerPort: 80 }] }],
      volumes: [{ name: 'v', emptyDir: {} }],
    },
    status: { conditions: [{ type: 'Ready', status: 'True' }], podIPs: [{ ip: '10.0.0.1' }] },
  })
  const { metadata, spec, status } = old
  const condition = { status: 'True', type: 'PodScheduled' }

  it.each([
    ['a node', { ...old, spec: { nodeName: 'n', ...spec } }],
    ['a condition', { ...old, status: { ...status, conditions: [...status.conditions, condition], phase: 'Running' } }],
    ['another order', { ...old, status: { ...status, conditions: [condition, ...status.conditions] } }],
    ['fewer fields', { ...old, spec: { containers: spec.containers }, status: undefined }],
    ['labels', { ...old, metadata: { ...metadata, labels: { ...metadata.labels, 0: '3' } } }],
    [
      'other containers',
      { ...old, spec: { ...spec, containers: [{ name: 'b' }, { ...spec.containers[0], image: 'j' }] } },
    ],
    ['an unknown field', { ...old, more: { a: 1 }, spec: { ...spec, more: spec } }],
    ['nothing', old],
  ])('makes of it what decoding makes of the whole: %s', (_, changed) => {
    expect(JSON.stringify(pod.decodeChange(changed, old, clock))).toBe(JSON.stringify(whole(changed)))
  })

  it('shares what stayed, but for the metadata as a whole', () => {
    const draft = pod.decodeChange({ ...old, spec: { ...spec, nodeName: 'n' } }, old, clock)
    expect(draft.status).toBe(status)
    expect(draft.spec.containers).toBe(spec.containers)
    expect(draft.metadata).toEqual(metadata)
    expect(draft.metadata).not.toBe(metadata)
    expect(draft.metadata.labels).toBe(metadata.labels)
  })

  it('refuses what does not fit, wherever it stands', () => {
    const changed = { ...old, spec: { ...spec, containers: [...spec.containers, { name: 1 }] } }
    expect(() => pod.decodeChange(changed, old, clock)).toThrow('cannot unmarshal number into Go struct field')
  })
})
