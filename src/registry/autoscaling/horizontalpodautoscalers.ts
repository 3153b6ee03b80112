/** horizontalpodautoscalers, in v2 and in v1 (one store, two doors). Mirrors pkg/registry/autoscaling/horizontalpodautoscaler/strategy.go. */
import { child, type FieldError, invalid, notSupported, required } from '../../apimachinery/field-error.ts'
import type { DynamicObject } from '../../apimachinery/meta.ts'
import { parseQuantity, quantitySign } from '../../apimachinery/quantity.ts'
import { validateCounts } from '../apps/workload.validation.ts'
import { defineResource, type ResourceHooks } from '../definition.ts'
import { rulesOfStoredForm } from '../stored-form.ts'
import { NEGATIVE, NOT_POSITIVE } from '../validation.ts'
import { autoscalerFromV1, autoscalerToV1 } from './conversion.ts'
import { validateMetrics } from './metrics.validation.ts'
import { validateTargetReference } from './reference.validation.ts'
import { autoscalerRow } from './row.ts'

type Spec = DynamicObject['spec']

const MAX_STABILIZATION_SECONDS = 3600
const MAX_PERIOD_SECONDS = 1800
const SELECT_POLICIES = ['Disabled', 'Max', 'Min']
const POLICY_TYPES = ['Percent', 'Pods']

const hooks: ResourceHooks = {
  prepareForCreate(autoscaler) {
    autoscaler['status'] = { desiredReplicas: 0, currentMetrics: null }
  },
  validate: ({ spec }) => validateSpec(spec),
  validateUpdate: ({ spec }) => validateSpec(spec),
  row: autoscalerRow,
  subresources: {
    status: {
      validateUpdate: ({ status }) => validateCounts(status, 'status', ['currentReplicas', 'desiredReplicas']),
    },
  },
}

export const horizontalpodautoscalers = defineResource('autoscaling/v2', 'horizontalpodautoscalers', hooks)

export const horizontalpodautoscalersV1 = defineResource('autoscaling/v1', 'horizontalpodautoscalers', {
  ...rulesOfStoredForm(hooks, 'autoscaling/v2', { toStored: autoscalerFromV1, fromStored: autoscalerToV1 }),
  prepareForCreate(autoscaler) {
    autoscaler['status'] = { currentReplicas: 0, desiredReplicas: 0 }
  },
})

function validateSpec(spec: Spec): FieldError[] {
  const { minReplicas, maxReplicas = 0, scaleTargetRef = {} } = spec
  const errors: FieldError[] = []
  if (minReplicas !== undefined && maxReplicas < minReplicas) {
    errors.push(invalid('spec.maxReplicas', maxReplicas, 'must be greater than or equal to `minReplicas`'))
  }
  errors.push(
    ...validateTargetReference(scaleTargetRef, 'spec.scaleTargetRef', false),
    ...validateMetrics(spec.metrics ?? [], minReplicas, 'spec.metrics'),
    ...validateScalingRules(spec.behavior?.scaleUp, 'spec.behavior.scaleUp'),
    ...validateScalingRules(spec.behavior?.scaleDown, 'spec.behavior.scaleDown'),
  )
  if (minReplicas < 0) errors.push(invalid('spec.minReplicas', minReplicas, NEGATIVE))
  if (maxReplicas === 0) errors.push(required('spec.maxReplicas'))
  if (maxReplicas < 0) errors.push(invalid('spec.maxReplicas', maxReplicas, 'must be greater than or equal to 1'))
  return errors
}

function validateScalingRules(rules: Spec, path: string): FieldError[] {
  if (!rules) return []
  const { stabilizationWindowSeconds: seconds, selectPolicy, policies = [], tolerance } = rules
  const errors: FieldError[] = []
  const at = child(path, 'stabilizationWindowSeconds')
  if (seconds < 0) errors.push(invalid(at, seconds, 'must be greater than or equal to zero'))
  if (seconds > MAX_STABILIZATION_SECONDS) {
    errors.push(invalid(at, seconds, `must be less than or equal to ${MAX_STABILIZATION_SECONDS}`))
  }
  if (selectPolicy !== undefined && !SELECT_POLICIES.includes(selectPolicy)) {
    errors.push(notSupported(child(path, 'selectPolicy'), selectPolicy, SELECT_POLICIES))
  }
  if (policies.length === 0) errors.push(required(child(path, 'policies'), 'must specify at least one Policy'))
  policies.forEach((policy: Spec, i: number) => {
    errors.push(...validatePolicy(policy, `${path}.policies[${i}]`))
  })
  if (tolerance !== undefined && quantitySign(parseQuantity(String(tolerance))) < 0) {
    errors.push(invalid(child(path, 'tolerance'), tolerance, NEGATIVE))
  }
  return errors
}

function validatePolicy({ type = '', value = 0, periodSeconds = 0 }: Spec, path: string): FieldError[] {
  const errors: FieldError[] = []
  if (!POLICY_TYPES.includes(type)) errors.push(notSupported(child(path, 'type'), type, POLICY_TYPES))
  if (value <= 0) errors.push(invalid(child(path, 'value'), value, NOT_POSITIVE))
  if (periodSeconds <= 0) errors.push(invalid(child(path, 'periodSeconds'), periodSeconds, NOT_POSITIVE))
  if (periodSeconds > MAX_PERIOD_SECONDS) {
    const why = `must be less than or equal to ${MAX_PERIOD_SECONDS}`
    errors.push(invalid(child(path, 'periodSeconds'), periodSeconds, why))
  }
  return errors
}
