/** What may change of a Job. Mirrors ValidateJobSpecUpdate of pkg/apis/batch/validation. */

import { deepEqual } from '../../apimachinery/equality.ts'
import { type FieldError, invalid } from '../../apimachinery/field-error.ts'
import type { DynamicObject } from '../../apimachinery/meta.ts'
import { internalForm } from '../../apimachinery/schema/internal-form.ts'
import { IMMUTABLE, validateImmutable, validateImmutableField } from '../validation.ts'
import { hasCondition } from './conditions.ts'
import { validateJobSpec } from './jobs.validation.ts'

/** With the internal type that the message prints, where it is a struct. */
const FIXED = {
  completionMode: '',
  podFailurePolicy: 'batch.PodFailurePolicy',
  backoffLimitPerIndex: '',
  managedBy: '',
  successPolicy: 'batch.SuccessPolicy',
}

type Spec = DynamicObject['spec']

export function validateJobSpecUpdate(job: DynamicObject, old: DynamicObject): FieldError[] {
  const [spec, oldSpec] = [job['spec'], old['spec']]
  return [
    ...validateJobSpec(spec, 'spec'),
    ...validateCompletionsUpdate(spec, oldSpec),
    ...validateImmutable(spec.selector, oldSpec.selector, 'spec.selector'),
    ...validateTemplateUpdate(spec, old),
    ...Object.entries(FIXED).flatMap(([name, type]) =>
      validateImmutableField(spec, oldSpec, name, `spec.${name}`, type),
    ),
  ]
}

/** An indexed job is resized by both at once. */
function validateCompletionsUpdate(spec: Spec, old: Spec): FieldError[] {
  const { completions, parallelism, completionMode } = spec
  if (completionMode !== 'Indexed') return validateImmutable(completions, old.completions, 'spec.completions')
  if (completions === old.completions || completions === undefined || completions === parallelism) return []
  return [invalid('spec.completions', completions, 'can only be modified in tandem with spec.parallelism')]
}

/** A job that is suspended and runs nothing may still be told where to run, and with how much. */
function validateTemplateUpdate(spec: Spec, old: DynamicObject): FieldError[] {
  const { template } = spec
  const oldTemplate = old['spec'].template
  const status = old['status']
  const suspended = old['spec'].suspend === true
  const idle = !status?.startTime || hasCondition(status.conditions, 'Suspended')
  if (!suspended || !idle || (status?.active ?? 0) !== 0) {
    return validateImmutableField(spec, old['spec'], 'template', 'spec.template', 'core.PodTemplateSpec')
  }
  const placed = withPlacementOf(template, oldTemplate)
  const allowed = { ...placed.spec }
  for (const list of ['containers', 'initContainers'])
    allowed[list] = withResourcesOf(template.spec[list], placed.spec[list])
  // Only the pods' specs are compared here: upstream lets labels and annotations of the template be.
  return deepEqual(template.spec, allowed)
    ? []
    : [invalid('spec.template.spec', internalForm('core.PodSpec', template.spec), IMMUTABLE)]
}

/** The old template with the new one's scheduling directives. */
function withPlacementOf(template: Spec, old: Spec): Spec {
  const { nodeSelector, tolerations, schedulingGates, affinity } = template.spec
  const spec = { ...old.spec, nodeSelector, tolerations, schedulingGates }
  const { nodeAffinity: _, ...rest } = old.spec.affinity ?? {}
  const merged = affinity?.nodeAffinity ? { ...rest, nodeAffinity: affinity.nodeAffinity } : rest
  spec.affinity = Object.keys(merged).length > 0 || (affinity && old.spec.affinity) ? merged : affinity
  return { ...old, spec }
}

function withResourcesOf(containers: Spec[] | undefined, old: Spec[] | undefined): Spec[] | undefined {
  if (!old || containers?.length !== old.length) return old
  return old.map((container, i) =>
    containers[i].name === container.name ? { ...container, resources: containers[i].resources } : container,
  )
}
