/** LimitPodHardAntiAffinityTopology: pods may keep others off a node, not off a zone. Off by default. Mirrors plugin/pkg/admission/antiaffinity. */
import { newForbidden } from '../../apimachinery/errors.ts'
import type { PodSpec } from '../../types/core-v1.ts'
import { type AdmissionPlugin, requestsFor } from './plugin.ts'

const HOSTNAME = 'kubernetes.io/hostname'

export const limitPodHardAntiAffinityTopology: AdmissionPlugin = {
  name: 'LimitPodHardAntiAffinityTopology',
  offByDefault: true,
  concerns: requestsFor(['pods'], ['CREATE', 'UPDATE']),
  validate({ object: pod }) {
    const terms = (pod?.['spec'] as PodSpec | undefined)?.affinity?.podAntiAffinity
    const wrong = terms?.requiredDuringSchedulingIgnoredDuringExecution?.find((it) => it.topologyKey !== HOSTNAME)
    if (!pod || !wrong) return
    const what = 'affinity.PodAntiAffinity.RequiredDuringScheduling'
    const why = `${what} has TopologyKey ${wrong.topologyKey} but only key ${HOSTNAME} is allowed`
    throw newForbidden({ group: '', resource: 'pods' }, pod.metadata.name ?? '', why)
  },
}
