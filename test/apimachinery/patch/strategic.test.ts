import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { StatusError } from '../../../src/apimachinery/errors.ts'
import { applyStrategicMergePatch } from '../../../src/apimachinery/patch/strategic.ts'
import { isMap, type JsonMap, type JsonValue } from '../../../src/apimachinery/patch/values.ts'
import { loadFacts } from '../../../src/apimachinery/schema/load-facts.ts'
import recorded from './strategic.json' with { type: 'json' }

interface Recorded {
  name: string
  patch: JsonMap
  result?: JsonMap
  code?: number
  reason?: string | null
  message?: string
}

const { types } = loadFacts()
const MODELS: Record<string, string> = {
  Deployment: 'io.k8s.api.apps.v1.Deployment',
  Service: 'io.k8s.api.core.v1.Service',
  ServiceAccount: 'io.k8s.api.core.v1.ServiceAccount',
  ConfigMap: 'io.k8s.api.core.v1.ConfigMap',
}
const lookup = (ref: string) => types[ref]

// What the server puts back after the patch, where it is absent: not the patch's doing.
const DEFAULTED = new Set(
  'replicas strategy rollingUpdate maxSurge maxUnavailable imagePullPolicy terminationMessagePath terminationMessagePolicy resources protocol defaultMode targetPort apiVersion dnsPolicy restartPolicy schedulerName securityContext terminationGracePeriodSeconds requests'.split(
    ' ',
  ),
)

/** What the server stores of a patched object, with its defaults where `stored` has them: unknown and empty members go. */
function asStored(patched: JsonValue, stored: JsonValue | undefined): JsonValue | undefined {
  if (Array.isArray(patched)) {
    if (patched.length === 0 && stored === undefined) return undefined
    return patched.map((value, i) => asStored(value, Array.isArray(stored) ? stored[i] : undefined) ?? null)
  }
  if (!isMap(patched)) return patched ?? undefined
  const kept: JsonMap = {}
  for (const [name, value] of Object.entries(patched)) {
    const member = name.startsWith('$') ? undefined : asStored(value, isMap(stored) ? stored[name] : undefined)
    if (member !== undefined) kept[name] = member
  }
  for (const [name, value] of Object.entries(isMap(stored) ? stored : {})) {
    if (DEFAULTED.has(name) && kept[name] === undefined) kept[name] = value
  }
  return Object.keys(kept).length === 0 && stored === undefined ? undefined : kept
}

function outcome(run: () => JsonMap): JsonMap | StatusError {
  try {
    return run()
  } catch (error) {
    if (error instanceof StatusError) return error
    throw error
  }
}

function frozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null) Object.values(value).forEach(frozen)
  return Object.freeze(value)
}

for (const { object, cases } of recorded as unknown as { object: JsonMap; cases: Recorded[] }[]) {
  describe(`a strategic merge patch of a ${object.kind}, as a real server applies it`, () => {
    test.each(cases)('$name', ({ patch, result, code, reason, message }) => {
      frozen([object, patch])
      const answer = outcome(() => applyStrategicMergePatch(object, patch, MODELS[object.kind as string], lookup))
      if (result) {
        if (answer instanceof StatusError) throw answer
        expect(asStored(answer, result)).toEqual(result)
      } else if (code === 422) {
        // Patched, then refused by conversion or validation: not this module's part.
        expect(answer).not.toBeInstanceOf(StatusError)
      } else if (answer instanceof StatusError) {
        expect([answer.code, answer.status.reason ?? null, answer.message]).toEqual([code, reason, message])
      } else expect.unreachable(`the server answers ${code}`)
    })
  })
}

describe('a strategic merge patch', () => {
  const apply = (object: JsonMap, patch: unknown) =>
    outcome(() => applyStrategicMergePatch(object, patch, MODELS.ConfigMap, lookup))

  test('shares what it does not touch', () => {
    const object = { data: { a: '1' }, metadata: { name: 'x', labels: { a: 'b' } } }
    const patched = apply(object, { metadata: { name: 'y' } }) as typeof object
    expect(patched.data).toBe(object.data)
    expect(patched.metadata.labels).toBe(object.metadata.labels)
  })

  test('that deletes or replaces the whole object does so', () => {
    expect(apply({ data: { a: '1' } }, { $patch: 'delete' })).toEqual({})
    expect(apply({ data: { a: '1' } }, { $patch: 'replace', metadata: {} })).toEqual({ metadata: {} })
  })

  test('of null changes nothing, of anything but an object is refused', () => {
    const object = { data: {} }
    expect(apply(object, null)).toBe(object)
    expect(apply(object, [])).toMatchObject({
      message: 'json: cannot unmarshal array into Go value of type map[string]interface {}',
    })
  })
})

test('a strategic merge patch applied twice is applied once, and never touches its arguments', () => {
  const names = fc.constantFrom('a', 'b', 'c', 'd')
  const lists = (value: fc.Arbitrary<JsonMap>) => fc.uniqueArray(value, { selector: (one) => one.name, maxLength: 4 })
  const containers = lists(fc.record({ name: names, image: fc.constantFrom('x', 'y') }))
  const changes = lists(
    fc.oneof(
      fc.record({ name: names, image: fc.constantFrom('x', 'z') }),
      fc.record({ name: names, $patch: fc.constant('delete') }),
    ),
  )
  fc.assert(
    fc.property(containers, changes, (before, change) => {
      const apply = (object: JsonMap, patch: JsonMap) =>
        applyStrategicMergePatch(object, patch, 'io.k8s.api.core.v1.PodSpec', lookup)
      const [object, patch] = frozen([{ containers: before }, { containers: change }]) as unknown as JsonMap[]
      const once = apply(object, patch)
      expect(apply(once, patch)).toEqual(once)
      const kept = new Set((once.containers as JsonMap[]).map(({ name }) => name))
      for (const { name, $patch } of change as JsonMap[]) expect(kept.has(name)).toBe($patch !== 'delete')
    }),
  )
})
