/** What a failed pod means for its Job, and which indexes suffice; pure. Mirrors pkg/controller/job/{pod_failure_policy,success_policy}.go. */
import type {
  PodFailurePolicy,
  PodFailurePolicyOnExitCodesRequirement,
  PodFailurePolicyRule,
  SuccessPolicy,
} from '../../types/batch-v1.ts'
import type { ContainerStatus, Pod } from '../../types/core-v1.ts'
import { countCommon, countIndexes, type Indexes, parseIndexes } from './intervals.ts'

export interface FailureVerdict {
  /** The failure counts towards backoffLimit. */
  counts: boolean
  action?: PodFailurePolicyRule['action']
  /** Why the Job fails because of it. */
  message?: string
}

/** The first rule that matches decides. */
export function podFailureVerdict(policy: PodFailurePolicy | undefined, pod: Pod): FailureVerdict {
  for (const [index, rule] of (policy?.rules ?? []).entries()) {
    const cause = rule.onExitCodes ? exitCause(rule.onExitCodes, pod) : conditionCause(rule, pod)
    if (cause === undefined) continue
    const { action } = rule
    if (action === 'Ignore') return { counts: false, action }
    if (action === 'FailJob')
      return { counts: true, action, message: `${cause} matching FailJob rule at index ${index}` }
    return { counts: true, action }
  }
  return { counts: true }
}

function exitCause(rule: PodFailurePolicyOnExitCodesRequirement, { metadata, status }: Pod): string | undefined {
  const matches = ({ name, state }: ContainerStatus): boolean => {
    const exitCode = state?.terminated?.exitCode
    if (!exitCode || (rule.containerName !== undefined && rule.containerName !== name)) return false
    return rule.values.includes(exitCode) === (rule.operator === 'In')
  }
  const found = status?.containerStatuses?.find(matches) ?? status?.initContainerStatuses?.find(matches)
  if (!found) return undefined
  const pod = `${metadata.namespace}/${metadata.name}`
  return `Container ${found.name} for pod ${pod} failed with exit code ${found.state?.terminated?.exitCode}`
}

function conditionCause({ onPodConditions }: PodFailurePolicyRule, { metadata, status }: Pod): string | undefined {
  const found = status?.conditions?.find((condition) =>
    onPodConditions?.some((pattern) => pattern.type === condition.type && pattern.status === condition.status),
  )
  return found && `Pod ${metadata.namespace}/${metadata.name} has condition ${found.type}`
}

/** Why the Job succeeded before all indexes did, or undefined. */
export function successMessage(
  policy: SuccessPolicy | undefined,
  completions: number,
  succeeded: Indexes,
): string | undefined {
  if (!policy || succeeded.length === 0) return undefined
  for (const [index, { succeededIndexes, succeededCount }] of policy.rules.entries()) {
    if (succeededIndexes !== undefined) {
      const required = parseIndexes(succeededIndexes, completions)
      if (required.length === 0) continue
      const common = countCommon(required, succeeded)
      const enough = succeededCount !== undefined && common >= succeededCount
      if (enough || common === countIndexes(required)) return `Matched rules at index ${index}`
    } else if (succeededCount !== undefined && countIndexes(succeeded) >= succeededCount) {
      return `Matched rules at index ${index}`
    }
  }
  return undefined
}
