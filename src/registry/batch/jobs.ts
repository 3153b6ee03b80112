/** jobs. Mirrors pkg/registry/batch/job/strategy.go. */

import { humanDuration } from '../../apimachinery/duration.ts'
import { deepEqual } from '../../apimachinery/equality.ts'
import type { DynamicObject } from '../../apimachinery/meta.ts'
import { nameWarnings } from '../apps/workload.ts'
import { age, templateCells } from '../cells.ts'
import { defineResource, type RowContext } from '../definition.ts'
import { hasCondition } from './conditions.ts'
import { jobSpecWarnings } from './job-spec.warnings.ts'
import { validateJobStatusUpdate } from './jobs.status.validation.ts'
import { validateJobSpecUpdate } from './jobs.update.validation.ts'
import { validateGeneratedSelector, validateIndexedName, validateJobSpec } from './jobs.validation.ts'

/** In the order in which they count. */
const STATUS_CELLS = ['Suspended', 'FailureTarget', 'SuccessCriteriaMet']

const PRESERVED_PODS =
  'child pods are preserved by default when jobs are deleted; set propagationPolicy=Background to remove them or set propagationPolicy=Orphan to suppress this warning'

export const jobs = defineResource('batch/v1', 'jobs', {
  prepareForCreate(job) {
    const alike = deepEqual(job.metadata.labels, job['spec'].template.metadata?.labels)
    if (job['spec'].manualSelector !== true) generateSelector(job)
    job['status'] = {}
    // A job without labels was given its template's, and upstream's two maps are one: the generated labels show in both.
    if (alike && job['spec'].template.metadata?.labels) job.metadata.labels = job['spec'].template.metadata.labels
  },
  prepareForUpdate: labelLikeTemplate,
  validate: (job) => [
    ...validateGeneratedSelector(job),
    ...validateJobSpec(job['spec'], 'spec'),
    ...validateIndexedName(job),
  ],
  validateUpdate: (job, old) => [...validateJobSpecUpdate(job, old), ...validateIndexedName(job)],
  warnings: (job, old) => [...nameWarnings(job, old), ...jobSpecWarnings(job['spec'], 'spec', job, old)],
  selectableFields: { 'status.successful': ({ status }) => String(status?.succeeded ?? 0) },
  row: (job, context) => [
    job.metadata.name ?? '',
    statusCell(job),
    completionsCell(job),
    durationCell(job, context),
    age(job, context),
    ...templateCells(job['spec'].template, job['spec'].selector),
  ],
  deleteWarnings: ({ propagationPolicy, orphanDependents }) =>
    propagationPolicy === undefined && orphanDependents === undefined ? [PRESERVED_PODS] : [],
  subresources: { status: { validateUpdate: validateJobStatusUpdate } },
})

/** A job's pods are told apart by its uid; the unprefixed labels are from before there were prefixes. */
function generateSelector(job: DynamicObject): void {
  const { name = '', uid = '' } = job.metadata
  const { template, selector } = job['spec']
  const generated = {
    'job-name': name,
    'batch.kubernetes.io/job-name': name,
    'controller-uid': uid,
    'batch.kubernetes.io/controller-uid': uid,
  }
  job['spec'] = {
    ...job['spec'],
    template: {
      ...template,
      metadata: { ...template.metadata, labels: byName({ ...generated, ...template.metadata?.labels }) },
    },
    selector: {
      ...selector,
      matchLabels: { 'batch.kubernetes.io/controller-uid': uid, ...selector?.matchLabels },
    },
  }
}

/** As a decoded map prints. */
const byName = (labels: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)))

/** A job without labels has those of its template. */
function labelLikeTemplate(job: DynamicObject): void {
  const labels = job['spec'].template.metadata?.labels
  if (labels && Object.keys(job.metadata.labels ?? {}).length === 0) job.metadata.labels = labels
}

function statusCell(job: DynamicObject): string {
  const conditions = job['status']?.conditions
  if (hasCondition(conditions, 'Complete')) return 'Complete'
  if (hasCondition(conditions, 'Failed')) return 'Failed'
  if (job.metadata.deletionTimestamp) return 'Terminating'
  return STATUS_CELLS.find((type) => hasCondition(conditions, type)) ?? 'Running'
}

function completionsCell({ spec, status }: DynamicObject): string {
  const succeeded = status?.succeeded ?? 0
  if (spec.completions !== undefined) return `${succeeded}/${spec.completions}`
  return (spec.parallelism ?? 0) > 1 ? `${succeeded}/1 of ${spec.parallelism}` : `${succeeded}/1`
}

function durationCell({ status }: DynamicObject, context: RowContext): string {
  if (!status?.startTime) return ''
  const end = status.completionTime ? Date.parse(status.completionTime) : context.now
  return humanDuration(end - Date.parse(status.startTime))
}
