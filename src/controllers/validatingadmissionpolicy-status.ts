/** Says of policies what their expressions have against the types that they are for. Mirrors kubernetes pkg/controller/validatingadmissionpolicystatus. */
import type { ExpressionWarning, TypeChecking, ValidatingAdmissionPolicy } from '../types/admissionregistration-v1.ts'
import { ignoreNotFound } from './claim.ts'
import { defineController } from './controller.ts'

const POLICIES = 'validatingadmissionpolicies.admissionregistration.k8s.io'

export const validatingAdmissionPolicyStatus = defineController({
  name: 'validatingadmissionpolicy-status',
  component: 'validatingadmissionpolicy-status',
  for: POLICIES,
  async reconcile({ name }, { client, lister, settings }) {
    const policy = lister<ValidatingAdmissionPolicy>(POLICIES).get('', name)
    const { generation = 0 } = policy?.metadata ?? {}
    if (!policy || generation <= (policy.status?.observedGeneration ?? 0)) return
    const warnings = settings.policyWarnings(policy)
    const write = (old: ValidatingAdmissionPolicy): ValidatingAdmissionPolicy => ({
      ...old,
      status: { ...old.status, observedGeneration: generation, typeChecking: typeChecking(old, warnings) },
    })
    await ignoreNotFound(client.modify(POLICIES, '', name, write, { subresource: 'status' }))
  },
})

/** Upstream applies it: what held warnings before goes with the last of them, what held none stays, empty. */
function typeChecking(old: ValidatingAdmissionPolicy, warnings: ExpressionWarning[]): TypeChecking | undefined {
  if (warnings.length > 0) return { expressionWarnings: warnings }
  return old.status?.typeChecking?.expressionWarnings?.length ? undefined : {}
}
