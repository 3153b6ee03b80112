/** Where items of a list stand does not matter: those that stay in place are only found faster. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { compare } from '../../../src/apimachinery/managedfields/compare.ts'
import { mergeNodeOf } from '../../../src/apimachinery/managedfields/merge-node.ts'
import { kindFields } from '../../../src/apimachinery/managedfields/types.ts'
import { loadFacts } from '../../../src/apimachinery/schema/load-facts.ts'
import { Schemas } from '../../../src/apimachinery/schema/schema.ts'

const schemas = new Schemas(loadFacts())
const { tracked } = kindFields(mergeNodeOf(schemas.resolver.named('io.k8s.api.core.v1.Pod')), 'v1')

const port = fc.record(
  { containerPort: fc.constantFrom(80, 81), protocol: fc.constantFrom('TCP', 'UDP'), name: fc.constantFrom('a', 'b') },
  { requiredKeys: ['containerPort'] },
)
const container = fc.record(
  {
    name: fc.constantFrom('a', 'b', 'c'),
    image: fc.constantFrom('one', 'two'),
    ports: fc.array(port, { maxLength: 3 }),
  },
  { requiredKeys: ['name'] },
)
// Of twins the order counts.
const containers = fc.uniqueArray(container, { minLength: 1, maxLength: 3, selector: ({ name }) => name })
const podOf = (list: unknown[]) => ({ metadata: {}, spec: { containers: list } })

test('what differs between two lists is the same in whatever order they are', () => {
  const lists = containers.chain((before) =>
    fc.record({
      before: fc.constant(before),
      // Mostly the same items, some of them changed: what updates are.
      after: fc.oneof(
        containers,
        fc.tuple(...before.map((item) => container.map((other) => ({ ...item, ...other, name: item.name })))),
      ),
      isReversed: fc.boolean(),
    }),
  )
  fc.assert(
    fc.property(lists, ({ before, after, isReversed }) => {
      // Items of one name stay in their order: that of those counts.
      const turned = after.toSorted(({ name: a }, { name: b }) =>
        (isReversed ? b : a).localeCompare(isReversed ? a : b),
      )
      expect(compare(podOf(before), podOf(after), tracked)).toEqual(compare(podOf(before), podOf(turned), tracked))
    }),
    { numRuns: 500 },
  )
})

test('items that lack a key are what its default makes of them', () => {
  const ports = (...list: object[]) => podOf([{ name: 'a', ports: list }])
  const [bare, tcp, udp] = [
    { containerPort: 80 },
    { containerPort: 80, protocol: 'TCP' },
    { containerPort: 80, protocol: 'UDP' },
  ]
  expect(compare(ports(bare), ports(tcp), tracked).added).toMatchObject({ 'f:spec': {} })
  expect(JSON.stringify(compare(ports(bare, udp), ports(tcp, udp), tracked))).not.toContain('UDP')
})

test('items that share their keys are one thing', () => {
  const twins = podOf([
    { name: 'a', image: 'one' },
    { name: 'a', image: 'two' },
  ])
  const changed = podOf([
    { name: 'a', image: 'one' },
    { name: 'a', image: 'three' },
  ])
  expect(compare(twins, changed, tracked).modified).toEqual({ 'f:spec': { 'f:containers': { 'k:{"name":"a"}': {} } } })
})
