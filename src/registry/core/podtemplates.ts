/** PodTemplates. Mirrors pkg/registry/core/podtemplate/strategy.go. */
import { deepEqual } from '../../apimachinery/equality.ts'
import type { PodTemplate } from '../../types/core-v1.ts'
import { defineResource } from '../definition.ts'
import { containerCells, labelsCell } from './cells.ts'
import { validatePodTemplateSpec } from './pod-template.validation.ts'
import { templateWarnings } from './pods.warnings.ts'

export const podtemplates = defineResource<PodTemplate>('v1', 'podtemplates', {
  validate: (object) => validatePodTemplateSpec(object.template ?? {}, 'template'),
  warnings: (object, old) => templateWarnings(object.template, 'template', object, old),
  generationChanges: (object, old) => !deepEqual(object.template, old.template),
  row({ metadata, template }) {
    return [metadata.name ?? '', ...containerCells(template?.spec?.containers), labelsCell(template?.metadata?.labels)]
  },
})
