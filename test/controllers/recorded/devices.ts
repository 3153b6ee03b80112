/** What cases of devices are made of: classes, slices, claims, and pods that use them. */
import type { DynamicObject } from '../../../src/apimachinery/meta.ts'
import type { Case } from './case.ts'
import { create, given, pod } from './scheduler.ts'

export const of = (kind: string, name: string, spec: object): DynamicObject =>
  ({ apiVersion: 'resource.k8s.io/v1', kind, metadata: { name }, spec }) as DynamicObject

export const cel = (...expressions: string[]): object => ({
  selectors: expressions.map((expression) => ({ cel: { expression } })),
})
export const gpus = of('DeviceClass', 'gpu', cel('device.driver == "gpu.example.com"'))

export interface Shape {
  memory?: string
  model?: string
  more?: object
}

export const device = (name: string, { memory = '16Gi', model = 'a', more }: Shape = {}): object => ({
  name,
  attributes: { model: { string: model }, index: { int: Number(/\d+$/.exec(name)?.[0] ?? 0) }, fast: { bool: true } },
  capacity: { memory: { value: memory } },
  ...more,
})

export const slice = (on: string, devices: object[], more: object = {}): DynamicObject =>
  of('ResourceSlice', `slice-${on}`, {
    driver: 'gpu.example.com',
    pool: { name: on, generation: 1, resourceSliceCount: 1 },
    nodeName: on,
    devices,
    ...more,
  })

export const wants = (...requests: object[]): object => ({ devices: { requests } })
export const exactly = (name: string, more: object = {}): object => ({
  name,
  exactly: { deviceClassName: 'gpu', ...more },
})
export const claim = (name: string, spec: object): DynamicObject => of('ResourceClaim', name, spec)

export const user = (name: string, ...claims: string[]): DynamicObject =>
  pod(name, {
    spec: { resourceClaims: claims.map((resourceClaimName, i) => ({ name: `r${i}`, resourceClaimName })) },
  })

export const comes = (title: string, before: DynamicObject[], ...pods: DynamicObject[]): Case => ({
  title,
  steps: [given(...before), create(...pods)],
})
