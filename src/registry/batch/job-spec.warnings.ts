/** What a Job's spec is warned about. Mirrors pkg/api/job/warnings.go. */
import type { DynamicObject, KubeObject } from '../../apimachinery/meta.ts'
import { templateWarnings } from '../core/pods.warnings.ts'

const MANY_COMPLETIONS = 100_000
const MANY_AT_ONCE = 10_000
const HARD_TO_TRACK =
  'In Indexed Jobs with a number of completions higher than 10^5 and a parallelism higher than 10^4, Kubernetes might not be able to track completedIndexes when a big number of indexes fail'

/** On updates only where the generation rose. */
export function jobSpecWarnings(
  spec: DynamicObject['spec'],
  path: string,
  object: KubeObject,
  old: KubeObject | undefined,
): string[] {
  if (!spec || (old && old.metadata.generation === object.metadata.generation)) return []
  const { completionMode, completions = 0, parallelism = 0, template } = spec
  const many = completionMode === 'Indexed' && completions > MANY_COMPLETIONS && parallelism > MANY_AT_ONCE
  return [
    ...(many ? [`${path}: ${HARD_TO_TRACK}`] : []),
    ...templateWarnings(template, `${path}.template`, object, old),
  ]
}
