/** Server-side apply as a function: what holds for every configuration, and the rules that recorded sequences show too rarely. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { deepEqual } from '../../../src/apimachinery/equality.ts'
import { applyConfiguration } from '../../../src/apimachinery/managedfields/apply.ts'
import { compare, isSame } from '../../../src/apimachinery/managedfields/compare.ts'
import type { FieldSet } from '../../../src/apimachinery/managedfields/field-set.ts'
import { includeFilter } from '../../../src/apimachinery/managedfields/include-filter.ts'
import { mergeValues } from '../../../src/apimachinery/managedfields/merge.ts'
import { mergeNodeOf } from '../../../src/apimachinery/managedfields/merge-node.ts'
import { compareElements } from '../../../src/apimachinery/managedfields/path-element.ts'
import { kindFields } from '../../../src/apimachinery/managedfields/types.ts'
import { trackWrite } from '../../../src/apimachinery/managedfields/update.ts'
import type { DynamicObject } from '../../../src/apimachinery/meta.ts'
import { loadFacts } from '../../../src/apimachinery/schema/load-facts.ts'
import { Schemas } from '../../../src/apimachinery/schema/schema.ts'

const schemas = new Schemas(loadFacts())
const pods = kindFields(mergeNodeOf(schemas.resolver.named('io.k8s.api.core.v1.Pod')), 'v1')
const podSchema = schemas.forKind('', 'v1', 'Pod')!
const zero = podSchema.decodeValue({ metadata: {} }).object
const NOW = '2026-01-01T00:00:00Z'

const by = (manager: string, now = NOW) => ({ manager, subresource: '', now })
const decoded = (object: unknown): DynamicObject => podSchema.decodeValue(object).object

/** As the server does it: the result is decoded before it is stored. */
function applied(live: DynamicObject, config: DynamicObject, manager: string, force = false): DynamicObject {
  const { object } = applyConfiguration(pods, live, zero, config, by(manager), force)
  return decoded(object)
}

const name = fc.constantFrom('a', 'b', 'c')
const text = fc.constantFrom('1', '2', '3')
// Zero values are left out: the server does not keep them, so they are added anew by each apply.
const map = fc.dictionary(name, text, { minKeys: 1, maxKeys: 3 })
const unique = <T>(item: fc.Arbitrary<T>, key: (item: T) => unknown) =>
  fc.uniqueArray(item, { selector: key, minLength: 1, maxLength: 3 })
const env = unique(fc.record({ name, value: text }), (one) => one.name)
const port = fc.record(
  { containerPort: fc.constantFrom(80, 443), protocol: fc.constantFrom('TCP', 'UDP'), name },
  { requiredKeys: ['containerPort'] },
)
const container = fc.record(
  {
    name,
    image: text,
    env,
    ports: unique(port, (one) => `${one.containerPort}/${one.protocol ?? 'TCP'}`),
    args: fc.array(text, { minLength: 1, maxLength: 3 }),
    resources: fc.record({ limits: map, requests: map }, { requiredKeys: ['limits'] }),
  },
  { requiredKeys: ['name'] },
)
const config = fc
  .record(
    {
      labels: map,
      finalizers: fc.uniqueArray(fc.constantFrom('x.io/a', 'x.io/b'), { minLength: 1, maxLength: 2 }),
      containers: unique(container, (one) => one.name),
      nodeSelector: map,
      hostNetwork: fc.constant(true),
      securityContext: fc.record({ runAsUser: fc.constantFrom(1, 2) }, { requiredKeys: ['runAsUser'] }),
    },
    { requiredKeys: [] },
  )
  .map(({ labels, finalizers, ...spec }) => {
    const metadata = { name: 'p', ...(labels && { labels }), ...(finalizers && { finalizers }) }
    return { apiVersion: 'v1', kind: 'Pod', metadata, spec } as DynamicObject
  })

function expectCanonical(object: DynamicObject): void {
  const check = (set: FieldSet): void => {
    const names = Object.keys(set)
    expect(names).toEqual([...names].sort(compareElements))
    for (const one of names) check(set[one] as FieldSet)
  }
  for (const entry of object.metadata.managedFields ?? []) check(entry.fieldsV1 as FieldSet)
}

describe('whatever the configurations', () => {
  test('an apply that is repeated changes nothing', () => {
    fc.assert(
      fc.property(config, config, (first, second) => {
        const live = applied(zero, first, 'one')
        const once = applied(live, second, 'two', true)
        expectCanonical(once)
        const again = applyConfiguration(pods, once, zero, second, by('two', '2030-01-01T00:00:00Z'), false)
        expect(decoded(again.object)).toEqual(once)
        expect(again.changed).toBe(false)
      }),
    )
  })

  test('an object that one manager applies is what it applied last', () => {
    fc.assert(
      fc.property(config, config, (first, second) => {
        const twice = applied(applied(zero, first, 'one'), second, 'one')
        const direct = applied(zero, second, 'one')
        const bare = ({ metadata: { managedFields: _, ...metadata }, ...rest }: DynamicObject) => ({
          metadata,
          ...rest,
        })
        // Orders of lists may tell of the past; their items may not.
        expect(isSame(compare(bare(direct), bare(twice), pods.tracked))).toBe(true)
        expect(twice.metadata.managedFields).toEqual(direct.metadata.managedFields)
      }),
    )
  })

  test('what two managers agree on conflicts with neither', () => {
    fc.assert(
      fc.property(config, (both) => {
        const live = applied(zero, both, 'one')
        expect(deepEqual(applied(live, both, 'two').spec, live.spec)).toBe(true)
      }),
    )
  })

  test('a write is owned by its writer: the difference of two objects is in its set, and nothing is in it that they share', () => {
    fc.assert(
      fc.property(config, config, (first, second) => {
        const [before, after] = [decoded(first), decoded(second)]
        before.metadata.managedFields = trackWrite(pods, zero, before, by('one'), true)
        const entries = trackWrite(pods, before, after, by('two'), false) ?? []
        const set = entries.find(({ manager }) => manager === 'two')?.fieldsV1
        const { added, modified } = compare(before, after, pods.tracked)
        expect(set === undefined).toBe(added === undefined && modified === undefined)
      }),
    )
  })
})

describe('lists with keys are merged', () => {
  const containers = (names: string) => ({ containers: [...names].map((one) => ({ name: one })) })
  const node = pods.whole.byName.get('spec')!.node
  const merged = (live: string, over: string): string =>
    (mergeValues(containers(live), containers(over), node) as { containers: { name: string }[] }).containers
      .map((one) => one.name)
      .join('')

  test.each([
    ['abcd', 'dxby', 'acdxby'],
    ['abc', 'cba', 'cba'],
    ['abc', 'x', 'abcx'],
    ['abc', 'ac', 'abc'],
    ['abc', 'xa', 'xabc'],
    ['', 'ab', 'ab'],
    ['ab', '', 'ab'],
  ])('%s with %s over it: %s', (live, over, expected) => {
    expect(merged(live, over)).toBe(expected)
  })
})

test('a door that writes a few fields owns those, wherever they are', () => {
  const filter = includeFilter([['f:spec', 'f:containers', '*', 'f:resources']])
  const item = 'k:{"name":"a"}'
  const set = {
    'f:metadata': { 'f:labels': {} },
    'f:spec': {
      'f:containers': { [item]: { '.': {}, 'f:image': {}, 'f:resources': { 'f:limits': { 'f:cpu': {} } } } },
    },
  }
  expect(filter(set)).toEqual({
    'f:spec': { 'f:containers': { [item]: { '.': {}, 'f:resources': { 'f:limits': { 'f:cpu': {} } } } } },
  })
})
