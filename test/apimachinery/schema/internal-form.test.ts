import { describe, expect, it } from 'vitest'
import { ManualClock } from '../../../src/apimachinery/clock.ts'
import { asSent, emptied } from '../../../src/apimachinery/schema/emptied.ts'
import { internalForm } from '../../../src/apimachinery/schema/internal-form.ts'
import { loadFacts } from '../../../src/apimachinery/schema/load-facts.ts'
import { parsedValue } from '../../../src/apimachinery/schema/parse.ts'
import { Schemas } from '../../../src/apimachinery/schema/schema.ts'

describe('the internal form of a value', () => {
  it('has all fields of the Go struct, in its order', () => {
    expect(JSON.stringify(internalForm('core.Toleration', { effect: 'NoSchedule', key: 'k' }))).toBe(
      '{"Key":"k","Operator":"","Value":"","Effect":"NoSchedule","TolerationSeconds":null}',
    )
  })

  it('goes into lists, and puts metadata of templates beside their spec', () => {
    const template = { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c' }] } }
    expect(internalForm('core.PodTemplateSpec', template)).toMatchObject({
      labels: { a: 'b' },
      Spec: { Containers: [{ Name: 'c', Ports: null }], Volumes: null, HostNetwork: false },
    })
  })

  it('is null for what is not there, and fails for a type that no kind has', () => {
    expect(internalForm('core.Toleration', undefined)).toBeNull()
    expect(() => internalForm('core.Bogus', {})).toThrow('no internal type core.Bogus')
  })

  it('tells a list that was sent empty from one that was not sent, until it is stored', () => {
    const schema = new Schemas(loadFacts()).forKind('', 'v1', 'Pod')!
    const body = { metadata: { name: 'p' }, spec: { containers: [{ name: 'c', image: 'i', command: [] }] } }
    const pod = schema.decodeWithDefaults(parsedValue(body), new ManualClock(0)).object
    const [container] = pod['spec'].containers
    expect(emptied(container, 'command')).toEqual([])
    expect(asSent(container, 'args')).toBeNull()
    expect(internalForm('core.Container', container)).toMatchObject({ Command: [], Args: null })
    expect(internalForm('core.Container', container, true)).toMatchObject({ Command: null })
    expect(JSON.stringify(container)).not.toContain('command')
  })
})
