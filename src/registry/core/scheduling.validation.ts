/** Where a pod may run: affinity, tolerations, spreading. Mirrors pkg/apis/core/validation/validation.go (validateAffinity, ValidateTolerations, validateTopologySpreadConstraints). */
import {
  child,
  duplicate,
  type FieldError,
  forbidden,
  index,
  invalid,
  notSupported,
  required,
} from '../../apimachinery/field-error.ts'
import type { LabelSelector } from '../../apimachinery/meta.ts'
import { isDns1123Label, isDns1123Subdomain, isLabelValue } from '../../apimachinery/names.ts'
import type {
  Affinity,
  NodeSelector,
  NodeSelectorRequirement,
  NodeSelectorTerm,
  PodAffinityTerm,
  Toleration,
  TopologySpreadConstraint,
} from '../../types/core-v1.ts'
import {
  invalids,
  validateEnum,
  validateLabelSelector,
  validatePositive,
  validateQualifiedName,
} from '../validation.ts'

/** In upstream's order, as both tolerations and taints print them. */
export const TAINT_EFFECTS = ['NoSchedule', 'PreferNoSchedule', 'NoExecute']
const REQUIRED = 'requiredDuringSchedulingIgnoredDuringExecution'
const PREFERRED = 'preferredDuringSchedulingIgnoredDuringExecution'
const UNSATISFIABLE = ['DoNotSchedule', 'ScheduleAnyway']
const INCLUSION = ['Honor', 'Ignore']
const NO_SELECTOR = 'must not be specified when labelSelector is not set'

export function validateAffinity(affinity: Affinity | undefined, path: string): FieldError[] {
  const errors: FieldError[] = []
  const { nodeAffinity: node } = affinity ?? {}
  if (node) {
    const at = child(path, 'nodeAffinity')
    if (node[REQUIRED]) errors.push(...validateNodeSelector(node[REQUIRED], child(at, REQUIRED)))
    node[PREFERRED]?.forEach((term, i) => {
      const termPath = index(child(at, PREFERRED), i)
      errors.push(...validateWeight(term.weight, termPath))
      // Values that are no label values are let through here: they simply never match.
      errors.push(...validateNodeSelectorTerm(term.preference, child(termPath, 'preference'), false))
    })
  }
  for (const name of ['podAffinity', 'podAntiAffinity'] as const) {
    const pods = affinity?.[name]
    const at = child(path, name)
    pods?.[REQUIRED]?.forEach((term, i) => {
      errors.push(...validatePodAffinityTerm(term, index(child(at, REQUIRED), i)))
    })
    pods?.[PREFERRED]?.forEach((term, i) => {
      const termPath = index(child(at, PREFERRED), i)
      errors.push(...validateWeight(term.weight, termPath))
      errors.push(...validatePodAffinityTerm(term.podAffinityTerm, child(termPath, 'podAffinityTerm')))
    })
  }
  return errors
}

function validateWeight(weight: number | undefined, path: string): FieldError[] {
  const value = weight ?? 0
  return value <= 0 || value > 100 ? [invalid(child(path, 'weight'), value, 'must be in the range 1-100')] : []
}

export function validateNodeSelector(selector: NodeSelector, path: string): FieldError[] {
  const at = child(path, 'nodeSelectorTerms')
  if (!selector.nodeSelectorTerms?.length) return [required(at, 'must have at least one node selector term')]
  return selector.nodeSelectorTerms.flatMap((term, i) => validateNodeSelectorTerm(term, index(at, i), true))
}

function validateNodeSelectorTerm(term: NodeSelectorTerm | undefined, path: string, strict: boolean): FieldError[] {
  const errors: FieldError[] = []
  term?.matchExpressions?.forEach((requirement, i) => {
    const at = index(child(path, 'matchExpressions'), i)
    errors.push(
      ...validateNodeSelectorOperator(requirement, at),
      ...validateQualifiedName(requirement.key ?? '', child(at, 'key')),
    )
    if (!strict) return
    requirement.values?.forEach((value, v) => {
      errors.push(...invalids(index(child(at, 'values'), v), value, isLabelValue(value)))
    })
  })
  term?.matchFields?.forEach((requirement, i) => {
    errors.push(...validateNodeFieldRequirement(requirement, index(child(path, 'matchFields'), i)))
  })
  return errors
}

function validateNodeSelectorOperator({ operator, values }: NodeSelectorRequirement, path: string): FieldError[] {
  const count = values?.length ?? 0
  const field = child(path, 'values')
  switch (operator) {
    case 'In':
    case 'NotIn':
      return count > 0 ? [] : [required(field, "must be specified when `operator` is 'In' or 'NotIn'")]
    case 'Exists':
    case 'DoesNotExist':
      return count === 0 ? [] : [forbidden(field, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'")]
    case 'Gt':
    case 'Lt':
      return count === 1 ? [] : [required(field, "must be specified single value when `operator` is 'Lt' or 'Gt'")]
    default:
      return [invalid(child(path, 'operator'), operator ?? '', 'not a valid selector operator')]
  }
}

function validateNodeFieldRequirement(requirement: NodeSelectorRequirement, path: string): FieldError[] {
  const errors: FieldError[] = []
  const { key, operator, values = [] } = requirement
  if (operator !== 'In' && operator !== 'NotIn') {
    errors.push(invalid(child(path, 'operator'), operator ?? '', 'not a valid selector operator'))
  } else if (values.length !== 1) {
    const detail = "must be only one value when `operator` is 'In' or 'NotIn' for node field selector"
    errors.push(required(child(path, 'values'), detail))
  }
  if (key !== 'metadata.name') errors.push(invalid(child(path, 'key'), key ?? '', 'not a valid field selector key'))
  else {
    values.forEach((value, i) => {
      errors.push(...invalids(index(child(path, 'values'), i), value, isDns1123Subdomain(value)))
    })
  }
  return errors
}

function validatePodAffinityTerm(term: PodAffinityTerm, path: string): FieldError[] {
  const errors = [
    ...validateLabelSelector(term.labelSelector, child(path, 'labelSelector')),
    ...validateLabelSelector(term.namespaceSelector, child(path, 'namespaceSelector')),
  ]
  for (const namespace of term.namespaces ?? []) {
    errors.push(...invalids(child(path, 'namespace'), namespace, isDns1123Label(namespace)))
  }
  errors.push(...validateLabelKeys(term.matchLabelKeys, term.labelSelector, child(path, 'matchLabelKeys')))
  errors.push(...validateLabelKeys(term.mismatchLabelKeys, term.labelSelector, child(path, 'mismatchLabelKeys')))
  errors.push(...validateKeysApart(term, path))
  const topologyKey = term.topologyKey ?? ''
  if (!topologyKey) errors.push(required(child(path, 'topologyKey'), 'can not be empty'))
  return [...errors, ...validateQualifiedName(topologyKey, child(path, 'topologyKey'))]
}

function validateLabelKeys(
  keys: readonly string[] | undefined,
  selector: LabelSelector | undefined,
  path: string,
): FieldError[] {
  if (!keys?.length) return []
  if (!selector) return [forbidden(path, NO_SELECTOR)]
  return keys.flatMap((key, i) => validateQualifiedName(key, index(path, i)))
}

function validateKeysApart(term: PodAffinityTerm, path: string): FieldError[] {
  const detail = 'exists in both matchLabelKeys and mismatchLabelKeys'
  return (term.matchLabelKeys ?? []).flatMap((key, i) =>
    term.mismatchLabelKeys?.includes(key) ? [invalid(index(child(path, 'matchLabelKeys'), i), key, detail)] : [],
  )
}

export function validateTolerations(tolerations: readonly Toleration[] | undefined, path: string): FieldError[] {
  return (tolerations ?? []).flatMap((toleration, i) => validateToleration(toleration, index(path, i)))
}

function validateToleration(toleration: Toleration, path: string): FieldError[] {
  const errors: FieldError[] = []
  const { key = '', operator = '', value = '', effect = '', tolerationSeconds } = toleration
  const operatorPath = child(path, 'operator')
  if (key) errors.push(...validateQualifiedName(key, child(path, 'key')))
  else if (operator !== 'Exists') {
    const detail = 'operator must be Exists when `key` is empty, which means "match all values and all keys"'
    errors.push(invalid(operatorPath, operator, detail))
  }
  if (tolerationSeconds !== undefined && effect !== 'NoExecute') {
    errors.push(invalid(child(path, 'effect'), effect, "effect must be 'NoExecute' when `tolerationSeconds` is set"))
  }
  if (operator === 'Equal' || operator === '') {
    const messages = isLabelValue(value)
    if (messages.length) errors.push(invalid(operatorPath, value, messages.join(';')))
  } else if (operator === 'Exists') {
    if (value) errors.push(invalid(operatorPath, value, "value must be empty when `operator` is 'Exists'"))
  } else if (operator === 'Lt' || operator === 'Gt') {
    errors.push(notSupported(operatorPath, operator, ['Equal', 'Exists', 'Lt', 'Gt']))
  } else {
    errors.push(notSupported(operatorPath, operator, ['Equal', 'Exists']))
  }
  if (effect) errors.push(...validateEnum(effect, TAINT_EFFECTS, child(path, 'effect')))
  return errors
}

export function validateTopologySpread(
  constraints: readonly TopologySpreadConstraint[] | undefined,
  path: string,
): FieldError[] {
  const errors: FieldError[] = []
  constraints?.forEach((constraint, i) => {
    const at = index(path, i)
    const { topologyKey, whenUnsatisfiable = '', minDomains } = constraint
    errors.push(...validatePositive(constraint.maxSkew ?? 0, child(at, 'maxSkew')))
    if (!topologyKey) errors.push(required(child(at, 'topologyKey'), 'can not be empty'))
    if (!UNSATISFIABLE.includes(whenUnsatisfiable)) {
      errors.push(notSupported(child(at, 'whenUnsatisfiable'), whenUnsatisfiable, UNSATISFIABLE))
    }
    const rest = constraints.slice(i + 1)
    if (rest.some((one) => one.topologyKey === topologyKey && one.whenUnsatisfiable === whenUnsatisfiable)) {
      errors.push(duplicate(child(at, '{topologyKey, whenUnsatisfiable}'), `{${topologyKey}, ${whenUnsatisfiable}}`))
    }
    if (minDomains !== undefined) {
      errors.push(...validatePositive(minDomains, child(at, 'minDomains')))
      if (whenUnsatisfiable !== 'DoNotSchedule') {
        const detail = `can only use minDomains if whenUnsatisfiable=DoNotSchedule, not ${whenUnsatisfiable}`
        errors.push(invalid(child(at, 'minDomains'), minDomains, detail))
      }
    }
    for (const name of ['nodeAffinityPolicy', 'nodeTaintsPolicy'] as const) {
      const policy = constraint[name]
      if (policy !== undefined && !INCLUSION.includes(policy))
        errors.push(notSupported(child(at, name), policy, INCLUSION))
    }
    errors.push(...validateLabelKeys(constraint.matchLabelKeys, constraint.labelSelector, child(at, 'matchLabelKeys')))
    errors.push(...validateLabelSelector(constraint.labelSelector, child(at, 'labelSelector')))
  })
  return errors
}
