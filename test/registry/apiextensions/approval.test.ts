import { describe, expect, it } from 'vitest'
import { approvalCondition } from '../../../src/registry/apiextensions/approval.ts'
import type { CustomResourceDefinition } from '../../../src/registry/apiextensions/crd.ts'

const definition = (group: string, annotation?: string, conditions: object[] = []): CustomResourceDefinition =>
  ({
    metadata: { name: 'x', annotations: annotation === undefined ? {} : { 'api-approved.kubernetes.io': annotation } },
    spec: { group },
    status: { conditions },
  }) as unknown as CustomResourceDefinition

describe('the approval of definitions of the community', () => {
  it.each([
    ['https://github.com/x/pull/1', 'True', 'ApprovedAnnotation', 'approved in https://github.com/x/pull/1'],
    ['unapproved, experimental', 'False', 'UnapprovedAnnotation', 'not approved: "unapproved, experimental"'],
    ['x', 'False', 'InvalidAnnotation', /either a URL or a reason starting with "unapproved", see /],
    [undefined, 'False', 'MissingAnnotation', /^protected groups must have approval annotation /],
  ])('%s is %s', (annotation, status, reason, message) => {
    const condition = approvalCondition(definition('gateway.networking.k8s.io', annotation))
    expect(condition).toEqual({
      type: 'KubernetesAPIApprovalPolicyConformant',
      status,
      reason,
      message: expect.anything(),
    })
    expect(condition?.message).toMatch(message)
  })

  it('is no business of other groups, and written once', () => {
    expect(approvalCondition(definition('example.com'))).toBeUndefined()
    const url = 'https://a/b'
    const first = approvalCondition(definition('k8s.io', url)) as object
    expect(approvalCondition(definition('k8s.io', url, [first]))).toBeUndefined()
  })
})
