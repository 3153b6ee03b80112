/** CronJobs: what the cronjob controller does, with that of Jobs beside it. */
import type { DynamicObject } from '../../../src/apimachinery/meta.ts'
import { type Case, pod, type Step, type Suite } from './case.ts'

const HOUR = 3600

function cronJob(spec: object, metadata: object = {}): DynamicObject {
  const containers = [{ name: 'main', image: 'busybox' }]
  const jobTemplate = { spec: { template: { spec: { restartPolicy: 'Never', containers } } } }
  return {
    apiVersion: 'batch/v1',
    kind: 'CronJob',
    metadata: { name: 'cj', ...metadata },
    spec: { schedule: '0 * * * *', jobTemplate, ...spec },
  } as DynamicObject
}

const create = (spec: object, metadata?: object): Step => ({ create: cronJob(spec, metadata) })
const patch = (spec: object): Step => ({ patch: { resource: 'cronjobs.batch', name: 'cj', merge: { spec } } })
/** The last run was so many seconds ago. */
const ranBefore = (seconds: number): Step => ({
  patch: {
    resource: 'cronjobs.batch',
    name: 'cj',
    subresource: 'status',
    merge: { status: { lastScheduleTime: `NOW-${seconds}` } },
  },
})
const go = patch({ suspend: false })
/** Suspended, so that the past can be written before anything starts. */
const missed = (spec: object, seconds: number): Step[] => [create({ suspend: true, ...spec }), ranBefore(seconds), go]
const deleteJob: Step = { delete: { resource: 'jobs.batch', name: 'cj-MINUTE1', propagationPolicy: 'Background' } }
const endJob = (name: string, type: string, minutesAgo: number): Step => ({
  patch: {
    resource: 'jobs.batch',
    name,
    subresource: 'status',
    merge: {
      status: {
        startTime: `NOW-${minutesAgo * 60}`,
        ...(type === 'Complete' ? { completionTime: 'NOW', succeeded: 1 } : { failed: 1 }),
        conditions: [
          {
            type: type === 'Complete' ? 'SuccessCriteriaMet' : 'FailureTarget',
            status: 'True',
            lastTransitionTime: 'NOW',
          },
          { type, status: 'True', lastTransitionTime: 'NOW' },
        ],
      },
    },
  },
})

/** A Job of another controller's making that says it is of this CronJob. */
const ownJob = (name: string): Step => ({
  create: {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      name,
      ownerReferences: [
        { apiVersion: 'batch/v1', kind: 'CronJob', name: 'cj', uid: 'UID of CronJob cj', controller: true },
      ],
    },
    spec: {
      suspend: true,
      template: { spec: { restartPolicy: 'Never', containers: [{ name: 'main', image: 'busybox' }] } },
    },
  } as DynamicObject,
})

const runs: Case[] = [
  { title: 'nothing is due yet', steps: [create({ schedule: '0 0 29 2 *' })] },
  { title: 'a missed run is started, once', steps: missed({}, HOUR) },
  { title: 'of many missed runs the latest is started', steps: missed({}, 5 * HOUR) },
  { title: 'more than a hundred missed runs are told', steps: missed({}, 101 * 24 * HOUR) },
  { title: 'a deadline looks less far back', steps: missed({ startingDeadlineSeconds: 2 * HOUR }, 300 * HOUR) },
  {
    title: 'a run past its deadline is not started',
    steps: missed({ schedule: '0 0 1 1 *', startingDeadlineSeconds: 10 }, 3 * 365 * 24 * HOUR),
  },
  { title: 'a suspended one starts nothing', steps: [create({ suspend: true }), ranBefore(HOUR)] },
  {
    title: 'labels, annotations and the zone of the template',
    steps: missed(
      {
        timeZone: 'Asia/Kolkata',
        schedule: '30 * * * *',
        jobTemplate: {
          metadata: { labels: { app: 'cj' }, annotations: { why: 'test' } },
          spec: {
            backoffLimit: 1,
            template: { spec: { restartPolicy: 'Never', containers: [{ name: 'main', image: 'busybox' }] } },
          },
        },
      },
      HOUR,
    ),
  },
  { title: 'a schedule in words', steps: missed({ schedule: '@hourly' }, HOUR) },
  { title: 'an interval', steps: missed({ schedule: '@every 1h' }, 90 * 60) },
  { title: 'every day at midnight', steps: missed({ schedule: '@daily' }, 30 * HOUR) },
  { title: 'a list, a range and a step', steps: missed({ schedule: '0,30 0-23/2 * * 0-6' }, 48 * HOUR) },
  { title: 'another schedule does not look back', steps: [...missedNothing(), patch({ schedule: '0 * * * *' })] },
]

function missedNothing(): Step[] {
  return [create({ schedule: '0 0 29 2 *' }), ranBefore(3 * HOUR)]
}

const policies: Case[] = [
  {
    title: 'the Job succeeds',
    steps: [...missed({}, HOUR), { pods: { status: pod.succeeded() } }],
  },
  { title: 'the Job is deleted and goes missing', steps: [...missed({}, HOUR), deleteJob] },
  {
    title: 'Forbid does not start beside an active Job',
    steps: [...missed({ concurrencyPolicy: 'Forbid' }, HOUR), patch({ suspend: true }), ranBefore(2 * HOUR), go],
  },
  {
    title: 'Allow knows the run that is active',
    steps: [...missed({}, HOUR), patch({ suspend: true }), ranBefore(2 * HOUR), go],
  },
  {
    title: 'an active list that was lost is found by the name of the Job',
    steps: [
      ...missed({}, HOUR),
      patch({ suspend: true }),
      {
        patch: {
          resource: 'cronjobs.batch',
          name: 'cj',
          subresource: 'status',
          merge: { status: { active: null, lastScheduleTime: `NOW-${2 * HOUR}` } },
        },
      },
      go,
    ],
  },
  {
    title: 'Replace replaces the active Job',
    steps: [
      ...missed({ concurrencyPolicy: 'Replace', schedule: '0 0 * * *' }, 25 * HOUR),
      patch({ suspend: true, schedule: '30 0 * * *' }),
      ranBefore(25 * HOUR),
      go,
    ],
  },
  {
    title: 'Allow starts another beside the active Job',
    steps: [
      ...missed({ schedule: '0 0 * * *' }, 25 * HOUR),
      patch({ suspend: true, schedule: '30 0 * * *' }),
      ranBefore(25 * HOUR),
      go,
    ],
  },
  {
    title: 'a deleted CronJob takes its Jobs with it',
    steps: [
      ...missed({}, HOUR),
      { delete: { resource: 'cronjobs.batch', name: 'cj', propagationPolicy: 'Background' } },
    ],
  },
  {
    title: 'finished Jobs beyond the limits are deleted, the oldest first',
    steps: [
      create({ suspend: true, successfulJobsHistoryLimit: 1, failedJobsHistoryLimit: 1 }),
      ownJob('one'),
      ownJob('two'),
      ownJob('three'),
      ownJob('four'),
      endJob('two', 'Complete', 50),
      endJob('one', 'Complete', 40),
      endJob('three', 'Failed', 30),
      endJob('four', 'Failed', 20),
    ],
  },
  {
    title: 'no history is kept with limits of zero',
    steps: [
      ...missed({ successfulJobsHistoryLimit: 0, failedJobsHistoryLimit: 0 }, HOUR),
      { pods: { status: pod.succeeded() } },
    ],
  },
]

export const cronjob: Suite = {
  name: 'cronjob',
  controllers: ['cronjob', 'job', 'garbage-collector'],
  components: ['cronjob-controller'],
  shows: ['cronjobs.batch', 'jobs.batch', 'pods'],
  ignoresCounts: true,
  quietMs: 2600,
  cases: [...runs, ...policies],
}
