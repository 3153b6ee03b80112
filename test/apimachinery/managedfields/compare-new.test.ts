/** What is answered from memory is what would have been found. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { compare } from '../../../src/apimachinery/managedfields/compare.ts'
import { compareNew } from '../../../src/apimachinery/managedfields/compare-new.ts'
import { mergeNodeOf } from '../../../src/apimachinery/managedfields/merge-node.ts'
import { kindFields } from '../../../src/apimachinery/managedfields/types.ts'
import { loadFacts } from '../../../src/apimachinery/schema/load-facts.ts'
import { Schemas } from '../../../src/apimachinery/schema/schema.ts'

const schemas = new Schemas(loadFacts())
const { tracked } = kindFields(mergeNodeOf(schemas.resolver.named('io.k8s.api.core.v1.Pod')), 'v1')
const zero = schemas.forKind('', 'v1', 'Pod')!.decodeValue({ metadata: {} }).object

const name = fc.constantFrom('a', 'b', 'constructor', '__proto__')
const text = fc.constantFrom('', '1', '2')
const some = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined })
const maybeNull = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: null, freq: 6 })
const map = maybeNull(fc.dictionary(name, text, { maxKeys: 2 }))
const list = <T>(item: fc.Arbitrary<T>) => maybeNull(fc.array(item, { maxLength: 2 }))
const port = fc.record({
  containerPort: fc.constantFrom(80, 81),
  protocol: fc.constantFrom('TCP', 'UDP'),
  name: some(text),
})
const container = fc.record({
  name: text,
  image: some(text),
  args: some(list(text)),
  ports: some(list(port)),
  resources: some(fc.record({ limits: some(map), requests: some(map) })),
  livenessProbe: some(maybeNull(fc.record({ httpGet: fc.record({ path: text, port: fc.constantFrom(80, 'http') }) }))),
})
const pod = fc.record({
  metadata: fc.record({ name, labels: some(map), finalizers: some(list(text)), uid: some(text) }),
  spec: some(fc.record({ containers: list(container), nodeSelector: some(map), nodeName: some(text) })),
  status: some(fc.record({ phase: some(text), conditions: some(list(fc.record({ type: text, status: text }))) })),
})

test('the fields of a new object are those that a comparison with nothing finds, whatever came before it', () => {
  fc.assert(
    fc.property(fc.array(pod, { minLength: 2, maxLength: 12 }), (objects) => {
      for (const object of objects) {
        expect(compareNew(zero, object, tracked, undefined)).toEqual(compare(zero, object, tracked))
      }
    }),
    { numRuns: 300 },
  )
})

test('objects with the same fields get the same answer, and none that is still written to is kept', () => {
  const make = (value: string) => ({ metadata: { labels: { app: value } }, spec: { nodeName: value } })
  const first = make('one')
  const answer = compareNew(zero, first, tracked, undefined)
  Object.assign(first.spec, { hostname: 'later' })
  expect(compareNew(zero, make('two'), tracked, undefined)).toBe(answer)
  expect(compareNew(zero, first, tracked, undefined).added).toMatchObject({ 'f:spec': { 'f:hostname': {} } })
  const without = compareNew(zero, make('two'), tracked, () => undefined)
  expect(without).toEqual({})
})
