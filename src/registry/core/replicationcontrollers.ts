/** ReplicationControllers. Mirrors pkg/registry/core/replicationcontroller/strategy.go and storage/storage.go (scale). */

import { type FieldError, forbidden, invalid, notSupported, required } from '../../apimachinery/field-error.ts'
import { selectorFromLabels } from '../../apimachinery/labels.ts'
import type { DynamicObject } from '../../apimachinery/meta.ts'
import { isDns1123Label } from '../../apimachinery/names.ts'
import { asSent } from '../../apimachinery/schema/emptied.ts'
import type { ReplicationController } from '../../types/core-v1.ts'
import { declaredLongName } from '../declarative.ts'
import { defineResource, type Projection } from '../definition.ts'
import { validateNonnegative } from '../validation.ts'
import { ageCell, containerCells, labelsCell } from './cells.ts'
import { validatePodTemplateSpec } from './pod-template.validation.ts'
import { templateWarnings } from './pods.warnings.ts'

export const replicationcontrollers = defineResource<ReplicationController>('v1', 'replicationcontrollers', {
  // A declared rule of the name: what it is generated from is not looked at.
  validateName: (name, prefix) => (prefix ? [] : declaredLongName(name, '').map(({ detail }) => detail)),
  validate: validateController,
  warnings(controller, old) {
    // On updates upstream looks at the old template.
    const template = (old ?? controller).spec?.template
    const messages = old ? [] : isDns1123Label(controller.metadata.name ?? '')
    const lead =
      'metadata.name: this is used in Pod names and hostnames, which can result in surprising behavior; a DNS label is recommended'
    const name = messages.length ? [`${lead}: [${messages.join(' ')}]`] : []
    return [...name, ...templateWarnings(template, 'spec.template', controller, old)]
  },
  selectableFields: { 'status.replicas': (controller) => String(controller.status?.replicas ?? 0) },
  row(controller, { now }) {
    const [names, images] = containerCells(controller.spec?.template?.spec?.containers)
    return [
      controller.metadata.name ?? '',
      controller.spec?.replicas ?? 0,
      controller.status?.replicas ?? 0,
      controller.status?.readyReplicas ?? 0,
      ageCell(controller.metadata.creationTimestamp, now),
      names,
      images,
      labelsCell(controller.spec?.selector),
    ]
  },
  subresources: {
    status: { validateUpdate: (controller) => validateReplicaCounts(controller.status ?? {}, 'status') },
    scale: { projection: scaleProjection() },
  },
})

function validateController({ spec = {} }: ReplicationController): FieldError[] {
  const errors: FieldError[] = []
  if (Object.keys(spec.selector ?? {}).length === 0) errors.push(required('spec.selector'))
  errors.push(...validateTemplate(spec))
  // These two are checked by declarative rules, whose errors come last.
  if (spec.replicas === undefined) errors.push(required('spec.replicas'))
  errors.push(...validateNonnegative(spec.replicas, 'spec.replicas'))
  return [...errors, ...validateNonnegative(spec.minReadySeconds, 'spec.minReadySeconds')]
}

function validateTemplate({ selector = {}, template }: NonNullable<ReplicationController['spec']>): FieldError[] {
  const path = 'spec.template'
  if (!template) return [required(path)]
  const errors: FieldError[] = []
  const labels = template.metadata?.labels ?? {}
  if (Object.keys(selector).length > 0 && !selectorFromLabels(selector).matches(labels)) {
    errors.push(invalid(`${path}.metadata.labels`, asSent(template.metadata, 'labels'), SELECTOR_MISMATCH))
  }
  errors.push(...validatePodTemplateSpec(template, path))
  const policy = template.spec?.restartPolicy ?? ''
  if (policy !== 'Always') errors.push(notSupported(`${path}.spec.restartPolicy`, policy, ['Always']))
  if (template.spec?.activeDeadlineSeconds !== undefined) {
    const detail = 'activeDeadlineSeconds in ReplicationController is not Supported'
    errors.push(forbidden(`${path}.spec.activeDeadlineSeconds`, detail))
  }
  return errors
}

const SELECTOR_MISMATCH = '`selector` does not match template `labels`'

interface ReplicaCounts {
  replicas?: number
  fullyLabeledReplicas?: number
  readyReplicas?: number
  availableReplicas?: number
  observedGeneration?: number
}

/** Shared with replica sets: no count is negative, none is above the whole, and none is available that is not ready. */
export function validateReplicaCounts(status: ReplicaCounts, path: string): FieldError[] {
  const errors: FieldError[] = []
  const { replicas = 0, readyReplicas: ready = 0, availableReplicas: available = 0 } = status
  const parts = ['fullyLabeledReplicas', 'readyReplicas', 'availableReplicas'] as const
  for (const name of ['replicas', ...parts, 'observedGeneration'] as const) {
    errors.push(...validateNonnegative(status[name], `${path}.${name}`))
  }
  for (const name of parts) {
    const count = status[name] ?? 0
    if (count > replicas) errors.push(invalid(`${path}.${name}`, count, 'cannot be greater than status.replicas'))
  }
  if (available > ready) {
    errors.push(invalid(`${path}.availableReplicas`, available, 'cannot be greater than readyReplicas'))
  }
  return errors
}

function scaleProjection(): Projection<ReplicationController> {
  return {
    read({ metadata, spec, status }): DynamicObject {
      const { name, namespace, uid, resourceVersion, creationTimestamp } = metadata
      const selector = selectorFromLabels(spec?.selector ?? {}).toString()
      return {
        kind: 'Scale',
        apiVersion: 'autoscaling/v1',
        metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
        spec: spec?.replicas ? { replicas: spec.replicas } : {},
        status: { replicas: status?.replicas ?? 0, ...(selector ? { selector } : {}) },
      }
    },
    write: (view, old) => ({ ...old, spec: { ...old.spec, replicas: view.spec?.replicas ?? 0 } }),
    validate: (view) => validateNonnegative(view.spec?.replicas, 'spec.replicas'),
  }
}
