/** Deletes Jobs some time after they finished. Mirrors kubernetes pkg/controller/ttlafterfinished. */
import type { Job } from '../types/batch-v1.ts'
import { ignoreNotFound } from './claim.ts'
import { defineController } from './controller.ts'
import { finishedCondition, isJobFinished } from './job/sync.ts'
import { timeOf } from './pods.ts'

const JOBS = 'jobs.batch'

export const ttlAfterFinished = defineController({
  name: 'ttl-after-finished',
  component: 'ttl-after-finished-controller',
  watches: [
    {
      resource: JOBS,
      when: (job) => needsCleanUp(job as Job),
      keys: ({ metadata }) => [{ namespace: metadata.namespace ?? '', name: metadata.name ?? '' }],
    },
  ],
  async reconcile({ namespace, name }, { client, clock, lister }) {
    const job = lister<Job>(JOBS).get(namespace, name)
    if (!job || !needsCleanUp(job)) return undefined
    const leftMs =
      (timeOf(finishedCondition(job)?.lastTransitionTime) ?? 0) +
      job.spec!.ttlSecondsAfterFinished! * 1000 -
      clock.now()
    if (leftMs > 0) return { requeueAfterMs: leftMs }
    const preconditions = { uid: job.metadata.uid }
    await ignoreNotFound(client.delete(JOBS, namespace, name, { propagationPolicy: 'Foreground', preconditions }))
    return undefined
  },
})

function needsCleanUp(job: Job): boolean {
  return job.spec?.ttlSecondsAfterFinished !== undefined && isJobFinished(job) && !job.metadata.deletionTimestamp
}
