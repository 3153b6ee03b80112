/** Jobs: what the job and ttl-after-finished controllers do. */
import type { DynamicObject } from '../../../src/apimachinery/meta.ts'
import { type Case, pod, type Step, type Suite } from './case.ts'

function jobWith(spec: object, template: object = {}): DynamicObject {
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: 'j' },
    spec: {
      ...spec,
      template: {
        metadata: { labels: { app: 'j' } },
        spec: { restartPolicy: 'Never', containers: [{ name: 'main', image: 'busybox' }], ...template },
      },
    },
  } as DynamicObject
}

const create = (spec: object, template?: object): Step => ({ create: jobWith(spec, template) })
const patch = (spec: object): Step => ({ patch: { resource: 'jobs.batch', name: 'j', merge: { spec } } })
const status = (value: object, ...names: string[]): Step => ({
  pods: { status: value, names: names.map((name) => `j-${name}`) },
})
const indexed = (completions: number, more: object = {}): object => ({
  completionMode: 'Indexed',
  completions,
  parallelism: completions,
  ...more,
})
const failJob = { action: 'FailJob', onExitCodes: { operator: 'In', values: [42] } }
const ignoreDisruption = { action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] }
const disrupted = {
  type: 'DisruptionTarget',
  status: 'True',
  reason: 'PreemptionByScheduler',
  lastTransitionTime: 'NOW',
}

const plain: Case[] = [
  {
    title: 'one pod runs, becomes ready and succeeds',
    steps: [create({}), status(pod.ready(), 'POD1'), status(pod.succeeded(), 'POD1')],
  },
  {
    title: 'two at a time until three have succeeded',
    steps: [
      create({ parallelism: 2, completions: 3 }),
      status(pod.succeeded(), 'POD1'),
      status(pod.succeeded(), 'POD2'),
      status(pod.succeeded(), 'POD3'),
    ],
  },
  {
    title: 'without completions the first success is the end of new pods',
    steps: [create({ parallelism: 3 }), status(pod.succeeded(), 'POD1'), status(pod.succeeded(), 'POD2', 'POD3')],
  },
  {
    title: 'a failed pod is replaced after ten seconds',
    steps: [create({}), status(pod.failed(), 'POD1'), { seconds: 11 }],
  },
  {
    title: 'backoffLimit zero: the first failure is the end',
    steps: [create({ backoffLimit: 0, parallelism: 2, completions: 2 }), status(pod.failed(), 'POD1')],
  },
  {
    title: 'failures in the same moment count together',
    steps: [create({ backoffLimit: 1, parallelism: 3, completions: 3 }), status(pod.failed(), 'POD1', 'POD2', 'POD3')],
  },
  {
    title: 'parallelism goes down and up',
    steps: [create({ parallelism: 3, completions: 5 }), patch({ parallelism: 0 }), patch({ parallelism: 2 })],
  },
  {
    title: 'ready pods are kept when parallelism goes down',
    steps: [
      create({ parallelism: 2, completions: 5 }),
      { bind: { name: 'j-POD2', node: 'n1' } },
      status(pod.ready(), 'POD2'),
      patch({ parallelism: 1 }),
    ],
  },
  {
    title: 'parallelism zero makes no pods',
    steps: [create({ parallelism: 0, completions: 2 }), patch({ parallelism: 2 })],
  },
  {
    title: 'completions zero is complete at once',
    steps: [create({ completions: 0 })],
  },
  {
    title: 'a suspended Job waits, is resumed, suspended again and resumed',
    steps: [
      create({ suspend: true, parallelism: 2, completions: 2 }),
      patch({ suspend: false }),
      status(pod.ready(), 'POD1'),
      patch({ suspend: true }),
      patch({ suspend: false }),
    ],
  },
  {
    title: 'active for too long',
    steps: [create({ activeDeadlineSeconds: 6, parallelism: 2, completions: 2 }), { seconds: 6 }],
  },
  {
    title: 'the deadline of a suspended Job starts when it is resumed',
    steps: [
      create({ activeDeadlineSeconds: 6, suspend: true }),
      { seconds: 5 },
      patch({ suspend: false }),
      { seconds: 6 },
    ],
  },
  {
    title: 'pods that stop are failures, and replaced',
    steps: [
      create({ parallelism: 1 }),
      { bind: { name: 'j-POD1', node: 'n1' } },
      status(pod.ready(), 'POD1'),
      { delete: { resource: 'pods', name: 'j-POD1' } },
      { seconds: 11 },
      removed('POD1'),
    ],
  },
  {
    title: 'podReplacementPolicy Failed waits for pods that stop',
    steps: [
      create({ parallelism: 1, podReplacementPolicy: 'Failed' }),
      { bind: { name: 'j-POD1', node: 'n1' } },
      status(pod.ready(), 'POD1'),
      { delete: { resource: 'pods', name: 'j-POD1' } },
      status(pod.failed(), 'POD1'),
      { seconds: 11 },
    ],
  },
  {
    title: 'an end with pods that still stop is announced first',
    steps: [
      create({ parallelism: 2, completions: 2, backoffLimit: 0 }),
      { bind: { name: 'j-POD2', node: 'n1' } },
      status(pod.ready(), 'POD2'),
      status(pod.failed(), 'POD1'),
      status(pod.failed(137), 'POD2'),
      removed('POD2'),
    ],
  },
  {
    title: 'restarts count with restartPolicy OnFailure',
    steps: [
      create({ backoffLimit: 2 }, { restartPolicy: 'OnFailure' }),
      status(restarted(1), 'POD1'),
      status(restarted(2), 'POD1'),
    ],
  },
  {
    title: 'a managed Job is left alone',
    steps: [create({ managedBy: 'example.com/other' })],
  },
  {
    title: 'time to live after the end',
    steps: [create({ ttlSecondsAfterFinished: 4 }), status(pod.succeeded(), 'POD1'), { seconds: 6 }],
  },
  {
    title: 'time to live zero',
    steps: [create({ ttlSecondsAfterFinished: 0 }), status(pod.succeeded(), 'POD1')],
  },
  {
    title: 'time to live given after the end',
    steps: [create({}), status(pod.succeeded(), 'POD1'), patch({ ttlSecondsAfterFinished: 0 })],
  },
  {
    title: 'a deleted Job takes its pods with it',
    steps: [
      create({ parallelism: 2 }),
      { delete: { resource: 'jobs.batch', name: 'j', propagationPolicy: 'Background' } },
    ],
  },
  {
    title: 'orphaned pods lose the finalizer',
    steps: [create({ parallelism: 2 }), { delete: { resource: 'jobs.batch', name: 'j', propagationPolicy: 'Orphan' } }],
  },
  {
    title: 'pods that lose their labels are let go',
    steps: [
      create({ parallelism: 1 }),
      {
        pods: { names: ['j-POD1'], merge: { metadata: { labels: { 'batch.kubernetes.io/controller-uid': 'other' } } } },
      },
    ],
  },
]

const policies: Case[] = [
  {
    title: 'an exit code fails the Job by podFailurePolicy',
    steps: [
      create({ parallelism: 2, completions: 2, podFailurePolicy: { rules: [failJob] } }),
      status(pod.failed(42), 'POD1'),
    ],
  },
  {
    title: 'a disruption is ignored by podFailurePolicy',
    steps: [
      create({ backoffLimit: 0, podFailurePolicy: { rules: [ignoreDisruption] } }),
      status(pod.failed(1, [disrupted]), 'POD1'),
      { seconds: 11 },
    ],
  },
  {
    title: 'podFailurePolicy counts what no rule matches',
    steps: [
      create({ backoffLimit: 0, podFailurePolicy: { rules: [failJob, ignoreDisruption] } }),
      status(pod.failed(1), 'POD1'),
    ],
  },
  {
    title: 'a condition fails the Job by podFailurePolicy',
    steps: [
      create({ podFailurePolicy: { rules: [{ ...ignoreDisruption, action: 'FailJob' }] } }),
      status(pod.failed(1, [disrupted]), 'POD1'),
    ],
  },
  {
    title: 'NotIn with a container name counts',
    steps: [
      create({
        backoffLimit: 3,
        podFailurePolicy: {
          rules: [
            { action: 'Count', onExitCodes: { containerName: 'main', operator: 'NotIn', values: [3] } },
            { action: 'FailJob', onExitCodes: { operator: 'In', values: [3] } },
          ],
        },
      }),
      status(pod.failed(4), 'POD1'),
      { seconds: 11 },
      status(pod.failed(3), 'POD2'),
    ],
  },
]

const byIndex: Case[] = [
  {
    title: 'each index has a pod, and succeeds once',
    steps: [
      create(indexed(3)),
      status(pod.succeeded(), '1-POD1'),
      status(pod.succeeded(), '0-POD1'),
      status(pod.succeeded(), '2-POD1'),
    ],
  },
  {
    title: 'the lowest index is next',
    steps: [
      create(indexed(5, { parallelism: 2 })),
      status(pod.succeeded(), '1-POD1'),
      status(pod.failed(), '0-POD1'),
      { seconds: 11 },
    ],
  },
  {
    title: 'completed indexes are written as intervals',
    steps: [create(indexed(7)), status(pod.succeeded(), '0-POD1', '1-POD1', '3-POD1', '4-POD1', '5-POD1')],
  },
  {
    title: 'an indexed Job shrinks',
    steps: [create(indexed(4)), patch({ completions: 2, parallelism: 2 })],
  },
  {
    title: 'a failing index waits by itself and then fails',
    steps: [
      create(indexed(2, { backoffLimitPerIndex: 1 })),
      status(pod.failed(), '0-POD1'),
      { seconds: 11 },
      status(pod.failed(), '0-POD2'),
      status(pod.succeeded(), '1-POD1'),
    ],
  },
  {
    title: 'too many failed indexes',
    steps: [
      create(indexed(4, { backoffLimitPerIndex: 0, maxFailedIndexes: 1 })),
      status(pod.failed(), '0-POD1'),
      status(pod.failed(), '2-POD1'),
    ],
  },
  {
    title: 'FailIndex does not try an index again',
    steps: [
      create(
        indexed(2, {
          backoffLimitPerIndex: 3,
          podFailurePolicy: { rules: [{ action: 'FailIndex', onExitCodes: { operator: 'In', values: [42] } }] },
        }),
      ),
      status(pod.failed(42), '1-POD1'),
      status(pod.succeeded(), '0-POD1'),
    ],
  },
  {
    title: 'ignored failures of an index are counted apart',
    steps: [
      create(indexed(2, { backoffLimitPerIndex: 1, podFailurePolicy: { rules: [ignoreDisruption] } })),
      status(pod.failed(1, [disrupted]), '0-POD1'),
      { seconds: 11 },
    ],
  },
  {
    title: 'success of some indexes suffices by successPolicy',
    steps: [
      create(indexed(3, { successPolicy: { rules: [{ succeededIndexes: '1-2', succeededCount: 1 }] } })),
      status(pod.succeeded(), '0-POD1'),
      status(pod.succeeded(), '2-POD1'),
    ],
  },
  {
    title: 'successPolicy with pods that still stop',
    steps: [
      create(indexed(2, { successPolicy: { rules: [{ succeededIndexes: '0' }] } })),
      { bind: { name: 'j-1-POD1', node: 'n1' } },
      status(pod.ready(), '1-POD1'),
      status(pod.succeeded(), '0-POD1'),
      removed('1-POD1'),
    ],
  },
  {
    title: 'success counts by successPolicy without indexes',
    steps: [
      create(indexed(3, { successPolicy: { rules: [{ succeededCount: 2 }] } })),
      status(pod.succeeded(), '0-POD1', '2-POD1'),
    ],
  },
  {
    title: 'init containers learn the index, and an own variable stays',
    steps: [
      create(indexed(1), {
        initContainers: [{ name: 'init', image: 'busybox', env: [{ name: 'A', value: 'b' }] }],
        containers: [{ name: 'main', image: 'busybox', env: [{ name: 'JOB_COMPLETION_INDEX', value: 'mine' }] }],
      }),
    ],
  },
]

function removed(name: string): Step {
  return { delete: { resource: 'pods', name: `j-${name}`, gone: true } }
}

function restarted(restartCount: number): object {
  const state = { running: { startedAt: 'NOW' } }
  const container = { name: 'main', state, ready: true, restartCount, image: 'busybox', imageID: '' }
  return { ...pod.ready(), containerStatuses: [container] }
}

export const job: Suite = {
  name: 'job',
  controllers: ['job', 'ttl-after-finished', 'garbage-collector'],
  components: ['job-controller'],
  shows: ['jobs.batch', 'pods'],
  quietMs: 2600,
  cases: [...plain, ...policies, ...byIndex],
}
