/** What a Service is given: addresses, ports, families; and what it gives back. Mirrors pkg/registry/core/service/storage/storage_test.go. */
import { expect, it } from 'vitest'
import { isStatusError } from '../../../src/apimachinery/errors.ts'
import type { DynamicObject } from '../../../src/apimachinery/meta.ts'
import { services } from '../../../src/registry/core/services.ts'
import type { Finish, ResourceHooks, WriteContext } from '../../../src/registry/definition.ts'
import type { Service, ServiceSpec } from '../../../src/types/core-v1.ts'
import { decoded } from '../../support/decoded.ts'
import { type FakeWriteContext, fakeWriteContext } from '../../support/write-context.ts'

const hooks = services.hooks as ResourceHooks<Service>
const ADDRESSES = 'ipaddresses.networking.k8s.io'

function service(spec: object, name = 'web'): Service {
  return decoded<Service>({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace: 'default', uid: `uid-${name}` },
    spec: { selector: { a: 'b' }, ports: [{ port: 80 }], ...spec },
  })
}

function cluster(overrides: Partial<WriteContext> = {}): FakeWriteContext {
  const settings = { serviceCidr: '10.0.0.0/24', nodePortRange: { from: 30000, to: 30099 } }
  return fakeWriteContext({ settings, ...overrides })
}

const begin = async (context: WriteContext, draft: Service, old?: Service): Promise<Finish> =>
  (await hooks.begin!(draft, old, context)) as Finish

async function created(context: FakeWriteContext, spec: object, name?: string): Promise<Service> {
  const draft = service(spec, name)
  const finish = await begin(context, draft)
  context.put('services', draft as unknown as DynamicObject)
  await finish(true)
  return draft
}

async function refusal(action: () => Promise<unknown>): Promise<string> {
  try {
    await action()
  } catch (error) {
    if (isStatusError(error)) return error.message
    throw error
  }
  throw new Error('nothing was thrown')
}

const addresses = (context: FakeWriteContext): string[] => [...(context.objects.get(ADDRESSES)?.keys() ?? [])]

it('a ClusterIP service gets an address above the lower band, recorded as an IPAddress that names it', async () => {
  const context = cluster()
  const { spec } = await created(context, {})
  expect(spec).toMatchObject({ clusterIPs: [spec?.clusterIP], ipFamilies: ['IPv4'], ipFamilyPolicy: 'SingleStack' })
  expect(Number(spec?.clusterIP?.split('.')[3])).toBeGreaterThan(16)
  const address = context.objects.get(ADDRESSES)?.get(spec?.clusterIP ?? '')
  expect(address?.spec).toEqual({ parentRef: { group: '', resource: 'services', namespace: 'default', name: 'web' } })
  expect(address?.metadata.labels).toEqual({
    'ipaddress.kubernetes.io/ip-family': 'IPv4',
    'ipaddress.kubernetes.io/managed-by': 'ipallocator.k8s.io',
  })
})

it('two services never get the same address', async () => {
  const context = cluster()
  const one = await created(context, {})
  const two = await created(context, {}, 'db')
  expect(one.spec?.clusterIP).not.toBe(two.spec?.clusterIP)
})

it.each<[string, object, Partial<ServiceSpec>]>([
  [
    'headless with a selector',
    { clusterIP: 'None' },
    { clusterIPs: ['None'], ipFamilies: ['IPv4'], ipFamilyPolicy: 'SingleStack' },
  ],
  [
    'headless without a selector',
    { clusterIP: 'None', selector: null },
    { ipFamilies: ['IPv4', 'IPv6'], ipFamilyPolicy: 'RequireDualStack' },
  ],
  [
    'asked to prefer two families',
    { ipFamilyPolicy: 'PreferDualStack', clusterIP: '10.0.0.9' },
    { ipFamilies: ['IPv4'], clusterIPs: ['10.0.0.9'] },
  ],
])('a service that is %s takes its families', async (_, spec, wanted) => {
  expect((await created(cluster(), spec)).spec).toMatchObject(wanted)
})

it('an ExternalName service is given nothing', async () => {
  const context = cluster()
  const { spec } = await created(context, { type: 'ExternalName', externalName: 'example.com' })
  expect(spec).not.toHaveProperty('clusterIP')
  expect(spec).not.toHaveProperty('ipFamilies')
  expect(addresses(context)).toEqual([])
})

it('one node port serves a port of two protocols', async () => {
  const ports = [
    { port: 53, name: 'a' },
    { port: 53, name: 'b', protocol: 'UDP' },
    { port: 80, name: 'c' },
  ]
  const { spec } = await created(cluster(), { type: 'NodePort', ports })
  const [a, b, c] = spec?.ports?.map((port) => port.nodePort) ?? []
  expect(a).toBe(b)
  expect(a).not.toBe(c)
  expect(a).toBeGreaterThanOrEqual(30016)
})

it('a balancer with local traffic gets a port for health checks', async () => {
  const { spec } = await created(cluster(), { type: 'LoadBalancer', externalTrafficPolicy: 'Local' })
  expect(spec?.healthCheckNodePort).toBeGreaterThanOrEqual(30000)
  expect(spec?.healthCheckNodePort).not.toBe(spec?.ports?.[0].nodePort)
})

const port = (nodePort: number) => ({ type: 'NodePort', ports: [{ port: 80, nodePort }] })
const invalid = (field: string, value: string, why: string) =>
  `Service "late" is invalid: ${field}: Invalid value: ${value}: ${why}`
it.each([
  [port(30050), invalid('spec.ports[0].nodePort', '30050', 'provided port is already allocated')],
  [
    port(80),
    invalid(
      'spec.ports[0].nodePort',
      '80',
      'provided port is not in the valid range. The range of valid ports is 30000-30099',
    ),
  ],
  [
    { clusterIP: '192.168.1.1' },
    invalid(
      'spec.clusterIPs',
      '["192.168.1.1"]',
      'failed to allocate IP 192.168.1.1: the provided network does not match the current range',
    ),
  ],
])('a second service cannot have %j', async (spec, message) => {
  const context = cluster()
  await created(context, port(30050))
  const before = addresses(context)
  expect(await refusal(() => begin(context, service(spec, 'late')))).toBe(message)
  expect(addresses(context)).toEqual(before)
})

it('ports of a write under way are taken for every other write, and free again when it fails', async () => {
  const context = cluster()
  const finish = await begin(context, service(port(30050)))
  expect(await refusal(() => begin(context, service(port(30050), 'late')))).toContain(
    'provided port is already allocated',
  )
  await finish(false)
  const again = await begin(context, service(port(30050), 'late'))
  await again(false)
  expect(addresses(context)).toEqual([])
})

it('a port that another process has claimed is refused when it was asked for; otherwise another one is given', async () => {
  const others = new Set<number>()
  const back: number[] = []
  const context = cluster({
    portClaims: {
      take: async (port) => !others.has(port),
      giveBack: async (port) => void back.push(port),
    },
  })
  const free = await created(context, {
    type: 'NodePort',
    ports: [{ port: 80 }, { port: 81, name: 'b', nodePort: 30001 }],
  })
  const [{ nodePort: chosen = 0 }] = free.spec?.ports ?? []
  expect(back).toEqual([chosen, 30001])
  context.put('services', { ...free, spec: {} } as unknown as DynamicObject)
  others.add(chosen).add(30001)
  const late = service({ type: 'NodePort' }, 'late')
  await begin(context, late)
  expect(late.spec?.ports?.[0].nodePort).toBe(chosen + 1)
  const asked = { type: 'NodePort', ports: [{ port: 80 }, { port: 81, name: 'b', nodePort: 30001 }] }
  expect(await refusal(() => begin(context, service(asked, 'asked')))).toContain(
    'spec.ports[1].nodePort: Invalid value: 30001: provided port is already allocated',
  )
})

it('a full range of ports is a 500', async () => {
  const settings = { serviceCidr: '10.0.0.0/24', nodePortRange: { from: 30000, to: 30000 } }
  const context = cluster({ settings })
  await created(context, { type: 'NodePort' })
  const message = await refusal(() => begin(context, service({ type: 'NodePort' }, 'late')))
  expect(message).toBe('Internal error occurred: failed to allocate a nodePort: range is full')
})

it('a full range of addresses is a 500', async () => {
  const settings = { serviceCidr: '10.0.0.0/30', nodePortRange: { from: 30000, to: 30099 } }
  const context = cluster({ settings })
  await created(context, {})
  await created(context, {}, 'two')
  const message = await refusal(() => begin(context, service({}, 'late')))
  expect(message).toBe('Internal error occurred: failed to allocate a serviceIP for Service "late": range is full')
})

it('addresses come from every range that is ready, and families from the settings alone', async () => {
  const context = cluster()
  const range = (name: string, cidr: string, status: string): DynamicObject => ({
    apiVersion: 'networking.k8s.io/v1',
    kind: 'ServiceCIDR',
    metadata: { name },
    spec: { cidrs: [cidr] },
    status: { conditions: [{ type: 'Ready', status }] },
  })
  context.put('servicecidrs.networking.k8s.io', range('full', '10.0.0.0/30', 'True'))
  context.put('servicecidrs.networking.k8s.io', range('going', '10.1.0.0/30', 'False'))
  context.put('servicecidrs.networking.k8s.io', range('more', '10.2.0.0/30', 'True'))
  context.put('servicecidrs.networking.k8s.io', range('six', 'fd00::/112', 'True'))
  for (const name of ['a', 'b', 'c', 'd']) await created(context, {}, name)
  expect(addresses(context).sort()).toEqual(['10.0.0.1', '10.0.0.2', '10.2.0.1', '10.2.0.2'])
  expect(await refusal(() => begin(context, service({ clusterIP: '10.1.0.1' }, 'late')))).toContain('10.1.0.1')
  expect(await refusal(() => begin(context, service({ ipFamilies: ['IPv6'] }, 'late')))).toContain('not configured')
})

it('a dry run shows an address and takes nothing', async () => {
  const context = cluster({ dryRun: true })
  const draft = service({ type: 'NodePort' })
  const finish = await begin(context, draft)
  await finish(false)
  expect(draft.spec?.clusterIP).toBe('10.0.0.0')
  expect(draft.spec?.ports?.[0].nodePort).toBeGreaterThan(0)
  expect(context.written).toEqual([])
})

it('an update that leaves out what the server gave keeps it', async () => {
  const context = cluster()
  const old = await created(context, { type: 'NodePort' })
  const draft = service({ type: 'NodePort' })
  await (await begin(context, draft, old))(true)
  expect(draft.spec).toEqual(old.spec)
})

it('becoming an ExternalName gives address and port back', async () => {
  const context = cluster()
  const old = await created(context, { type: 'NodePort' })
  const draft = decoded<Service>({ ...old, spec: { ...old.spec, type: 'ExternalName', externalName: 'a.b' } })
  hooks.prepareForUpdate?.(draft, old, context)
  await (await begin(context, draft, old))(true)
  expect(draft.spec).not.toHaveProperty('clusterIP')
  expect(draft.spec?.ports?.[0]).not.toHaveProperty('nodePort')
  expect(addresses(context)).toEqual([])
})

it('an address asked for on the way from ExternalName that fails is given back', async () => {
  const context = cluster()
  const old = await created(context, { type: 'ExternalName', externalName: 'a.b' })
  const finish = await begin(context, service({}), old)
  expect(addresses(context)).toHaveLength(1)
  await finish(false)
  expect(addresses(context)).toEqual([])
})

it('deletion gives the address back', async () => {
  const context = cluster()
  const gone = await created(context, {})
  await hooks.afterDelete?.(gone, context)
  expect(addresses(context)).toEqual([])
})
