import { describe, expect, it } from 'vitest'
import type { StatusError } from '../../../src/apimachinery/errors.ts'
import type { DynamicObject } from '../../../src/apimachinery/meta.ts'
import { namespaceLifecycle } from '../../../src/registry/admission/namespace-lifecycle.ts'
import { admissionRequest, chainOf } from '../../support/admission-request.ts'
import { fakeWriteContext } from '../../support/write-context.ts'

const namespace = (name: string, phase = 'Active'): DynamicObject => ({
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: { name },
  status: { phase },
})
const configMap: DynamicObject = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c', namespace: 'ns' } }

function refusal(run: () => unknown): StatusError['status'] {
  try {
    run()
  } catch (error) {
    return (error as StatusError).status
  }
  throw new Error('was not refused')
}

describe('NamespaceLifecycle', () => {
  it('answers 404 for the namespace when something is created in a namespace that is not there', () => {
    const request = admissionRequest('CREATE', 'configmaps', configMap)
    expect(refusal(() => namespaceLifecycle.admit?.(request, fakeWriteContext()))).toEqual({
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: 'namespaces "ns" not found',
      reason: 'NotFound',
      details: { name: 'ns', kind: 'namespaces' },
      code: 404,
    })
  })

  it('answers 403 with the NamespaceTerminating cause when the namespace is going away', () => {
    const context = fakeWriteContext()
    context.put('namespaces', namespace('ns', 'Terminating'))
    expect(
      refusal(() => namespaceLifecycle.admit?.(admissionRequest('CREATE', 'configmaps', configMap), context)),
    ).toEqual({
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message:
        'configmaps "c" is forbidden: unable to create new content in namespace ns because it is being terminated',
      reason: 'Forbidden',
      details: {
        name: 'c',
        kind: 'configmaps',
        causes: [
          { reason: 'NamespaceTerminating', message: 'namespace ns is being terminated', field: 'metadata.namespace' },
        ],
      },
      code: 403,
    })
  })

  it('lets updates and deletes through in a terminating namespace', () => {
    const context = fakeWriteContext()
    context.put('namespaces', namespace('ns', 'Terminating'))
    for (const operation of ['UPDATE', 'DELETE'] as const) {
      const request = admissionRequest(operation, 'configmaps', configMap)
      expect(chainOf(namespaceLifecycle).admit(request, context)).toBeUndefined()
    }
  })

  it('says nothing about a missing namespace to who asks for permissions in it', () => {
    const review = {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'LocalSubjectAccessReview',
      metadata: { namespace: 'x' },
    }
    const request = admissionRequest('CREATE', 'localsubjectaccessreviews.authorization.k8s.io', review)
    expect(namespaceLifecycle.admit?.(request, fakeWriteContext())).toBeUndefined()
  })

  it.each(['default', 'kube-system', 'kube-public'])('keeps the namespace %s', (name) => {
    const request = admissionRequest('DELETE', 'namespaces', namespace(name))
    const { message, code } = refusal(() => namespaceLifecycle.admit?.(request, fakeWriteContext()))
    expect({ message, code }).toEqual({
      message: `namespaces "${name}" is forbidden: this namespace may not be deleted`,
      code: 403,
    })
  })

  it('lets any other namespace be deleted', () => {
    const request = admissionRequest('DELETE', 'namespaces', namespace('kube-node-lease'))
    expect(namespaceLifecycle.admit?.(request, fakeWriteContext())).toBeUndefined()
  })
})
