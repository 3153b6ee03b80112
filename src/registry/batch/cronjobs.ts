/** cronjobs. Mirrors pkg/registry/batch/cronjob/strategy.go and pkg/apis/batch/validation. */

import { parseCron } from '../../apimachinery/cron.ts'
import { type FieldError, invalid, notSupported, required } from '../../apimachinery/field-error.ts'
import type { DynamicObject } from '../../apimachinery/meta.ts'
import { nameWarnings } from '../apps/workload.ts'
import { validateCounts } from '../apps/workload.validation.ts'
import { age, since, templateCells } from '../cells.ts'
import { defineResource } from '../definition.ts'
import { jobSpecWarnings } from './job-spec.warnings.ts'
import { validateJobTemplateSpec } from './jobs.validation.ts'

type Spec = DynamicObject['spec']

const POLICIES = ['Allow', 'Forbid', 'Replace']

export const cronjobs = defineResource('batch/v1', 'cronjobs', {
  prepareForCreate(cronJob) {
    cronJob['status'] = {}
  },
  validate: (cronJob) => [...validateSpec(cronJob['spec']), ...validateLength(cronJob.metadata.name ?? '')],
  validateUpdate: ({ spec }, old) => validateSpec(spec, old['spec']),
  warnings(cronJob, old) {
    const { spec } = cronJob['spec'].jobTemplate
    const warnings = [...nameWarnings(cronJob, old), ...jobSpecWarnings(spec, 'spec.jobTemplate.spec', cronJob, old)]
    if (old && cronJob['spec'].schedule.includes('TZ')) {
      warnings.push(
        'cannot use TZ or CRON_TZ in spec.spec.schedule, use timeZone instead, see https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/ for more details',
      )
    }
    return warnings
  },
  row: (cronJob, context) => {
    const { spec, status } = cronJob
    return [
      cronJob.metadata.name ?? '',
      spec.schedule,
      spec.timeZone ?? '<none>',
      spec.suspend === undefined ? '<unset>' : spec.suspend ? 'True' : 'False',
      status?.active?.length ?? 0,
      status?.lastScheduleTime ? since(status.lastScheduleTime, context) : '<none>',
      age(cronJob, context),
      ...templateCells(spec.jobTemplate.spec.template, spec.jobTemplate.spec.selector),
    ]
  },
})

/** The name of its jobs is the CronJob's with a minute after it. */
function validateLength(name: string): FieldError[] {
  return name.length > 52 ? [invalid('metadata.name', name, 'must be no more than 52 characters')] : []
}

function validateSpec(spec: Spec, old?: Spec): FieldError[] {
  const errors = spec.schedule ? validateSchedule(spec, old) : []
  errors.push(...validateCounts(spec, 'spec', ['startingDeadlineSeconds']))
  if (!old || old.timeZone !== spec.timeZone) errors.push(...validateTimeZone(spec.timeZone))
  const policy: string = spec.concurrencyPolicy ?? ''
  if (policy === '') errors.push(required('spec.concurrencyPolicy'))
  else if (!POLICIES.includes(policy)) errors.push(notSupported('spec.concurrencyPolicy', policy, POLICIES))
  errors.push(
    ...validateJobTemplate(spec.jobTemplate?.spec ?? {}),
    ...validateCounts(spec, 'spec', ['successfulJobsHistoryLimit', 'failedJobsHistoryLimit']),
  )
  if (!spec.schedule) errors.push(required('spec.schedule'))
  return errors
}

function validateSchedule({ schedule, timeZone }: Spec, old?: Spec): FieldError[] {
  const errors: FieldError[] = []
  try {
    parseCron(schedule)
  } catch (error) {
    errors.push(invalid('spec.schedule', schedule, (error as Error).message))
  }
  if (!schedule.includes('TZ')) return errors
  // What was once stored may stay.
  const tolerated = old?.schedule.includes('TZ') === true
  if (!tolerated) {
    const why = 'cannot use TZ or CRON_TZ in schedule, use timeZone field instead'
    errors.push(invalid('spec.schedule', schedule, why))
  } else if (timeZone !== undefined) {
    errors.push(invalid('spec.schedule', schedule, 'cannot use both timeZone field and TZ or CRON_TZ in schedule'))
  }
  return errors
}

function validateTimeZone(timeZone: string | undefined): FieldError[] {
  if (timeZone === undefined) return []
  const error = (why: string): FieldError[] => [invalid('spec.timeZone', timeZone, why)]
  if (timeZone === '') return error('timeZone must be nil or non-empty string')
  if (timeZone.toLowerCase() === 'local') {
    return error('timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones')
  }
  try {
    new Intl.DateTimeFormat('en', { timeZone })
    return []
  } catch {
    return error(`unknown time zone ${timeZone}`)
  }
}

function validateJobTemplate(spec: Spec): FieldError[] {
  const errors = validateJobTemplateSpec(spec, 'spec.jobTemplate.spec')
  if (spec.selector) {
    errors.push(invalid('spec.jobTemplate.spec.selector', spec.selector, '`selector` will be auto-generated'))
  }
  if (spec.manualSelector === true) {
    errors.push(notSupported('spec.jobTemplate.spec.manualSelector', true, ['nil', 'false']))
  }
  return errors
}
