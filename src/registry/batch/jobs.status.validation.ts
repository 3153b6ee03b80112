/** A Job's status, and how it may go on. Mirrors validateJobStatus and ValidateJobStatusUpdate of pkg/apis/batch/validation, and the job strategy's options for them. */

import { deepEqual } from '../../apimachinery/equality.ts'
import { duplicate, type FieldError, index, invalid, OMITTED, required } from '../../apimachinery/field-error.ts'
import type { DynamicObject } from '../../apimachinery/meta.ts'
import { internalForm } from '../../apimachinery/schema/internal-form.ts'
import { IMMUTABLE, validateNonnegative } from '../validation.ts'
import { hasCondition } from './conditions.ts'
import { type IndexesProblem, parseIndexes } from './indexes.ts'

type Status = DynamicObject['status']

const conditionsError = (why: string): FieldError => invalid('status.conditions', OMITTED, why)

interface Change {
  job: DynamicObject
  status: Status
  old: Status
  /** The named status field differs. */
  changed(field: string): boolean
  /** The named condition is True now. */
  is(type: string): boolean
  was(type: string): boolean
  turned(type: string): boolean
}

export function validateJobStatusUpdate(job: DynamicObject, oldJob: DynamicObject): FieldError[] {
  const [status, old] = [job['status'] ?? {}, oldJob['status'] ?? {}]
  const is = (type: string): boolean => hasCondition(status.conditions, type)
  const was = (type: string): boolean => hasCondition(old.conditions, type)
  const change: Change = {
    job,
    status,
    old,
    changed: (field) => !deepEqual(status[field], old[field]),
    is,
    was,
    turned: (type) => is(type) !== was(type),
  }
  return [
    ...validateStatusCounts(status),
    ...validateUncounted(status.uncountedTerminatedPods),
    ...validateConditionsAndTimes(change),
    ...validateFinished(change),
    ...validateIndexFields(change),
    ...validateTransition(change),
  ]
}

function validateStatusCounts(status: Status): FieldError[] {
  return ['active', 'succeeded', 'failed', 'ready', 'terminating'].flatMap((name) =>
    validateNonnegative(status[name], `status.${name}`),
  )
}

function validateUncounted(uncounted: Status): FieldError[] {
  const seen = new Set<string>()
  return ['succeeded', 'failed'].flatMap((list) =>
    (uncounted?.[list] ?? []).flatMap((uid: string, i: number) => {
      const path = index(`status.uncountedTerminatedPods.${list}`, i)
      if (uid === '') return [invalid(path, uid, 'must not be empty')]
      if (seen.has(uid)) return [duplicate(path, uid)]
      seen.add(uid)
      return []
    }),
  )
}

function validateConditionsAndTimes({ status, is, turned, changed }: Change): FieldError[] {
  const errors: FieldError[] = []
  const completeChanged = turned('Complete')
  const together = (a: string, b: string, text = `cannot set ${a}=True and ${b}=true conditions`): void => {
    if ((completeChanged || turned(b)) && is(a) && is(b)) errors.push(conditionsError(text))
  }
  together('Complete', 'Failed')
  together('Complete', 'FailureTarget')
  const { startTime, completionTime } = status
  if (completeChanged || changed('completionTime')) {
    if (completionTime && !is('Complete')) {
      const why = 'cannot set completionTime when there is no Complete=True condition'
      errors.push(invalid('status.completionTime', completionTime, why))
    }
    if (!completionTime && is('Complete')) {
      errors.push(required('status.completionTime', 'completionTime is required for Complete jobs'))
    }
  }
  const timesChanged = changed('startTime') || changed('completionTime')
  if (timesChanged && startTime && completionTime && Date.parse(completionTime) < Date.parse(startTime)) {
    errors.push(invalid('status.completionTime', completionTime, 'must be equal to or after `startTime`'))
  }
  if ((turned('Failed') || changed('failedIndexes')) && is('Failed') && !is('FailureTarget')) {
    errors.push(conditionsError('cannot set Failed=True condition without the FailureTarget=true condition'))
  }
  if ((completeChanged || turned('SuccessCriteriaMet')) && is('Complete') && !is('SuccessCriteriaMet')) {
    errors.push(conditionsError('cannot set Complete=True condition without the SuccessCriteriaMet=true condition'))
  }
  return errors
}

function validateFinished({ job, status, is, was, changed }: Change): FieldError[] {
  const finished = is('Complete') || is('Failed')
  const finishedChanged = finished !== (was('Complete') || was('Failed'))
  if (!finished) return []
  const errors: FieldError[] = []
  if ((finishedChanged || changed('active')) && status.active > 0) {
    errors.push(invalid('status.active', status.active, 'active>0 is invalid for finished job'))
  }
  const nothingToDo = job['spec'].suspend === true && job['spec'].completions === 0
  if ((finishedChanged || changed('startTime')) && !nothingToDo && !status.startTime) {
    errors.push(required('status.startTime', 'startTime is required for finished job'))
  }
  const uncounted = status.uncountedTerminatedPods
  if (finishedChanged || changed('uncountedTerminatedPods')) {
    if ((uncounted?.failed?.length ?? 0) + (uncounted?.succeeded?.length ?? 0) > 0) {
      const printed = internalForm('batch.UncountedTerminatedPods', uncounted)
      errors.push(invalid('status.uncountedTerminatedPods', printed, 'must be empty for finished job'))
    }
  }
  if ((finishedChanged || changed('terminating')) && status.terminating > 0) {
    errors.push(invalid('status.terminating', status.terminating, 'terminating>0 is invalid for finished job'))
  }
  return errors
}

function validateIndexFields({ job, status, changed }: Change): FieldError[] {
  const { completions, backoffLimitPerIndex, completionMode } = job['spec']
  const errors: FieldError[] = []
  const check = (field: string): void => {
    const parsed = parseIndexes(status[field] ?? '', completions)
    if (typeof parsed === 'number') return
    const why = `error parsing ${field}: ${(parsed as IndexesProblem).problem}`
    errors.push(invalid(`status.${field}`, status[field], why))
  }
  if (changed('completedIndexes')) {
    if (completions !== undefined) check('completedIndexes')
    if (status.completedIndexes && completionMode !== 'Indexed') {
      const why = 'cannot set non-empty completedIndexes when non-indexed completion mode'
      errors.push(invalid('status.completedIndexes', status.completedIndexes, why))
    }
  }
  if (changed('failedIndexes') && status.failedIndexes !== undefined) {
    if (completions !== undefined && backoffLimitPerIndex !== undefined) check('failedIndexes')
    if (backoffLimitPerIndex === undefined) {
      const why = 'cannot set non-null failedIndexes when backoffLimitPerIndex is null'
      errors.push(invalid('status.failedIndexes', status.failedIndexes, why))
    }
  }
  return errors
}

function validateTransition({ job, status, old, is, was, changed }: Change): FieldError[] {
  const errors: FieldError[] = []
  if ((changed('ready') || changed('active')) && status.ready > (status.active ?? 0)) {
    errors.push(invalid('status.ready', status.ready, 'cannot set more ready pods than active'))
  }
  for (const other of ['Failed', 'FailureTarget']) {
    if (is('SuccessCriteriaMet') && is(other)) {
      errors.push(conditionsError(`cannot set SuccessCriteriaMet=True and ${other}=true conditions`))
    }
  }
  for (const type of ['Failed', 'Complete', 'FailureTarget']) {
    if (was(type) && !is(type)) errors.push(conditionsError(`cannot disable the terminal ${type}=True condition`))
  }
  const { completionMode, completions, parallelism } = job['spec']
  const resizable = completionMode === 'Indexed' && completions === parallelism
  for (const counter of resizable ? ['failed'] : ['failed', 'succeeded']) {
    if ((status[counter] ?? 0) < (old[counter] ?? 0)) {
      errors.push(invalid(`status.${counter}`, status[counter] ?? 0, `cannot decrease the ${counter} counter`))
    }
  }
  if (status.completionTime && old.completionTime && changed('completionTime')) {
    errors.push(invalid('status.completionTime', status.completionTime, IMMUTABLE))
  }
  if (old.startTime && changed('startTime') && job['spec'].suspend !== true && !was('Suspended')) {
    const why = 'field is immutable for unsuspended job once set'
    errors.push(invalid('status.startTime', status.startTime ?? null, why))
  }
  if (was('SuccessCriteriaMet') && !is('SuccessCriteriaMet')) {
    errors.push(conditionsError('cannot disable the SuccessCriteriaMet=True condition'))
  }
  return errors
}
