import { describe, expect, it } from 'vitest'
import type { DynamicObject } from '../../../src/apimachinery/meta.ts'
import { defaultIngressClass } from '../../../src/registry/admission/default-ingress-class.ts'
import { defaultStorageClass } from '../../../src/registry/admission/default-storage-class.ts'
import { persistentVolumeClaimResize } from '../../../src/registry/admission/persistent-volume-claim-resize.ts'
import { resourceQuota } from '../../../src/registry/admission/resource-quota.ts'
import { storageObjectInUseProtection } from '../../../src/registry/admission/storage-object-in-use-protection.ts'
import { taintNodesByCondition } from '../../../src/registry/admission/taint-nodes-by-condition.ts'
import { admissionRequest } from '../../support/admission-request.ts'
import { type FakeWriteContext, fakeWriteContext } from '../../support/write-context.ts'

const object = (kind: string, name: string, fields: Record<string, unknown> = {}): DynamicObject => ({
  apiVersion: 'v1',
  kind,
  metadata: { name, namespace: 'default' },
  ...fields,
})

describe('default classes', () => {
  const annotated = (name: string, annotation: string, creationTimestamp: string): DynamicObject => ({
    apiVersion: 'v1',
    kind: 'Class',
    metadata: { name, creationTimestamp, annotations: { [annotation]: 'true' } },
  })

  it('gives a claim the newest default class, but none to a claim that wants none', () => {
    const context = fakeWriteContext()
    const annotation = 'storageclass.kubernetes.io/is-default-class'
    context.put('storageclasses.storage.k8s.io', annotated('old', annotation, '2026-01-01T00:00:00Z'))
    context.put('storageclasses.storage.k8s.io', annotated('new', annotation, '2026-01-02T00:00:00Z'))
    const admit = (spec: Record<string, unknown>): unknown => {
      const claim = object('PersistentVolumeClaim', 'c', { spec })
      defaultStorageClass.admit?.(admissionRequest('CREATE', 'persistentvolumeclaims', claim), context)
      return claim['spec'].storageClassName
    }
    expect(admit({})).toBe('new')
    expect(admit({ storageClassName: '' })).toBe('')
  })

  it('gives an ingress the first of equally new default classes', () => {
    const context = fakeWriteContext()
    const annotation = 'ingressclass.kubernetes.io/is-default-class'
    for (const name of ['b', 'a']) {
      context.put('ingressclasses.networking.k8s.io', annotated(name, annotation, '2026-01-01T00:00:00Z'))
    }
    const ingress = object('Ingress', 'i', { spec: {} })
    defaultIngressClass.admit?.(admissionRequest('CREATE', 'ingresses.networking.k8s.io', ingress), context)
    expect(ingress['spec'].ingressClassName).toBe('a')
  })
})

describe('StorageObjectInUseProtection', () => {
  it.each([
    ['persistentvolumeclaims', 'kubernetes.io/pvc-protection'],
    ['persistentvolumes', 'kubernetes.io/pv-protection'],
    ['volumeattributesclasses.storage.k8s.io', 'kubernetes.io/vac-protection'],
  ])('protects %s, once', (resource, finalizer) => {
    const it = object('X', 'x')
    for (let i = 0; i < 2; i++)
      storageObjectInUseProtection.admit?.(admissionRequest('CREATE', resource, it), fakeWriteContext())
    expect(it.metadata.finalizers).toEqual([finalizer])
  })
})

describe('TaintNodesByCondition', () => {
  it('taints a new node, once', () => {
    const node = object('Node', 'n')
    for (let i = 0; i < 2; i++)
      taintNodesByCondition.admit?.(admissionRequest('CREATE', 'nodes', node), fakeWriteContext())
    expect(node['spec'].taints).toEqual([{ key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' }])
  })
})

describe('PersistentVolumeClaimResize', () => {
  const claim = (storage: string, phase: string): DynamicObject =>
    object('PersistentVolumeClaim', 'c', {
      spec: { storageClassName: 's', resources: { requests: { storage } } },
      status: { phase },
    })
  function grow(phase: string, allowVolumeExpansion: boolean): void {
    const context = fakeWriteContext()
    const storageClass = { apiVersion: 'v1', kind: 'StorageClass', metadata: { name: 's' }, allowVolumeExpansion }
    context.put('storageclasses.storage.k8s.io', storageClass)
    const more = { old: claim('1Gi', phase) }
    const request = admissionRequest('UPDATE', 'persistentvolumeclaims', claim('2Gi', phase), more)
    persistentVolumeClaimResize.validate?.(request, context)
  }

  it('lets a bound claim of an expandable class grow, and no other', () => {
    expect(() => grow('Bound', true)).not.toThrow()
    expect(() => grow('Pending', true)).toThrow('Only bound persistent volume claims can be expanded')
    expect(() => grow('Bound', false)).toThrow('only dynamically provisioned pvc can be resized')
  })
})

describe('ResourceQuota', () => {
  function withQuota(hard: Record<string, string>, used: Record<string, string>, spec = {}): FakeWriteContext {
    const context = fakeWriteContext()
    context.put('resourcequotas', object('ResourceQuota', 'q', { spec: { hard, ...spec }, status: { hard, used } }))
    return context
  }
  const pod = (limits?: Record<string, string>): DynamicObject =>
    object('Pod', 'p', { spec: { containers: [{ name: 'c', ...(limits ? { resources: { limits } } : {}) }] } })
  const create = async (resource: string, it: DynamicObject, context: FakeWriteContext): Promise<void> => {
    await resourceQuota.validate?.(admissionRequest('CREATE', resource, it), context)
  }

  it.each([
    [pod(), 'pods', 'pods "p" is forbidden: failed quota: q: must specify limits.cpu for: c'],
    [
      pod({ cpu: '2' }),
      'pods',
      'pods "p" is forbidden: exceeded quota: q, requested: limits.cpu=2, used: limits.cpu=0, limited: limits.cpu=1',
    ],
    [
      object('ConfigMap', 'c'),
      'configmaps',
      'configmaps "c" is forbidden: status unknown for quota: q, resources: configmaps',
    ],
  ])('refuses as the real server words it', async (it, resource, why) => {
    const context = withQuota({ pods: '1', 'limits.cpu': '1', configmaps: '1' }, { pods: '0', 'limits.cpu': '0' })
    await expect(create(resource, it, context)).rejects.toThrow(why)
  })

  it('counts what it lets through', async () => {
    const context = withQuota({ pods: '2', 'limits.cpu': '1' }, { pods: '1', 'limits.cpu': '250m' })
    await create('pods', pod({ cpu: '500m' }), context)
    expect(
      context.written.map(({ verb, resource, subresource, object: it }) => [
        verb,
        resource,
        subresource,
        it['status'].used,
      ]),
    ).toEqual([['update', 'resourcequotas', 'status', { pods: '2', 'limits.cpu': '750m' }]])
  })

  it('counts nothing in a dry run, and nothing that the quota does not name', async () => {
    const context = withQuota({ pods: '2' }, { pods: '0' })
    await create('pods', pod(), { ...context, dryRun: true })
    await create('secrets', object('Secret', 's'), context)
    expect(context.written).toEqual([])
  })

  it('leaves out what is not in its scope', async () => {
    const context = withQuota({ pods: '0' }, { pods: '0' }, { scopes: ['Terminating'] })
    await create('pods', pod(), context)
    const short = pod()
    short['spec'].activeDeadlineSeconds = 5
    await expect(create('pods', short, context)).rejects.toThrow('exceeded quota: q')
  })

  it('enforces nothing before the controller has filled the status', async () => {
    const context = fakeWriteContext()
    context.put('resourcequotas', object('ResourceQuota', 'q', { spec: { hard: { pods: '0' } }, status: {} }))
    await create('pods', pod(), context)
    expect(context.written).toEqual([])
  })
})
