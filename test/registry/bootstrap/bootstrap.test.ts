import { describe, expect, it } from 'vitest'
import { bootstrapObjects } from '../../../src/registry/bootstrap/bootstrap.ts'
import { firstAddress } from '../../../src/registry/bootstrap/kubernetes-service.ts'

const options = {
  now: Date.UTC(2026, 0, 2, 3, 4, 5),
  serviceCidr: '10.96.0.0/12',
  advertiseAddress: '127.0.0.1',
  securePort: 6443,
}

describe('bootstrap objects', () => {
  it('are as many of each kind as on a fresh 1.37 server', () => {
    const counts: Record<string, number> = {}
    for (const { resource } of bootstrapObjects(options)) counts[resource] = (counts[resource] ?? 0) + 1
    expect(counts).toEqual({
      namespaces: 4,
      services: 1,
      endpoints: 1,
      configmaps: 1,
      'endpointslices.discovery.k8s.io': 1,
      'servicecidrs.networking.k8s.io': 1,
      'priorityclasses.scheduling.k8s.io': 2,
      'prioritylevelconfigurations.flowcontrol.apiserver.k8s.io': 8,
      'flowschemas.flowcontrol.apiserver.k8s.io': 11,
      'clusterroles.rbac.authorization.k8s.io': 73,
      'clusterrolebindings.rbac.authorization.k8s.io': 54,
      'roles.rbac.authorization.k8s.io': 7,
      'rolebindings.rbac.authorization.k8s.io': 7,
      'apiservices.apiregistration.k8s.io': 22,
    })
  })

  it('come with the namespaces first, because the others need them', () => {
    expect(
      bootstrapObjects(options)
        .slice(0, 4)
        .map(({ resource }) => resource),
    ).toEqual(['namespaces', 'namespaces', 'namespaces', 'namespaces'])
  })

  it('carry nothing that the server fills in, and status apart from the object', () => {
    for (const { object } of bootstrapObjects(options)) {
      expect(Object.keys(object.metadata)).not.toContain('uid')
      expect(Object.keys(object.metadata)).not.toContain('resourceVersion')
      expect(object.status).toBeUndefined()
      expect(object.apiVersion).toBeTruthy()
      expect(object.kind).toBeTruthy()
    }
  })

  it('date every condition with the time of the run', () => {
    const conditions = bootstrapObjects(options).flatMap(
      ({ status }) => (status?.['conditions'] as { lastTransitionTime: string }[]) ?? [],
    )
    expect(conditions).toHaveLength(22 + 11 + 1)
    for (const { lastTransitionTime } of conditions) expect(lastTransitionTime).toBe('2026-01-02T03:04:05Z')
  })

  it('share nothing between two calls', () => {
    const [first, second] = [bootstrapObjects(options), bootstrapObjects(options)]
    expect(first[0]?.object).toEqual(second[0]?.object)
    expect(first[0]?.object).not.toBe(second[0]?.object)
  })

  it.each([
    ['10.96.0.0/12', '10.96.0.1'],
    ['10.0.0.0/24', '10.0.0.1'],
    ['10.0.0.77/24', '10.0.0.1'],
    ['fd00:10:96::/112', 'fd00:10:96::1'],
  ])('take the first address of %s: %s', (cidr, address) => {
    expect(firstAddress(cidr)).toBe(address)
  })
})
