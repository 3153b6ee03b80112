/** Groups of the Kubernetes community say who approved their definitions. Mirrors apiextensions-apiserver/pkg/{apihelpers,controller/apiapproval}. */
import { quote } from '../../apimachinery/go-text.ts'
import { type Condition, type CustomResourceDefinition, conditionOf } from './crd.ts'

export const APPROVED = 'api-approved.kubernetes.io'
const SEE = 'see https://github.com/kubernetes/enhancements/pull/1111'

export const isProtectedGroup = (group: string): boolean => /(^|\.)(k8s|kubernetes)\.io$/.test(group)

export type Approval = 'Missing' | 'Unapproved' | 'Approved' | 'Invalid'

/** What the annotation says, and the text about it. */
export function approvalIn({ metadata }: CustomResourceDefinition): [Approval, string] {
  const value = metadata.annotations?.[APPROVED] ?? ''
  const lead = `protected groups must have approval annotation ${quote(APPROVED)}`
  if (value === '') return ['Missing', `${lead}, ${SEE}`]
  if (value.startsWith('unapproved')) return ['Unapproved', `not approved: ${quote(value)}`]
  if (/^[a-z][a-z0-9+.-]*:\/\/[^/\s]+/i.test(value)) return ['Approved', `approved in ${value}`]
  return ['Invalid', `${lead} with either a URL or a reason starting with "unapproved", ${SEE}`]
}

/** The condition that the definition lacks or has otherwise; undefined: nothing is to be written. */
export function approvalCondition(crd: CustomResourceDefinition): Condition | undefined {
  if (!isProtectedGroup(crd.spec.group)) return undefined
  const [approval, message] = approvalIn(crd)
  const type = 'KubernetesAPIApprovalPolicyConformant'
  const wanted = { type, status: approval === 'Approved' ? 'True' : 'False', reason: `${approval}Annotation`, message }
  const old = conditionOf(crd, type)
  const same = old?.status === wanted.status && old.reason === wanted.reason && old.message === wanted.message
  return same ? undefined : wanted
}
