/** THE TABLE of the scheduler's plugins: the default profile. Adding one is a file and a row here. Mirrors pkg/scheduler/apis/config/v1/default_plugins.go. */
import type { Plugin } from './plugin.ts'
import { imageLocality } from './plugins/image-locality.ts'
import { interPodAffinity } from './plugins/inter-pod-affinity.ts'
import { nodeAffinity } from './plugins/node-affinity.ts'
import { nodeName } from './plugins/node-name.ts'
import { nodePorts } from './plugins/node-ports.ts'
import { nodeResourcesBalancedAllocation } from './plugins/node-resources-balanced-allocation.ts'
import { nodeResourcesFit } from './plugins/node-resources-fit.ts'
import { nodeUnschedulable } from './plugins/node-unschedulable.ts'
import { podTopologySpread } from './plugins/pod-topology-spread.ts'
import { schedulingGates } from './plugins/scheduling-gates.ts'
import { taintToleration } from './plugins/taint-toleration.ts'
import { volumeBinding } from './plugins/volume-binding.ts'

export interface PluginRow {
  name: string
  /** What its scores count, in the default profile. */
  weight: number
  /** Of the plugin's own arguments (`NodeResourcesFitArgs`), as a configuration gives them. */
  make(args?: object): Plugin
}

const plain = (plugin: Plugin): PluginRow => ({ name: plugin.name, weight: 1, make: () => plugin })

/**
 * In the order in which filters are asked: the first that refuses a node says why.
 * DEVIATION(scheduler-resource-claims): ResourceClaims are not allocated.
 */
export const plugins: readonly PluginRow[] = [
  plain(schedulingGates),
  plain(nodeName),
  plain(nodeUnschedulable),
  { ...plain(taintToleration), weight: 3 },
  { name: 'NodeAffinity', weight: 2, make: nodeAffinity },
  plain(nodePorts),
  { name: 'NodeResourcesFit', weight: 1, make: nodeResourcesFit },
  { name: 'VolumeBinding', weight: 1, make: volumeBinding },
  { name: 'PodTopologySpread', weight: 2, make: podTopologySpread },
  { name: 'InterPodAffinity', weight: 2, make: interPodAffinity },
  { name: 'NodeResourcesBalancedAllocation', weight: 1, make: nodeResourcesBalancedAllocation },
  plain(imageLocality),
]
