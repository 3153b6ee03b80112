/** ReplicaSets. Mirrors kubernetes pkg/controller/replicaset. */
import { selectorFromObject } from '../apimachinery/labels.ts'
import type { ReplicaSet } from '../types/apps-v1.ts'
import { replicaController } from './replicas.ts'

export const replicaset = replicaController<ReplicaSet>({
  name: 'replicaset',
  component: 'replicaset-controller',
  resource: 'replicasets.apps',
  selector: (owner) => selectorFromObject(owner.spec.selector),
  countsTerminating: true,
})
