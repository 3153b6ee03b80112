import { describe, expect, it } from 'vitest'
import type { DynamicObject } from '../../../src/apimachinery/meta.ts'
import { loadFacts } from '../../../src/apimachinery/schema/load-facts.ts'
import { Schemas } from '../../../src/apimachinery/schema/schema.ts'

const schemas = new Schemas(loadFacts())
const deployments = schemas.forKind('apps', 'v1', 'Deployment')!

function deployment(volume: object): DynamicObject {
  const spec = { template: { spec: { containers: [], volumes: [{ name: 'v', ...volume }] } } }
  return deployments.decodeValue({ metadata: { name: 'a' }, spec }).object
}
const gated = { secret: { secretName: 's', defaultUser: 5, items: [{ key: 'k', path: 'p', user: 6 }] } }

describe('fields behind a gate that is off', () => {
  it('are cleared wherever they stand', () => {
    const { volumes } = deployments.clearDisabled(deployment(gated)).spec.template.spec
    expect(volumes[0].secret).toEqual({ secretName: 's', items: [{ key: 'k', path: 'p' }] })
  })

  it('stay when the old object uses them', () => {
    const object = deployment(gated)
    expect(deployments.clearDisabled(object, deployment(gated))).toBe(object)
  })

  it('are cleared one by one: the old object must use the same field', () => {
    const old = deployment({ secret: { secretName: 's', defaultUser: 1 } })
    const { secret } = deployments.clearDisabled(deployment(gated), old).spec.template.spec.volumes[0]
    expect(secret).toEqual({ secretName: 's', defaultUser: 5, items: [{ key: 'k', path: 'p' }] })
  })

  it('leave the very object when there are none, and never change their input', () => {
    const plain = deployment({ emptyDir: {} })
    expect(deployments.clearDisabled(plain)).toBe(plain)
    const object = deployment(gated)
    const before = structuredClone(object)
    deployments.clearDisabled(object)
    expect(object).toEqual(before)
  })

  it('cost nothing for kinds that have none', () => {
    const configMaps = schemas.forKind('', 'v1', 'ConfigMap')!
    const { object } = configMaps.decodeValue({ metadata: { name: 'a' }, data: { a: 'b' } })
    expect(configMaps.clearDisabled(object)).toBe(object)
  })
})
