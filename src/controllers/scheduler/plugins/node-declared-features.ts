/** Features of the kubelet that a pod needs and a node declares. Mirrors plugins/nodedeclaredfeatures and component-helpers/nodedeclaredfeatures. */
import type { Container, PodSpec } from '../../../types/core-v1.ts'
import { final, type Plugin } from '../plugin.ts'

const LACKING = final("node(s) didn't match Pod's required features")

const restartsAll = (containers: readonly Container[] = []): boolean =>
  containers.some(({ restartPolicyRules }) =>
    restartPolicyRules?.some(({ action }) => action === 'RestartAllContainers'),
  )

/** What a pod needs to run at all; what its updates may need is a matter of admission. */
const FEATURES: readonly (readonly [name: string, needs: (spec: PodSpec) => boolean])[] = [
  [
    'RestartAllContainersOnContainerExits',
    ({ initContainers, containers }) => restartsAll(initContainers) || restartsAll(containers),
  ],
  ['UserNamespacesHostNetworkSupport', ({ hostNetwork, hostUsers }) => hostNetwork === true && hostUsers === false],
]

export const nodeDeclaredFeatures: Plugin = {
  name: 'NodeDeclaredFeatures',
  hints: [{ on: ['nodes/add', 'nodes/features', 'self/labels', 'self/smaller', 'self/tolerations'] }],
  preFilter({ pod }) {
    const needed = FEATURES.filter(([, needs]) => needs(pod.spec!)).map(([name]) => name)
    if (needed.length === 0) return undefined
    return {
      filter: ({ node }) =>
        needed.every((name) => node.status?.declaredFeatures?.includes(name)) ? undefined : LACKING,
    }
  },
}
