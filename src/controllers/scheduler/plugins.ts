/** THE TABLE of the scheduler's plugins: the default profile. Adding one is a file and a row here. Mirrors pkg/scheduler/apis/config/v1/default_plugins.go. */
import type { Plugin } from './plugin.ts'
import { dynamicResources } from './plugins/dynamic-resources.ts'
import { imageLocality } from './plugins/image-locality.ts'
import { interPodAffinity } from './plugins/inter-pod-affinity.ts'
import { nodeAffinity } from './plugins/node-affinity.ts'
import { nodeDeclaredFeatures } from './plugins/node-declared-features.ts'
import { nodeName } from './plugins/node-name.ts'
import { nodePorts } from './plugins/node-ports.ts'
import { nodeResourcesBalancedAllocation } from './plugins/node-resources-balanced-allocation.ts'
import { nodeResourcesFit } from './plugins/node-resources-fit.ts'
import { nodeUnschedulable } from './plugins/node-unschedulable.ts'
import { nodeVolumeLimits } from './plugins/node-volume-limits.ts'
import { podTopologySpread } from './plugins/pod-topology-spread.ts'
import { schedulingGates } from './plugins/scheduling-gates.ts'
import { taintToleration } from './plugins/taint-toleration.ts'
import { volumeBinding } from './plugins/volume-binding.ts'
import { volumeRestrictions } from './plugins/volume-restrictions.ts'
import { volumeZone } from './plugins/volume-zone.ts'

export interface PluginRow {
  name: string
  /** What its scores count, in the default profile. */
  weight: number
  /** Of the plugin's own arguments (`NodeResourcesFitArgs`), as a configuration gives them. */
  make(args?: object): Plugin
}

const plain = (plugin: Plugin): PluginRow => ({ name: plugin.name, weight: 1, make: () => plugin })

/** In the order in which filters are asked: the first that refuses a node says why. */
export const plugins: readonly PluginRow[] = [
  plain(schedulingGates),
  plain(nodeName),
  plain(nodeUnschedulable),
  { ...plain(taintToleration), weight: 3 },
  { name: 'NodeAffinity', weight: 2, make: nodeAffinity },
  plain(nodePorts),
  { name: 'NodeResourcesFit', weight: 1, make: nodeResourcesFit },
  plain(volumeRestrictions),
  plain(nodeVolumeLimits),
  { name: 'VolumeBinding', weight: 1, make: volumeBinding },
  plain(volumeZone),
  { name: 'PodTopologySpread', weight: 2, make: podTopologySpread },
  { name: 'InterPodAffinity', weight: 2, make: interPodAffinity },
  { name: 'DynamicResources', weight: 2, make: dynamicResources },
  { name: 'NodeResourcesBalancedAllocation', weight: 1, make: nodeResourcesBalancedAllocation },
  plain(imageLocality),
  plain(nodeDeclaredFeatures),
]
