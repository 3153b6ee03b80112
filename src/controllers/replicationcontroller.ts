/** ReplicationControllers: ReplicaSets with a plain map for a selector. Mirrors kubernetes pkg/controller/replication. */
import { selectorFromLabels } from '../apimachinery/labels.ts'
import type { ReplicationController } from '../types/core-v1.ts'
import { replicaController } from './replicas.ts'

export const replicationcontroller = replicaController<ReplicationController>({
  name: 'replicationcontroller',
  component: 'replication-controller',
  resource: 'replicationcontrollers',
  selector: (owner) => selectorFromLabels(owner.spec?.selector ?? {}),
  countsTerminating: false,
})
