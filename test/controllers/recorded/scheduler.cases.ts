/** kube-scheduler: where pods go, what is said when they cannot, and who has to go for whom. Recorded with a kube-scheduler alone. */
import type { Suite } from './case.ts'
import { filterCases } from './scheduler.filters.cases.ts'
import { preemptionCases } from './scheduler.preemption.cases.ts'
import { scoreCases } from './scheduler.scores.cases.ts'
import { topologyCases } from './scheduler.topology.cases.ts'

export const scheduler: Suite = {
  name: 'scheduler',
  controllers: ['scheduler'],
  components: ['default-scheduler'],
  shows: ['pods'],
  ignoresCounts: true,
  quietMs: 700,
  exclusive: true,
  cleans: ['nodes', 'services', 'replicasets.apps', 'priorityclasses.scheduling.k8s.io', 'poddisruptionbudgets.policy'],
  // It taints new nodes until they are ready: nobody would take the taint away.
  withoutAdmission: ['TaintNodesByCondition'],
  cases: [...filterCases, ...scoreCases, ...topologyCases, ...preemptionCases],
}
